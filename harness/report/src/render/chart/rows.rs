//! Rows of a chart: each has its name and its label in lines of text, and below them a strip for its marks over the whole width.
//! So names and labels never meet the marks, and long ones have space.

use crate::render::chart::canvas::{Canvas, EDGE, ROOM, WIDTH, Words};
use crate::render::chart::header::{LABEL, LINE, TICK, Tick, remark};
use crate::render::chart::palette::Colour;

/// The name of a row.
const NAME: Words = Words::new(13.5, Colour::Ink);
/// Height of a strip.
pub(super) const STRIP: f64 = 18.0;
/// Distance between a strip and the text below it.
const GAP: f64 = 7.0;
/// Distance of the strips from the edges of the chart, so that a mark at an end is inside.
const INSET: f64 = 6.0;

/// The rows from the first to the last.
pub(super) struct Rows {
    rows: Vec<Row>,
    bottom: f64,
}

/// The text of a row and its place.
struct Row {
    top: f64,
    names: Vec<String>,
    labels: Vec<String>,
    /// True if the name and the label are in one line.
    is_one_line: bool,
    has_strip: bool,
}

impl Row {
    fn lines(&self) -> usize {
        match self.is_one_line {
            true => 1,
            false => self.names.len() + self.labels.len(),
        }
    }

    fn strip(&self) -> f64 {
        self.top + LINE * self.lines() as f64
    }

    fn bottom(&self) -> f64 {
        self.strip() + if self.has_strip { STRIP } else { 0.0 } + GAP
    }
}

impl Rows {
    /// Lays out rows from `top` down, each a name and a label, and true if it has marks.
    pub(super) fn new<'a>(
        top: f64,
        rows: impl IntoIterator<Item = (&'a str, &'a str, bool)>,
    ) -> Self {
        let mut laid = Vec::new();
        let mut top = top;
        for (name, label, has_strip) in rows {
            let is_one_line = NAME.width(name) + 16.0 + LABEL.width(label) <= ROOM;
            let row = Row {
                top,
                names: NAME.wrap_within(name, ROOM, 2),
                labels: LABEL.wrap_within(label, ROOM, 3),
                is_one_line,
                has_strip,
            };
            top = row.bottom();
            laid.push(row);
        }
        Self {
            rows: laid,
            bottom: top,
        }
    }

    /// Left end of the strips.
    pub(super) fn left(&self) -> f64 {
        EDGE + INSET
    }

    /// Right end of the strips.
    pub(super) fn right(&self) -> f64 {
        WIDTH - EDGE - INSET
    }

    /// Middle of the strip of a row.
    pub(super) fn middle(&self, index: usize) -> f64 {
        self.rows[index].strip() + STRIP / 2.0
    }

    /// Draws the name of a row at the left and its label at the right, or below the name if it is long.
    pub(super) fn text(&self, canvas: &mut Canvas, index: usize, colour: Colour) {
        let row = &self.rows[index];
        let y = row.top + LINE / 2.0;
        canvas.lines(&row.names, EDGE, y, LINE, NAME);
        let below = match row.is_one_line {
            true => 0.0,
            false => LINE * row.names.len() as f64,
        };
        let label = LABEL.ending().coloured(colour);
        canvas.lines(&row.labels, WIDTH - EDGE, y + below, LINE, label);
    }

    /// Draws the rules behind the marks of every row, the axis with its ticks, and its title. Returns the y coordinate below.
    pub(super) fn axis(&self, canvas: &mut Canvas, ticks: &[Tick], title: &str) -> f64 {
        let strips = || self.rows.iter().filter(|row| row.has_strip);
        let rules = strips().flat_map(|row| {
            let y = row.strip();
            ticks
                .iter()
                .map(move |tick| [(tick.x, y), (tick.x, y + STRIP)])
        });
        canvas.strokes(rules.collect(), Colour::Rule, 1.0);
        let bottom = self.bottom;
        if strips().next().is_none() {
            return bottom;
        }
        let axis = [(self.left(), bottom), (self.right(), bottom)];
        let mut strokes = vec![axis];
        strokes.extend(
            ticks
                .iter()
                .map(|tick| [(tick.x, bottom), (tick.x, bottom + 4.0)]),
        );
        canvas.strokes(strokes, Colour::Muted, 1.0);
        for tick in ticks {
            canvas.words(&tick.label, tick.middle, bottom + 13.0, TICK.centred());
        }
        remark(canvas, title, bottom + 23.0) + 6.0
    }
}
