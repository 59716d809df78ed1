//! Charts as SVG and PNG, both drawn by the same function.
//!
//! The title of a chart is its finding, lines and dots are labelled directly, and a phase has the same colour in all charts.
//! The values are computed elsewhere.

mod axis;
mod burn_down;
mod canvas;
mod dot_chart;
mod font;
mod header;
mod heat_map;
mod layout;
mod line_chart;
mod palette;
mod phase_chart;
mod share_chart;
mod waterfall;

pub use burn_down::{BurnDown, Stage, Wanted};
pub use canvas::ChartError;
pub use dot_chart::{DotChart, DotKind, DotRow};
pub use heat_map::{HeatCell, HeatMap};
pub use layout::Layout;
pub use line_chart::{Event, LineChart, Point, Series};
pub use phase_chart::{Mark, PhaseChart};
pub use share_chart::{Part, ShareBar, ShareChart};
pub use waterfall::{Bar, Waterfall};

use canvas::Canvas;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::drawing::IntoDrawingArea;

/// Pixels per layout unit. Two make PNGs sharp on dense screens, and SVG lines smooth although the drawing library rounds to
/// whole pixels.
const SCALE: u32 = 2;

/// A chart, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// A phase chart.
    Phases(PhaseChart),
    /// A line chart.
    Lines(LineChart),
    /// Shares of a whole.
    Shares(ShareChart),
    /// Single values in rows.
    Dots(DotChart),
    /// Target and measurement of each stage.
    BurnDown(BurnDown),
    /// A waterfall chart.
    Waterfall(Waterfall),
    /// A heat map.
    HeatMap(HeatMap),
}

/// The interface of every kind of chart.
trait Drawing {
    /// The finding.
    fn title(&self) -> &str;
    /// Height at the width of a layout.
    fn height(&self, layout: Layout) -> f64;
    /// Draws the chart.
    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, layout: Layout);
}

/// Evaluates the same expression for every kind of chart.
macro_rules! each {
    ($chart:expr, $one:ident => $does:expr) => {
        match $chart {
            Chart::Phases($one) => $does,
            Chart::Lines($one) => $does,
            Chart::Shares($one) => $does,
            Chart::Dots($one) => $does,
            Chart::BurnDown($one) => $does,
            Chart::Waterfall($one) => $does,
            Chart::HeatMap($one) => $does,
        }
    };
}

impl Chart {
    /// The finding.
    pub fn title(&self) -> &str {
        each!(self, chart => Drawing::title(chart))
    }

    /// Draws the chart as an SVG document, which can also be embedded in a page.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn svg(&self, layout: Layout) -> Result<String, ChartError> {
        let (width, height) = self.size(layout);
        let mut text = String::new();
        let backend = SVGBackend::with_string(&mut text, (width * SCALE, height * SCALE));
        self.draw(backend, layout, 0.0)?;
        let drawn = format!("width=\"{}\" height=\"{}\"", width * SCALE, height * SCALE);
        let title = escape_attribute(self.title());
        let shown = format!("width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\"");
        Ok(text.replacen(&drawn, &shown, 1))
    }

    /// Draws the chart as a PNG file with two pixels per layout unit.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        let (width, height) = self.size(Layout::Wide);
        let (width, height) = (width * SCALE, height * SCALE);
        let mut pixels = vec![0; width as usize * height as usize * 3];
        // The bitmap backend draws text higher than the SVG backend, by this share of its size.
        self.draw(BitMapBackend::with_buffer(&mut pixels, (width, height)), Layout::Wide, 0.22)?;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let encoded = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
        encoded.map_err(|error| ChartError::new(self.title(), &error))?;
        Ok(bytes)
    }

    fn size(&self, layout: Layout) -> (u32, u32) {
        (layout.width() as u32, each!(self, chart => chart.height(layout)).ceil() as u32)
    }

    fn draw<B: DrawingBackend>(&self, backend: B, layout: Layout, text_drop: f64) -> Result<(), ChartError> {
        font::register()?;
        let area = backend.into_drawing_area();
        let mut canvas = Canvas::new(&area, f64::from(SCALE), text_drop);
        each!(self, chart => chart.draw(&mut canvas, layout));
        canvas.finish(self.title())
    }
}

/// Escapes text for an XML attribute.
fn escape_attribute(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
