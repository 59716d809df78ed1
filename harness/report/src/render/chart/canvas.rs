//! The canvas: records marks and text in layout units. [`super::svg`] and [`super::bitmap`] draw them.

use crate::render::chart::palette::{Colour, Look};

/// Width of every chart in layout units. In a column of 356 pixels, as on a phone, the smallest text has 10 pixels.
pub(super) const WIDTH: f64 = 440.0;
/// Margin at the left and at the right.
pub(super) const EDGE: f64 = 8.0;
/// Distance between the margins.
pub(super) const ROOM: f64 = WIDTH - 2.0 * EDGE;

/// A position in layout units.
pub(super) type Place = (f64, f64);

/// The end of a text that is at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The style of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Words {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: Colour,
    pub(super) from: Anchor,
}

impl Words {
    /// Text that begins at its position.
    pub(super) const fn new(size: f64, colour: Colour) -> Self {
        Self {
            size,
            bold: false,
            colour,
            from: Anchor::Start,
        }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn ending(self) -> Self {
        Self {
            from: Anchor::End,
            ..self
        }
    }

    pub(super) const fn centred(self) -> Self {
        Self {
            from: Anchor::Middle,
            ..self
        }
    }

    pub(super) const fn coloured(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }
}

/// A recorded shape.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// A line of text, vertically centred at its place.
    Text(String, Place, Words),
    /// A line through points.
    Line(Vec<Place>, Stroke),
    /// Separate lines between two points each.
    Strokes(Vec<[Place; 2]>, Stroke),
    /// A translucent area with a thin outline.
    Area(Vec<Place>, Colour),
    /// A filled rectangle, given by two opposite corners.
    Block([Place; 2], Colour),
    /// The outline of a rectangle, which text may be inside of.
    Border([Place; 2], Colour),
    /// Dots of one radius.
    Dots(Vec<Place>, f64, Look),
    /// The start of a group of marks with a description that a browser shows beside the pointer.
    Open(String),
    /// The end of the group.
    Close,
}

/// The style of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dashed: bool,
}

impl Stroke {
    pub(super) const fn new(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            dashed: false,
        }
    }
}

/// The shapes of a chart, in the order in which they are drawn.
#[derive(Debug, Default)]
pub struct Canvas(Vec<Shape>);

impl Canvas {
    /// The recorded shapes.
    pub(super) fn shapes(&self) -> &[Shape] {
        &self.0
    }

    /// Draws text, vertically centred at `y`.
    pub(super) fn words(&mut self, text: &str, x: f64, y: f64, words: Words) {
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        if !text.trim().is_empty() {
            self.0.push(Shape::Text(text, (x, y), words));
        }
    }

    /// Draws lines of text, the first one centred at `y`.
    pub(super) fn lines(&mut self, lines: &[String], x: f64, y: f64, step: f64, words: Words) {
        for (index, text) in lines.iter().enumerate() {
            self.words(text, x, y + step * index as f64, words);
        }
    }

    /// Draws what `marks` draws as a group with a description: name, value, interval and sample size.
    pub(super) fn described(&mut self, description: &str, marks: impl FnOnce(&mut Self)) {
        self.0.push(Shape::Open(description.to_owned()));
        marks(self);
        self.0.push(Shape::Close);
    }

    pub(super) fn line(&mut self, points: Vec<Place>, stroke: Stroke) {
        if points.len() > 1 {
            self.0.push(Shape::Line(points, stroke));
        }
    }

    pub(super) fn strokes(&mut self, strokes: Vec<[Place; 2]>, colour: Colour, width: f64) {
        if !strokes.is_empty() {
            self.0
                .push(Shape::Strokes(strokes, Stroke::new(colour, width)));
        }
    }

    /// Draws an interval on top of its mark: a line with a stroke through each end, from `end - cap` to `end + cap`. The caps
    /// are longer than the mark, so that they are visible where the interval is narrower than the mark.
    pub(super) fn interval(&mut self, ends: [Place; 2], cap: Place, colour: Colour) {
        let caps = ends.map(|(x, y)| [(x - cap.0, y - cap.1), (x + cap.0, y + cap.1)]);
        // Without the background around it, the interval could not be seen on a mark of its own colour.
        self.strokes(vec![ends], Colour::Paper, 3.5);
        self.strokes(vec![ends, caps[0], caps[1]], colour, 1.5);
    }

    /// Fills the area between two lines with a translucent colour.
    pub(super) fn area(&mut self, outline: Vec<Place>, colour: Colour) {
        if outline.len() > 2 {
            self.0.push(Shape::Area(outline, colour));
        }
    }

    /// Draws a filled rectangle between two opposite corners.
    pub(super) fn block(&mut self, from: Place, to: Place, colour: Colour) {
        self.0.push(Shape::Block([from, to], colour));
    }

    /// Draws the outline of a rectangle between two opposite corners.
    pub(super) fn border(&mut self, from: Place, to: Place, colour: Colour) {
        self.0.push(Shape::Border([from, to], colour));
    }

    pub(super) fn dot(&mut self, x: f64, y: f64, radius: f64, look: Look) {
        self.dots(vec![(x, y)], radius, look);
    }

    pub(super) fn dots(&mut self, places: Vec<Place>, radius: f64, look: Look) {
        if !places.is_empty() {
            self.0.push(Shape::Dots(places, radius, look));
        }
    }

    /// Draws a cross at each place, the mark of an untrusted value.
    pub(super) fn crosses(&mut self, places: &[Place], radius: f64) {
        let cross = |&(x, y): &Place| {
            [-radius, radius].map(|up| [(x - radius, y - up), (x + radius, y + up)])
        };
        self.strokes(places.iter().flat_map(cross).collect(), Colour::Alarm, 2.0);
    }
}
