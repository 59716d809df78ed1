//! Small multiples: a small panel for each line, in two columns. Each has its own vertical scale, so that a change of any line can
//! be seen next to lines a thousand times as large.

use crate::render::chart::Drawing;
use crate::render::chart::canvas::{Canvas, EDGE, Place, ROOM, Stroke, Words};
use crate::render::chart::header::{LINE, remark};
use crate::render::chart::palette::{self, Colour};

/// Panels beside and below each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Panels {
    /// The quantity, and what the horizontal direction is.
    pub axis: String,
    /// The number of positions on the horizontal axis, the same for all panels.
    pub positions: usize,
    /// The panels, in reading order.
    pub panels: Vec<Panel>,
}

/// A panel: one line with its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The name of the line.
    pub name: String,
    /// The text below the name: the last value, and the change.
    pub label: String,
    /// The points from left to right, each a position and a value.
    pub points: Vec<(usize, f64)>,
    /// The steps: indices into the points, each with its description.
    pub steps: Vec<(usize, String)>,
}

/// Distance between the columns.
const GUTTER: f64 = 20.0;
/// Width of a panel.
const COLUMN: f64 = (ROOM - GUTTER) / 2.0;
/// Height of the plot of a panel.
const PLOT: f64 = 44.0;
/// Distance of the first and the last point from the sides of a panel.
const INSET: f64 = 5.0;
/// The least height of a plot, as a share of its values: a line that varies by less looks flat.
const LEAST_RANGE: f64 = 0.02;
const NAME: Words = Words::new(13.0, Colour::Ink);
const LABEL: Words = Words::new(12.5, Colour::Muted);

impl Drawing for Panels {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let mut y = remark(canvas, &self.axis, top) + 8.0;
        for pair in self.panels.chunks(2) {
            let texts: Vec<[Vec<String>; 2]> = pair.iter().map(Panel::texts).collect();
            let lines = texts.iter().map(|[name, label]| name.len() + label.len());
            let height = LINE * lines.max().unwrap_or(0) as f64;
            for (column, (panel, [name, label])) in pair.iter().zip(&texts).enumerate() {
                let left = EDGE + column as f64 * (COLUMN + GUTTER);
                canvas.lines(name, left, y + LINE / 2.0, LINE, NAME);
                let below = y + LINE * (name.len() as f64 + 0.5);
                canvas.lines(label, left, below, LINE, LABEL);
                let plot = Plot {
                    left,
                    top: y + height + 5.0,
                    positions: self.positions,
                };
                plot.draw(canvas, panel);
            }
            y += height + PLOT + 20.0;
        }
        y
    }
}

impl Panel {
    fn texts(&self) -> [Vec<String>; 2] {
        [
            NAME.wrap_within(&self.name, COLUMN, 2),
            LABEL.wrap_within(&self.label, COLUMN, 2),
        ]
    }

    /// The values at the bottom and at the top of the plot.
    fn range(&self) -> (f64, f64) {
        let values = self.points.iter().map(|(_, value)| *value);
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        let middle = low + (high - low) / 2.0;
        let half = ((high - low) / 2.0)
            .max(middle.abs() * LEAST_RANGE / 2.0)
            .max(f64::MIN_POSITIVE);
        (middle - half, middle + half)
    }
}

/// The place of a panel.
struct Plot {
    left: f64,
    top: f64,
    positions: usize,
}

impl Plot {
    fn draw(&self, canvas: &mut Canvas, panel: &Panel) {
        let (low, high) = panel.range();
        let last = self.positions.saturating_sub(1).max(1) as f64;
        let place = |&(position, value): &(usize, f64)| -> Place {
            let across = position as f64 / last;
            let up = (value - low) / (high - low);
            (
                self.left + INSET + across * (COLUMN - 2.0 * INSET),
                self.top + PLOT - up * PLOT,
            )
        };
        let base = self.top + PLOT + 5.0;
        canvas.strokes(
            vec![[(self.left, base), (self.left + COLUMN, base)]],
            Colour::Muted,
            1.0,
        );
        let finite = |point: &&(usize, f64)| point.1.is_finite();
        let path: Vec<Place> = panel.points.iter().filter(finite).map(place).collect();
        let description = format!("{}: {}", panel.name, panel.label);
        canvas.described(&description, |canvas| {
            // A state between two points has no value, so the line goes straight across it.
            canvas.line(path.clone(), Stroke::new(Colour::Phase(6), 1.5));
            canvas.dots(
                path.last().copied().into_iter().collect(),
                2.5,
                palette::look(6),
            );
        });
        for (index, description) in &panel.steps {
            let Some(point) = panel.points.get(*index).filter(finite) else {
                continue;
            };
            let (x, y) = place(point);
            canvas.described(description, |canvas| {
                canvas.strokes(vec![[(x, self.top - 3.0), (x, base)]], Colour::Alarm, 1.0);
                canvas.dot(x, y, 3.5, palette::look(5));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_variation_looks_flat_and_large_variation_fills_the_plot() {
        let panel = |values: &[f64]| Panel {
            name: String::new(),
            label: String::new(),
            points: values.iter().copied().enumerate().collect(),
            steps: Vec::new(),
        };
        assert_eq!(panel(&[100.0, 300.0]).range(), (100.0, 300.0));
        let (low, high) = panel(&[100.0, 100.01]).range();
        assert!((high - low - 2.0).abs() < 0.01, "{low} {high}");
        let (low, high) = panel(&[0.0]).range();
        assert!(low < high);
    }
}
