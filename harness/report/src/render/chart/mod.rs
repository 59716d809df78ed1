//! Charts as SVG and PNG, drawn from the same recorded shapes.
//!
//! The title of a chart is its finding, lines and dots are labelled directly, and a phase has the same colour in all charts.
//! The values are computed elsewhere.

mod axis;
mod bitmap;
mod burn_down;
mod canvas;
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

pub use burn_down::{BurnDown, Stage, Wanted};
pub use dot_chart::{DotChart, DotKind, DotRow};
pub use effect_chart::{Effect, EffectChart, EffectKind, EffectRow};
pub use heat_map::{HeatCell, HeatMap};
pub use line_chart::{Event, LineChart, Point, Series};
pub use panels::{Panel, Panels};
pub use phase_chart::{Mark, PhaseChart};

pub(in crate::render) use svg::escape;

use canvas::Canvas;
use serde::ser::{Serialize, Serializer};

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
        }
    }

    /// The finding.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Draws the chart as an SVG document, which can also be embedded in a page. It is readable in columns from 350 to 760
    /// pixels wide, and follows the theme of the reader.
    pub fn to_svg(&self) -> String {
        let (canvas, height) = self.recorded();
        svg::svg(&canvas, &self.title, height)
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

/// The title and the SVG, for the page.
impl Serialize for Chart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("title", &self.title), ("svg", &self.to_svg())])
    }
}
