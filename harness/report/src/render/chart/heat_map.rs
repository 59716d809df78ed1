//! Heat map: a number for each row and column, shown as text and as a shade on a logarithmic scale. Darker is more.

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::header::{AXIS, TICK};
use crate::render::chart::palette::{self, INK, MUTED};
use crate::render::chart::{Drawing, Layout};

/// A heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// The quantity that the shade shows, with its unit.
    pub axis: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The names of the rows with their cells, as many as there are columns.
    pub rows: Vec<(String, Vec<HeatCell>)>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatCell {
    /// The number; none if it is missing.
    pub value: Option<f64>,
    /// The text of the cell.
    pub text: String,
}

const ROW: f64 = 28.0;
const NAME: Words = Words::new(13.0, INK).ending();

impl Drawing for HeatMap {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        let narrow = layout.narrow();
        let (row, size) = if narrow {
            (ROW + 18.0, 10.5)
        } else {
            (ROW, 12.0)
        };
        // On a phone, the name of a row is above it.
        let names = self.rows.iter().map(|(name, _)| name.as_str());
        let left = layout.edge()
            + if narrow {
                0.0
            } else {
                NAME.widest(names, 40.0, 300.0) + 14.0
            };
        let column = (layout.width() - layout.edge() - left) / self.columns.len().max(1) as f64;
        let words = Words {
            size,
            colour: INK,
            ..TICK.centred()
        };

        let heads: Vec<Vec<String>> = self
            .columns
            .iter()
            .map(|name| words.wrap(name, column - 4.0))
            .collect();
        let most = heads.iter().map(Vec::len).max().unwrap_or(1);
        for (index, lines) in heads.iter().enumerate() {
            let y = top + 14.0 * (most - lines.len()) as f64 + 7.0;
            canvas.lines(lines, left + (index as f64 + 0.5) * column, y, 14.0, words);
        }
        let top = top + most as f64 * 14.0 + 8.0;
        let axis = LogAxis::over(
            self.rows
                .iter()
                .flat_map(|(_, cells)| cells)
                .filter_map(|cell| cell.value),
        );
        for (index, (name, cells)) in self.rows.iter().enumerate() {
            let y = top + index as f64 * row;
            if narrow {
                canvas.words(
                    name,
                    left,
                    y + 9.0,
                    Words {
                        size: 11.5,
                        colour: INK,
                        ..TICK
                    },
                );
            } else {
                let name = NAME.shorten(name, left - layout.edge() - 10.0);
                canvas.words(&name, left - 10.0, y + ROW / 2.0, NAME);
            }
            let y = y + row - ROW;
            for (place, cell) in cells.iter().enumerate() {
                let x = left + place as f64 * column;
                let share = cell
                    .value
                    .zip(axis)
                    .map(|(value, axis)| if value > 0.0 { axis.place(value) } else { 0.0 });
                let (fill, colour) = share.map_or((palette::RULE, MUTED), palette::shade);
                canvas.block(x + 1.0, y + 1.0, x + column - 1.0, y + ROW - 1.0, fill);
                let text = words.shorten(&cell.text, column - 4.0);
                canvas.words(
                    &text,
                    x + column / 2.0,
                    y + ROW / 2.0,
                    Words { colour, ..words },
                );
            }
        }
        let end = top + self.rows.len() as f64 * row;
        self.key(canvas, layout, end + 18.0);
        end + 66.0
    }
}

impl HeatMap {
    /// Draws the legend, from the lightest shade to the darkest.
    fn key(&self, canvas: &mut Canvas, layout: Layout, y: f64) {
        const STEPS: usize = 12;
        let left = layout.edge();
        for step in 0..STEPS {
            let x = left + step as f64 * 10.0;
            let (fill, _) = palette::shade(step as f64 / (STEPS - 1) as f64);
            canvas.block(x, y - 6.0, x + 10.0, y + 6.0, fill);
        }
        let words = format!("{}, from less to more, logarithmic scale", self.axis);
        let lines = AXIS.wrap(&words, layout.width() - 2.0 * left - 134.0);
        canvas.lines(&lines[..lines.len().min(2)], left + 130.0, y, 16.0, AXIS);
    }
}
