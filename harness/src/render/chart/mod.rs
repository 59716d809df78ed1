//! Charts as SVG and PNG, both drawn by the same function.
//!
//! A chart says its finding in the title, names its lines and dots directly, and gives one phase the same colour
//! everywhere. What is shown is worked out elsewhere: here it is only drawn.

mod axis;
mod canvas;
mod font;
mod line_chart;
mod palette;
mod phase_chart;
mod share_chart;

pub use canvas::ChartError;
pub use line_chart::{Event, LineChart, Point, Series};
pub use phase_chart::{Mark, PhaseChart};
pub use share_chart::{Bar, Part, ShareChart};

use canvas::Canvas;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::drawing::IntoDrawingArea;

/// Pixels of the drawing per unit of its layout: PNGs are sharp on dense screens, and lines of SVGs are smooth although
/// the drawing library rounds to whole pixels.
const SCALE: u32 = 2;

/// A chart, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// One number per phase.
    Phases(PhaseChart),
    /// One line per phase.
    Lines(LineChart),
    /// Shares of a whole.
    Shares(ShareChart),
}

impl Chart {
    /// The finding.
    pub fn title(&self) -> &str {
        match self {
            Self::Phases(chart) => &chart.title,
            Self::Lines(chart) => &chart.title,
            Self::Shares(chart) => &chart.title,
        }
    }

    /// The chart as an SVG document that stands alone and can be put into a page.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn svg(&self) -> Result<String, ChartError> {
        let (width, height) = self.size();
        let mut text = String::new();
        let backend = SVGBackend::with_string(&mut text, (width * SCALE, height * SCALE));
        self.draw(backend, 0.0)?;
        let drawn = format!("width=\"{}\" height=\"{}\"", width * SCALE, height * SCALE);
        let shown = format!("width=\"{width}\" height=\"{height}\" role=\"img\"");
        Ok(text.replacen(&drawn, &shown, 1))
    }

    /// The chart as a PNG file, twice as dense as the layout.
    ///
    /// # Errors
    /// If it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        let (width, height) = self.size();
        let (width, height) = (width * SCALE, height * SCALE);
        let mut pixels = vec![0; width as usize * height as usize * 3];
        // The bitmap's text hangs higher than the SVG's by this part of its size.
        self.draw(BitMapBackend::with_buffer(&mut pixels, (width, height)), 0.22)?;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let encoded = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
        encoded.map_err(|error| ChartError::new(self.title(), &error))?;
        Ok(bytes)
    }

    fn size(&self) -> (u32, u32) {
        match self {
            Self::Phases(chart) => chart.size(),
            Self::Lines(chart) => chart.size(),
            Self::Shares(chart) => chart.size(),
        }
    }

    fn draw<B: DrawingBackend>(&self, backend: B, text_drop: f64) -> Result<(), ChartError> {
        font::register()?;
        let area = backend.into_drawing_area();
        let mut canvas = Canvas::new(&area, f64::from(SCALE), text_drop);
        match self {
            Self::Phases(chart) => chart.draw(&mut canvas),
            Self::Lines(chart) => chart.draw(&mut canvas),
            Self::Shares(chart) => chart.draw(&mut canvas),
        }
        canvas.finish(self.title())
    }
}
