//! Charts as SVG and PNG, drawn from the same recorded shapes.
//!
//! The title of a chart is its finding, lines and dots are labelled directly, and a phase has the same colour in all charts.
//! The values are computed elsewhere.

mod axis;
mod burn_down;
mod canvas;
mod dot_chart;
mod effect_chart;
mod font;
mod frame;
mod header;
mod heat_map;
mod layout;
mod line_chart;
mod palette;
mod phase_chart;

pub use burn_down::{BurnDown, Stage, Wanted};
pub use dot_chart::{DotChart, DotKind, DotRow};
pub use effect_chart::{Effect, EffectChart, EffectKind, EffectRow};
pub use heat_map::{HeatCell, HeatMap};
pub use layout::Layout;
pub use line_chart::{Event, LineChart, Point, Series};
pub use phase_chart::{Mark, PhaseChart};

use canvas::Canvas;
use plotters::backend::{BitMapBackend, SVGBackend};
use serde::ser::{Error, Serialize, Serializer};

/// Pixels per layout unit. Two make PNGs sharp on dense screens, and SVG lines smooth although the drawing library rounds to
/// whole pixels.
const SCALE: u32 = 2;

/// A chart that cannot be drawn.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot draw the chart \"{title}\": {cause}")]
pub struct ChartError {
    title: String,
    cause: String,
}

impl ChartError {
    fn new(title: &str, cause: &dyn std::fmt::Display) -> Self {
        Self {
            title: title.to_owned(),
            cause: cause.to_string(),
        }
    }
}

/// A kind of chart: the part below the header.
pub trait Drawing: std::fmt::Debug + Send + Sync {
    /// Draws the chart from `top` down. Returns its lower end.
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64;
}

/// A chart, ready to be drawn.
#[derive(Debug)]
pub struct Chart {
    title: String,
    subtitle: String,
    drawing: Box<dyn Drawing>,
}

impl Chart {
    /// A chart under its finding, the title, and a description of the measurement: workload, conditions, provenance.
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

    /// Draws the chart as an SVG document, which can also be embedded in a page.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn svg(&self, layout: Layout) -> Result<String, ChartError> {
        let (canvas, width, height) = self.recorded(layout)?;
        let (wide, high) = (width * SCALE, height * SCALE);
        let mut text = String::new();
        canvas
            .draw(SVGBackend::with_string(&mut text, (wide, high)), 0.0)
            .map_err(|error| ChartError::new(&self.title, &error))?;
        let title = escape_attribute(&self.title);
        let shown =
            format!("width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\"");
        Ok(text.replacen(&format!("width=\"{wide}\" height=\"{high}\""), &shown, 1))
    }

    /// Draws the chart as a PNG file with two pixels per layout unit.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        let (canvas, width, height) = self.recorded(Layout::Wide)?;
        let (width, height) = (width * SCALE, height * SCALE);
        let mut pixels = vec![0; width as usize * height as usize * 3];
        // The bitmap backend draws text higher than the SVG backend, by this share of its size.
        canvas
            .draw(
                BitMapBackend::with_buffer(&mut pixels, (width, height)),
                0.22,
            )
            .map_err(|error| ChartError::new(&self.title, &error))?;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let encoded = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&pixels));
        encoded.map_err(|error| ChartError::new(&self.title, &error))?;
        Ok(bytes)
    }

    /// Records the shapes. Returns them with width and height in layout units.
    fn recorded(&self, layout: Layout) -> Result<(Canvas, u32, u32), ChartError> {
        font::register()?;
        let mut canvas = Canvas::default();
        let top = header::header(&mut canvas, &self.title, &self.subtitle, layout);
        let bottom = self.drawing.draw(&mut canvas, layout, top);
        Ok((canvas, layout.width() as u32, bottom.ceil() as u32))
    }
}

/// The title and the SVGs of both layouts, for the page.
impl Serialize for Chart {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let svg = |layout| self.svg(layout).map_err(S::Error::custom);
        let (wide, narrow) = (svg(Layout::Wide)?, svg(Layout::Narrow)?);
        serializer.collect_map([("title", &self.title), ("wide", &wide), ("narrow", &narrow)])
    }
}

/// Escapes text for an XML attribute.
fn escape_attribute(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
