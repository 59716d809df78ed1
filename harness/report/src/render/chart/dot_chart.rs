//! Dot chart: single values in rows, each row with its true value as a line.

use crate::render::chart::Drawing;
use crate::render::chart::axis::round_up;
use crate::render::chart::canvas::{Canvas, Place};
use crate::render::chart::header::{fitting, legend};
use crate::render::chart::palette::{self, Colour};
use crate::render::chart::rows::{Rows, STRIP};

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

/// Greatest vertical distance of a dot from the middle of its row. Dots are spread so that they do not hide each other.
const SPREAD: f64 = 7.0;
const RADIUS: f64 = 2.0;
/// Approximate number of ticks.
const TICKS: f64 = 8.0;

impl Drawing for DotChart {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let names = self.kinds.iter().map(|kind| kind.name.as_str());
        let top = legend(canvas, top, names, |canvas, index, x, y| {
            self.kinds[index].draw(canvas, vec![(x + 14.0, y)]);
        });
        let texts = self
            .rows
            .iter()
            .map(|row| (row.name.as_str(), row.label.as_str(), true));
        let rows = Rows::new(top + 4.0, texts);
        let (low, high, step) = self.range();
        let (left, right) = (rows.left(), rows.right());
        let x = |value: f64| left + (value - low) / (high - low) * (right - left);
        let count = ((high - low) / step).round() as usize;
        let ticks = (0..=count).map(|place| low + place as f64 * step);
        let ticks = fitting(ticks.map(|tick| (x(tick), tick_label(tick, step))));
        let bottom = rows.axis(canvas, &ticks, &self.axis);
        for (index, row) in self.rows.iter().enumerate() {
            rows.text(canvas, index, Colour::Ink);
            let y = rows.middle(index);
            for (place, kind) in self.kinds.iter().enumerate() {
                kind.draw(canvas, dots(row, place, y, &x));
            }
            // On top, because many dots lie around it.
            if row.truth.is_finite() {
                let (truth, half) = (x(row.truth), STRIP / 2.0);
                canvas.strokes(
                    vec![[(truth, y - half), (truth, y + half)]],
                    Colour::Ink,
                    1.5,
                );
            }
        }
        bottom
    }
}

/// The positions of the dots of a kind.
fn dots(row: &DotRow, kind: usize, y: f64, x: &dyn Fn(f64) -> f64) -> Vec<Place> {
    let dots = row.dots.iter().enumerate();
    let dots = dots.filter(|(_, dot)| dot.1 == kind && dot.0.is_finite());
    // Multiples of the golden ratio fill the height evenly and keep consecutive dots apart.
    let height = |index: usize| SPREAD * (2.0 * (index as f64 * 0.618_034).fract() - 1.0);
    dots.map(|(index, &(value, _))| (x(value), y + height(index)))
        .collect()
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
}

impl DotKind {
    fn draw(&self, canvas: &mut Canvas, places: Vec<Place>) {
        let idle = palette::Look {
            colour: Colour::Idle,
            hollow: false,
        };
        let look = self.place.map_or(idle, palette::look);
        match self.is_cross {
            true => canvas.crosses(&places, 2.0 * RADIUS),
            false => canvas.dots(places, RADIUS, look),
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
        let values = [(0.1, 0), (0.2, 1), (f64::NAN, 0), (0.3, 0)];
        let row = DotRow {
            dots: values.to_vec(),
            ..chart(&[]).rows.remove(0)
        };
        assert_eq!(dots(&row, 0, 10.0, &|x| x).len(), 2);
        assert_eq!(dots(&row, 1, 10.0, &|x| x).len(), 1);
    }
}
