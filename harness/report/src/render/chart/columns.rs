//! Two columns of panels: each has a name and a label above its plot.

use crate::render::chart::canvas::{Canvas, EDGE, ROOM, Words};
use crate::render::chart::header::LINE;
use crate::render::chart::palette::Colour;

/// Distance between the columns.
const GUTTER: f64 = 20.0;
/// Width of a panel.
pub(super) const COLUMN: f64 = (ROOM - GUTTER) / 2.0;
/// Most lines of a name.
const NAME_LINES: usize = 2;
const NAME: Words = Words::new(13.0, Colour::Ink);
const LABEL: Words = Words::new(12.5, Colour::Muted);

/// The shape of all panels.
pub(super) struct Columns {
    /// Most lines of a label.
    pub(super) label_lines: usize,
    /// Distance from the label to the plot.
    pub(super) above: f64,
    /// Height from the end of the label to the next panel.
    pub(super) below: f64,
}

impl Columns {
    /// Draws the panels from `top` in reading order: `words` are the name and the label of one, `plot` draws its plot with the
    /// upper left corner at a position. Plots beside each other begin at the same height. Returns the y coordinate below.
    pub(super) fn draw<'a, P>(
        &self,
        canvas: &mut Canvas,
        top: f64,
        panels: &'a [P],
        words: impl Fn(&'a P) -> (&'a str, &'a str),
        plot: impl Fn(&mut Canvas, &'a P, f64, f64),
    ) -> f64 {
        let mut y = top;
        for pair in panels.chunks(2) {
            let texts = pair.iter().map(|panel| {
                let (name, label) = words(panel);
                [
                    NAME.wrap_within(name, COLUMN, NAME_LINES),
                    LABEL.wrap_within(label, COLUMN, self.label_lines),
                ]
            });
            let texts: Vec<[Vec<String>; 2]> = texts.collect();
            let lines = texts.iter().map(|[name, label]| name.len() + label.len());
            let height = LINE * lines.max().unwrap_or(0) as f64;
            for (column, (panel, [name, label])) in pair.iter().zip(&texts).enumerate() {
                let left = EDGE + column as f64 * (COLUMN + GUTTER);
                canvas.lines(name, left, y + LINE / 2.0, LINE, NAME);
                let below = y + LINE * (name.len() as f64 + 0.5);
                canvas.lines(label, left, below, LINE, LABEL);
                plot(canvas, panel, left, y + height + self.above);
            }
            y += height + self.below;
        }
        y
    }
}
