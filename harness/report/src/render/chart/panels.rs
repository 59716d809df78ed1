//! Small multiples: a small panel for each line, in two columns. Each has its own vertical scale, so that a change of any line can
//! be seen next to lines a thousand times as large.

use crate::render::chart::Drawing;
use crate::render::chart::canvas::{Canvas, Place, Stroke};
use crate::render::chart::columns::{COLUMN, Columns};
use crate::render::chart::header::remark;
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

/// Height of the plot of a panel.
const PLOT: f64 = 44.0;
/// Distance of the first and the last point from the sides of a panel.
const INSET: f64 = 5.0;
/// The least height of a plot, as a share of its values: a line that varies by less looks flat.
const LEAST_RANGE: f64 = 0.02;

impl Drawing for Panels {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let top = remark(canvas, &self.axis, top) + 8.0;
        let columns = Columns {
            label_lines: 2,
            above: 5.0,
            below: PLOT + 20.0,
        };
        columns.draw(
            canvas,
            top,
            &self.panels,
            |panel| (&panel.name, &panel.label),
            |canvas, panel, left, top| {
                let positions = self.positions;
                let plot = Plot {
                    left,
                    top,
                    positions,
                };
                plot.draw(canvas, panel);
            },
        )
    }
}

impl Panel {
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
