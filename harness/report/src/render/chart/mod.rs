//! Charts as SVG and PNG, drawn from the same recorded shapes.
//!
//! The title of a chart is its finding, lines and dots are labelled directly, and a phase has the same colour in all charts.
//! The values are computed elsewhere.

mod axis;
mod bitmap;
mod bullet_chart;
mod burn_up;
mod canvas;
mod columns;
mod dot_chart;
mod effect_chart;
mod font;
mod header;
mod heat_map;
mod line_chart;
pub(in crate::render) mod palette;
mod panels;
mod phase_chart;
mod rows;
mod svg;
#[cfg(test)]
mod tests;

pub use bullet_chart::{Bullet, BulletChart, Wanted};
pub use burn_up::{BurnUp, BurnUpPanel, BurnUpPoint};
pub use dot_chart::{DotChart, DotKind, DotRow};
pub use effect_chart::{Effect, EffectChart, EffectKind, EffectRow};
pub use heat_map::{HeatCell, HeatMap};
pub use line_chart::{Event, LineChart, Point, Series};
pub use panels::{Panel, Panels};
pub use phase_chart::{Mark, PhaseChart};

pub(in crate::render) use svg::escape;

use canvas::Canvas;
use harness_record::metric::Metric;
use serde::ser::{Serialize, Serializer};
use svg::Svg;

/// A chart that cannot be drawn.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot draw the chart \"{title}\": {cause}")]
pub struct ChartError {
    title: String,
    cause: String,
}

/// A kind of chart: the part below the header.
pub trait Drawing: std::fmt::Debug + Send + Sync {
    /// Draws the chart from `top` down. Returns its lower end.
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64;
}

/// A chart, ready to be drawn.
#[derive(Debug)]
pub struct Chart {
    title: String,
    subtitle: String,
    drawing: Box<dyn Drawing>,
    /// The workload and the metric of all values.
    subject: Option<(String, &'static str)>,
}

impl Chart {
    /// A chart under its finding, the title, and a description of the measurement. The first sentence of the description, on
    /// workload and conditions, is drawn above the data, and the others, on the provenance, below.
    pub fn new(
        title: impl Into<String>,
        subtitle: impl Into<String>,
        drawing: impl Drawing + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            subtitle: subtitle.into(),
            drawing: Box::new(drawing),
            subject: None,
        }
    }

    /// The same chart, whose SVG names the workload and the metric of its values for programs that read it.
    #[must_use]
    pub fn of(self, workload: &str, metric: &Metric) -> Self {
        Self {
            subject: Some((workload.to_owned(), metric.name())),
            ..self
        }
    }

    /// The finding.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Draws the chart as an SVG document. It is readable in columns from 350 to 760 pixels wide, and follows the theme of the
    /// reader.
    pub fn to_svg(&self) -> String {
        self.drawn().document()
    }

    fn drawn(&self) -> Svg {
        let (canvas, height) = self.recorded();
        let attributes = self.subject.as_ref().map(|(workload, metric)| {
            let workload = escape(workload);
            format!(" data-workload=\"{workload}\" data-metric=\"{metric}\"")
        });
        Svg::new(
            &canvas,
            &self.title,
            &attributes.unwrap_or_default(),
            height,
        )
    }

    /// Draws the chart as a PNG file with three pixels per layout unit.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        let (canvas, height) = self.recorded();
        bitmap::png(&canvas, height).map_err(|cause| ChartError {
            title: self.title.clone(),
            cause,
        })
    }

    /// Records the shapes. Returns them with the height in layout units.
    fn recorded(&self) -> (Canvas, f64) {
        let mut canvas = Canvas::default();
        let (conditions, provenance) = match self.subtitle.split_once(". ") {
            Some((first, rest)) => (first, rest),
            None => (self.subtitle.as_str(), ""),
        };
        let top = header::header(&mut canvas, &self.title, conditions);
        let bottom = self.drawing.draw(&mut canvas, top);
        let bottom = header::remark(&mut canvas, provenance, bottom) + 6.0;
        (canvas, bottom.ceil())
    }
}

/// The style sheet of these charts, which a page needs once.
pub fn style<'a>(charts: impl IntoIterator<Item = &'a Chart>) -> String {
    let drawn: Vec<Svg> = charts.into_iter().map(Chart::drawn).collect();
    svg::style(&drawn)
}

/// The title and the SVG, for a page that has the style sheet.
impl Serialize for Chart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let drawn = self.drawn();
        serializer.collect_map([("title", self.title.as_str()), ("svg", drawn.element())])
    }
}
