//! The canvas: records strokes, dots and text in layout coordinates, and draws them with any backend.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use crate::render::chart::palette::{Look, PAPER};
use crate::render::chart::{SCALE, font};

/// A position in layout coordinates.
type Place = (f64, f64);

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
        Self {
            size,
            bold: false,
            colour,
            from: HPos::Left,
        }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn ending(self) -> Self {
        Self {
            from: HPos::Right,
            ..self
        }
    }

    pub(super) const fn centred(self) -> Self {
        Self {
            from: HPos::Center,
            ..self
        }
    }
}

/// A recorded shape.
enum Shape {
    Words(String, Place, Words),
    Line(Vec<Place>, RGBColor, f64),
    Band(Vec<Place>, RGBColor),
    Block([Place; 2], RGBColor),
    Dot(Place, f64, Look),
}

/// The shapes of a chart, in the order in which they are drawn.
#[derive(Default)]
pub struct Canvas(Vec<Shape>);

impl Canvas {
    /// Draws text, vertically centred at `y`.
    pub(super) fn words(&mut self, text: &str, x: f64, y: f64, words: Words) {
        let text = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        self.0.push(Shape::Words(text, (x, y), words));
    }

    /// Draws lines of text, the first one centred at `y`.
    pub(super) fn lines(&mut self, lines: &[String], x: f64, y: f64, step: f64, words: Words) {
        for (index, text) in lines.iter().enumerate() {
            self.words(text, x, y + step * index as f64, words);
        }
    }

    /// Draws text on a patch of the background, so that rules do not cross it. For left-aligned text only.
    pub(super) fn words_on_paper(&mut self, text: &str, x: f64, y: f64, words: Words) {
        let half = words.size * 0.65;
        self.block(
            x - 3.0,
            y - half,
            x + words.width(text) + 3.0,
            y + half,
            PAPER,
        );
        self.words(text, x, y, words);
    }

    pub(super) fn line(&mut self, points: &[Place], colour: RGBColor, width: f64) {
        self.0.push(Shape::Line(points.to_vec(), colour, width));
    }

    /// Draws a dashed line: every second segment of a path whose points are close together.
    pub(super) fn dashes(&mut self, points: &[Place], colour: RGBColor, width: f64) {
        for pair in points.windows(2).step_by(2) {
            self.line(pair, colour, width);
        }
    }

    /// Draws an interval as a line with a stroke through each end, from `end - cap` to `end + cap`.
    pub(super) fn interval(&mut self, ends: [Place; 2], cap: Place, colour: RGBColor, width: f64) {
        self.line(&ends, colour, width);
        for (x, y) in ends {
            self.line(
                &[(x - cap.0, y - cap.1), (x + cap.0, y + cap.1)],
                colour,
                width,
            );
        }
    }

    /// Fills the band between two lines with a transparent colour.
    pub(super) fn band(&mut self, outline: &[Place], colour: RGBColor) {
        self.0.push(Shape::Band(outline.to_vec(), colour));
    }

    /// Draws a filled rectangle.
    pub(super) fn block(&mut self, left: f64, top: f64, right: f64, bottom: f64, colour: RGBColor) {
        self.0
            .push(Shape::Block([(left, top), (right, bottom)], colour));
    }

    pub(super) fn dot(&mut self, x: f64, y: f64, radius: f64, look: Look) {
        self.0.push(Shape::Dot((x, y), radius, look));
    }

    /// Draws a cross, the mark of an untrusted value.
    pub(super) fn cross(&mut self, x: f64, y: f64, radius: f64, colour: RGBColor) {
        self.line(
            &[(x - radius, y - radius), (x + radius, y + radius)],
            colour,
            2.5,
        );
        self.line(
            &[(x - radius, y + radius), (x + radius, y - radius)],
            colour,
            2.5,
        );
    }

    /// Draws the recorded shapes. `text_drop` moves text down by this share of its size.
    pub(super) fn draw<B: DrawingBackend>(
        &self,
        backend: B,
        text_drop: f64,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let area = backend.into_drawing_area();
        area.fill(&PAPER)?;
        for shape in &self.0 {
            shape.draw(&area, text_drop)?;
        }
        area.present()
    }
}

impl Shape {
    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        text_drop: f64,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        let path = |points: &[Place]| -> Vec<_> { points.iter().copied().map(pixel).collect() };
        match self {
            Self::Words(text, (x, y), words) => {
                let style = if words.bold {
                    FontStyle::Bold
                } else {
                    FontStyle::Normal
                };
                // The SVG backend takes sizes as 1.24 em; the bitmap takes line heights, which for this font are 1.21 em.
                let font = FontDesc::new(
                    FontFamily::Name(font::FAMILY),
                    words.size * f64::from(SCALE) * 1.24,
                    style,
                );
                let style = TextStyle::from(font)
                    .color(&words.colour)
                    .pos(Pos::new(words.from, VPos::Center));
                area.draw(&Text::new(
                    text.as_str(),
                    pixel((*x, y + words.size * text_drop)),
                    style,
                ))
            }
            Self::Line(points, colour, width) => {
                area.draw(&PathElement::new(path(points), stroke(*colour, *width)))
            }
            Self::Band(outline, colour) => {
                area.draw(&Polygon::new(path(outline), colour.mix(0.18)))
            }
            Self::Block(corners, colour) => {
                area.draw(&Rectangle::new(corners.map(pixel), colour.filled()))
            }
            Self::Dot(place, radius, look) => {
                let (place, size) = (pixel(*place), (radius * f64::from(SCALE)).round() as i32);
                if !look.hollow {
                    return area.draw(&Circle::new(place, size, look.colour.filled()));
                }
                area.draw(&Circle::new(place, size, PAPER.filled()))?;
                area.draw(&Circle::new(place, size - 1, stroke(look.colour, 2.5)))
            }
        }
    }
}

fn stroke(colour: RGBColor, width: f64) -> ShapeStyle {
    colour.stroke_width((width * f64::from(SCALE)).round().max(1.0) as u32)
}

fn pixel((x, y): Place) -> (i32, i32) {
    let scaled = |value: f64| (value * f64::from(SCALE)).round() as i32;
    (scaled(x), scaled(y))
}
