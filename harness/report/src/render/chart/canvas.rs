//! The canvas: draws strokes, dots and text in layout coordinates, for any backend and pixel density.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use crate::render::chart::{font, palette};

/// A chart that cannot be drawn.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot draw the chart \"{title}\": {cause}")]
pub struct ChartError {
    title: String,
    cause: String,
}

impl ChartError {
    pub(super) fn new(title: &str, cause: &dyn std::fmt::Display) -> Self {
        Self { title: title.to_owned(), cause: cause.to_string() }
    }
}

/// The style of text.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: RGBColor,
    pub(super) from: HPos,
}

impl Words {
    /// Text that begins at its position.
    pub(super) const fn new(size: f64, colour: RGBColor) -> Self {
        Self { size, bold: false, colour, from: HPos::Left }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn ending(self) -> Self {
        Self { from: HPos::Right, ..self }
    }

    pub(super) const fn centred(self) -> Self {
        Self { from: HPos::Center, ..self }
    }
}

/// A drawing area that keeps the first error until [`Canvas::finish`] returns it.
pub(super) struct Canvas<'a, B: DrawingBackend> {
    area: &'a DrawingArea<B, Shift>,
    scale: f64,
    text_drop: f64,
    error: Option<String>,
}

impl<'a, B: DrawingBackend> Canvas<'a, B> {
    pub(super) fn new(area: &'a DrawingArea<B, Shift>, scale: f64, text_drop: f64) -> Self {
        let mut canvas = Self { area, scale, text_drop, error: None };
        canvas.keep(area.fill(&palette::PAPER));
        canvas
    }

    pub(super) fn finish(mut self, title: &str) -> Result<(), ChartError> {
        self.keep(self.area.present());
        self.error.map_or(Ok(()), |cause| Err(ChartError::new(title, &cause)))
    }

    /// Draws text, vertically centred at `y`.
    pub(super) fn words(&mut self, text: &str, x: f64, y: f64, words: Words) {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let style = if words.bold { FontStyle::Bold } else { FontStyle::Normal };
        // The SVG backend takes sizes as 1.24 em; the bitmap takes line heights, which for this font are 1.21 em.
        let font = FontDesc::new(FontFamily::Name(font::FAMILY), words.size * self.scale * 1.24, style);
        let style = TextStyle::from(font).color(&words.colour).pos(Pos::new(words.from, VPos::Center));
        let place = self.pixel((x, y + words.size * self.text_drop));
        self.keep(self.area.draw(&Text::new(text, place, style)));
    }

    /// Draws text on a patch of the background, so that rules do not cross it. For left-aligned text only.
    pub(super) fn words_on_paper(&mut self, text: &str, x: f64, y: f64, words: Words) {
        let (width, half) = (font::width(text, words.size, words.bold), words.size * 0.65);
        let corners = [self.pixel((x - 3.0, y - half)), self.pixel((x + width + 3.0, y + half))];
        self.keep(self.area.draw(&Rectangle::new(corners, palette::PAPER.filled())));
        self.words(text, x, y, words);
    }

    pub(super) fn line(&mut self, points: &[(f64, f64)], colour: RGBColor, width: f64) {
        let path: Vec<_> = points.iter().map(|&point| self.pixel(point)).collect();
        let style = self.stroke(colour, width);
        self.keep(self.area.draw(&PathElement::new(path, style)));
    }

    /// Draws a dashed line: every second segment of a path whose points are close together.
    pub(super) fn dashes(&mut self, points: &[(f64, f64)], colour: RGBColor, width: f64) {
        for (index, pair) in points.windows(2).enumerate() {
            if index % 2 == 0 {
                self.line(pair, colour, width);
            }
        }
    }

    /// Fills the band between two lines with a transparent colour.
    pub(super) fn band(&mut self, outline: &[(f64, f64)], colour: RGBColor) {
        let path: Vec<_> = outline.iter().map(|&point| self.pixel(point)).collect();
        self.keep(self.area.draw(&Polygon::new(path, colour.mix(0.18))));
    }

    /// Draws a filled rectangle.
    pub(super) fn block(&mut self, left: f64, top: f64, right: f64, bottom: f64, colour: RGBColor) {
        let corners = [self.pixel((left, top)), self.pixel((right, bottom))];
        self.keep(self.area.draw(&Rectangle::new(corners, colour.filled())));
    }

    pub(super) fn dot(&mut self, x: f64, y: f64, radius: f64, look: palette::Look) {
        let size = (radius * self.scale).round() as i32;
        let place = self.pixel((x, y));
        if look.hollow {
            self.keep(self.area.draw(&Circle::new(place, size, palette::PAPER.filled())));
            let style = self.stroke(look.colour, 2.5);
            self.keep(self.area.draw(&Circle::new(place, size - 1, style)));
        } else {
            self.keep(self.area.draw(&Circle::new(place, size, look.colour.filled())));
        }
    }

    /// Draws a cross, the mark of an untrusted value.
    pub(super) fn cross(&mut self, x: f64, y: f64, radius: f64, colour: RGBColor) {
        self.line(&[(x - radius, y - radius), (x + radius, y + radius)], colour, 2.5);
        self.line(&[(x - radius, y + radius), (x + radius, y - radius)], colour, 2.5);
    }

    fn stroke(&self, colour: RGBColor, width: f64) -> ShapeStyle {
        colour.stroke_width((width * self.scale).round().max(1.0) as u32)
    }

    fn pixel(&self, (x, y): (f64, f64)) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn keep<E: std::fmt::Display>(&mut self, result: Result<(), E>) {
        if let Err(error) = result {
            self.error.get_or_insert_with(|| error.to_string());
        }
    }
}
