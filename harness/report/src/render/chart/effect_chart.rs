//! Chart of effects: factors with their intervals in rows, around the line of no effect. A band shows the factors that noise
//! alone gives. The axis is logarithmic, so equal lengths are equal factors.

use harness_abtest::Interval;

use crate::render::chart::Drawing;
use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::header::{fitting, legend, ratio_label};
use crate::render::chart::palette::{self, Colour, Look};
use crate::render::chart::rows::{Rows, STRIP};

/// A chart of effects.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectChart {
    /// The title of the axis.
    pub axis: String,
    /// The kinds of effects, such as those on two phases.
    pub kinds: Vec<EffectKind>,
    /// The ends of the noise band; none if every effect was shown.
    pub band: Option<(f64, f64)>,
    /// The rows, from top to bottom.
    pub rows: Vec<EffectRow>,
}

/// A kind of effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectKind {
    /// Its name.
    pub name: String,
    /// Index of the phase that selects its colour.
    pub place: usize,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// Its name.
    pub name: String,
    /// The effects, for each kind in order; none if it was not measured.
    pub effects: Vec<Option<Effect>>,
    /// The text beside it.
    pub label: String,
}

/// An effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The factor; 1 is no effect.
    pub factor: f64,
    /// Its interval.
    pub interval: Option<Interval>,
    /// True if the interval excludes no effect; others are drawn in grey.
    pub is_shown: bool,
}

/// The name of the band in the legend.
const BAND: &str = "noise band";
const RADIUS: f64 = 3.0;
/// Vertical distance between the kinds of a row.
const APART: f64 = 8.0;

impl Drawing for EffectChart {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let kinds = self.kinds.iter().map(|kind| kind.name.as_str());
        let names = kinds.chain(self.band.map(|_| BAND));
        let top = legend(canvas, top, names, |canvas, index, x, y| {
            match self.kinds.get(index) {
                Some(kind) => canvas.dot(x + 14.0, y, RADIUS, palette::look(kind.place)),
                None => canvas.block((x + 4.0, y - 5.0), (x + 24.0, y + 5.0), Colour::Rule),
            }
        });
        let texts = self
            .rows
            .iter()
            .map(|row| (row.name.as_str(), row.label.as_str(), true));
        let rows = Rows::new(top + 4.0, texts);
        let Some(axis) = LogAxis::over(self.values()) else {
            return rows.axis(canvas, &[], &self.axis);
        };
        let x = |value: f64| match value > 0.0 {
            true => rows.left() + axis.place(value) * (rows.right() - rows.left()),
            false => rows.left(),
        };
        for index in 0..self.rows.len() {
            let (upper, lower) = (
                rows.middle(index) - STRIP / 2.0,
                rows.middle(index) + STRIP / 2.0,
            );
            if let Some((low, high)) = self.band {
                // At least two units wide, so that a narrow band is visible on a long axis.
                let right = x(high).max(x(low) + 2.0);
                canvas.block((x(low), upper), (right, lower), Colour::Rule);
            }
            canvas.strokes(vec![[(x(1.0), upper), (x(1.0), lower)]], Colour::Muted, 1.0);
        }
        let ticks = axis.ticks(6).into_iter();
        let ticks = fitting(ticks.map(|tick| (x(tick), ratio_label(tick))));
        let bottom = rows.axis(canvas, &ticks, &format!("{}, logarithmic scale", self.axis));
        for (index, row) in self.rows.iter().enumerate() {
            rows.text(canvas, index, Colour::Ink);
            let middle = (self.kinds.len() as f64 - 1.0) / 2.0;
            canvas.described(&format!("{}: {}", row.name, row.label), |canvas| {
                for (kind, effect) in self.kinds.iter().zip(&row.effects).enumerate() {
                    let y = rows.middle(index) + (kind as f64 - middle) * APART;
                    if let (EffectKind { place, .. }, Some(effect)) = effect {
                        effect.draw(canvas, palette::look(*place), &x, y);
                    }
                }
            });
        }
        bottom
    }
}

impl EffectChart {
    /// All values on the axis; no effect is always among them.
    fn values(&self) -> impl Iterator<Item = f64> {
        let effects = self
            .rows
            .iter()
            .flat_map(|row| row.effects.iter().flatten());
        let values = effects.flat_map(|effect| {
            let ends = effect.interval.map(|ends| [ends.low, ends.high]);
            [effect.factor]
                .into_iter()
                .chain(ends.into_iter().flatten())
        });
        let band = self.band.into_iter().flat_map(|(low, high)| [low, high]);
        values.chain(band).chain([1.0])
    }
}

impl Effect {
    fn draw(&self, canvas: &mut Canvas, look: Look, x: &dyn Fn(f64) -> f64, y: f64) {
        let colour = if self.is_shown {
            look.colour
        } else {
            Colour::Idle
        };
        canvas.dot(x(self.factor), y, RADIUS, Look { colour, ..look });
        if let Some(ends) = self.interval {
            let ends = [(x(ends.low), y), (x(ends.high), y)];
            canvas.interval(ends, (0.0, APART / 2.0), colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Chart;
    use super::*;

    fn chart(factor: f64, band: Option<(f64, f64)>) -> EffectChart {
        let effect = Effect {
            factor,
            interval: Some(Interval {
                low: factor / 1.1,
                high: factor * 1.1,
                level: 0.95,
            }),
            is_shown: true,
        };
        EffectChart {
            axis: "speed".to_owned(),
            kinds: vec![EffectKind {
                name: "alone".to_owned(),
                place: 0,
            }],
            band,
            rows: vec![EffectRow {
                name: "a row".to_owned(),
                effects: vec![Some(effect)],
                label: String::new(),
            }],
        }
    }

    #[test]
    fn the_band_is_drawn_and_named() {
        let svg = |band| Chart::new("a title", "", chart(3.0, band)).to_svg();
        let (with, without) = (svg(Some((0.97, 1.02))), svg(None));
        assert!(with.contains(BAND) && !without.contains(BAND));
        let blocks = |svg: &str| svg.matches("<rect").count();
        assert_eq!(blocks(&with), blocks(&without) + 2, "band and legend");
    }

    #[test]
    fn no_effect_is_on_the_axis() {
        let values: Vec<f64> = chart(30.0, None).values().collect();
        assert!(values.contains(&1.0), "{values:?}");
    }
}
