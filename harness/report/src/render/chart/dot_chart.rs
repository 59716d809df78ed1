//! Dot chart: single values in rows, each row with its true value as a line.

use crate::render::chart::axis::round_up;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::frame::{Frame, LEGEND, legend};
use crate::render::chart::palette::{self, INK};
use crate::render::chart::{Drawing, Layout};

/// A dot chart.
#[derive(Debug, Clone, PartialEq)]
pub struct DotChart {
    /// The quantity of the axis, with its unit.
    pub axis: String,
    /// The kinds of dots.
    pub kinds: Vec<DotKind>,
    /// The rows, from top to bottom.
    pub rows: Vec<DotRow>,
}

/// A kind of dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotKind {
    /// Its name.
    pub name: String,
    /// Index of its colour in the palette of phases; none for grey.
    pub place: Option<usize>,
    /// True for a cross in the alarm colour instead of a dot.
    pub is_cross: bool,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct DotRow {
    /// Its name.
    pub name: String,
    /// The true value.
    pub truth: f64,
    /// The values, each with the index of its kind.
    pub dots: Vec<(f64, usize)>,
    /// The text beside it.
    pub label: String,
}

const ROW: f64 = 36.0;
/// Greatest vertical distance of a dot from the middle of its row. Dots are spread so that they do not hide each other.
const SPREAD: f64 = 12.0;
const RADIUS: f64 = 2.5;
/// Approximate number of ticks.
const TICKS: f64 = 8.0;

impl Drawing for DotChart {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        let middle = top + LEGEND / 2.0 - 4.0;
        legend(
            canvas,
            layout.edge(),
            middle,
            self.kinds.iter().map(|kind| kind.name.as_str()),
            |canvas, index, x| {
                self.kinds[index].draw(canvas, x + 5.0, middle);
            },
        );
        let top = top + LEGEND;
        let texts = self
            .rows
            .iter()
            .map(|row| (row.name.as_str(), row.label.as_str()));
        let frame = Frame::of_rows(layout, [top, self.rows.len() as f64 * ROW], texts, false);
        let (low, high, step) = self.range();
        let x = |value: f64| frame.left + (value - low) / (high - low) * (frame.right - frame.left);
        let count = ((high - low) / step).round() as usize;
        let ticks = (0..=count).map(|place| low + place as f64 * step);
        frame.x_axis(
            canvas,
            ticks.map(|tick| (x(tick), tick_label(tick, step))),
            &self.axis,
        );
        for (index, row) in self.rows.iter().enumerate() {
            let place = frame.row(canvas, &row.name, top + (index as f64 + 0.5) * ROW);
            let (truth, y) = (x(row.truth), place.y);
            canvas.line(
                &[(truth, y - ROW / 2.0 + 2.0), (truth, y + ROW / 2.0 - 2.0)],
                INK,
                1.5,
            );
            self.dots(canvas, row, y, &x);
            frame.label(canvas, &place, &row.label, frame.right, INK);
        }
        frame.bottom + 62.0
    }
}

impl DotChart {
    /// The ends of the axis, and the step between ticks.
    fn range(&self) -> (f64, f64, f64) {
        let values = self
            .rows
            .iter()
            .flat_map(|row| row.dots.iter().map(|dot| dot.0).chain([row.truth]));
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((0.0, 0.0), |(low, high): (f64, f64), value| {
                (low.min(value), high.max(value))
            });
        let step = round_up(((high - low) / TICKS).max(1e-6));
        (
            (low / step).floor() * step,
            ((high / step).floor() + 1.0) * step,
            step,
        )
    }

    /// Draws the kinds in order, so that the last one is on top.
    fn dots(&self, canvas: &mut Canvas, row: &DotRow, y: f64, x: &dyn Fn(f64) -> f64) {
        for (place, kind) in self.kinds.iter().enumerate() {
            let dots = row
                .dots
                .iter()
                .enumerate()
                .filter(|(_, dot)| dot.1 == place);
            for (index, &(value, _)) in dots {
                // Multiples of the golden ratio fill the height evenly and keep consecutive dots apart.
                let height = y + SPREAD * (2.0 * (index as f64 * 0.618_034).fract() - 1.0);
                kind.draw(canvas, x(value), height);
            }
        }
    }
}

impl DotKind {
    fn draw(&self, canvas: &mut Canvas, x: f64, y: f64) {
        let idle = palette::Look {
            colour: palette::IDLE,
            hollow: false,
        };
        let look = self.place.map_or(idle, palette::look);
        match self.is_cross {
            true => canvas.cross(x, y, 2.0 * RADIUS, palette::ALARM),
            false => canvas.dot(x, y, RADIUS, look),
        }
    }
}

/// The label of a tick, with as many decimals as the step.
fn tick_label(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    // No minus before a zero.
    let value = if value.abs() < step / 2.0 { 0.0 } else { value };
    if value == 0.0 {
        "0".to_owned()
    } else {
        format!("{value:+.decimals$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[f64]) -> DotChart {
        DotChart {
            axis: "estimate in percent".to_owned(),
            kinds: vec![DotKind {
                name: "red".to_owned(),
                place: None,
                is_cross: true,
            }],
            rows: vec![DotRow {
                name: "a row".to_owned(),
                truth: 0.0,
                dots: values.iter().map(|&value| (value, 0)).collect(),
                label: String::new(),
            }],
        }
    }

    #[test]
    fn the_axis_has_round_values_around_all_dots() {
        assert_eq!(chart(&[-0.4, 5.3]).range(), (-1.0, 6.0, 1.0));
        let (low, high, step) = chart(&[]).range();
        assert!(low == 0.0 && high > 0.0 && step > 0.0);
        assert_eq!(
            [
                tick_label(-1.0, 1.0),
                tick_label(0.2, 0.1),
                tick_label(-1e-12, 0.1)
            ],
            ["-1", "+0.2", "0"]
        );
    }

    #[test]
    fn every_dot_is_drawn() {
        let drawn = |values: &[f64]| {
            let chart = super::super::Chart::new("a title", "", chart(values));
            chart
                .svg(Layout::Wide)
                .expect("drawn")
                .matches("<polyline")
                .count()
        };
        assert_eq!(
            drawn(&[0.1, 0.2, 0.3]) - drawn(&[0.3]),
            4,
            "a cross has two strokes"
        );
    }
}
