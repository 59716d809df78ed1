//! Chart of effects: factors with their intervals in rows, around the line of no effect. A band shows the factors that noise
//! alone gives. The axis is logarithmic, so equal lengths are equal factors.

use harness_abtest::Interval;

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::frame::{Frame, LEGEND, legend};
use crate::render::chart::header::ratio_label;
use crate::render::chart::palette::{self, IDLE, INK, Look, MUTED, RULE};
use crate::render::chart::{Drawing, Layout};

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
const RADIUS: f64 = 4.0;
/// Vertical distance between the kinds of a row.
const APART: f64 = 12.0;

impl Drawing for EffectChart {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        let row = if layout.narrow() { 56.0 } else { 38.0 };
        self.legend(canvas, layout, top + LEGEND / 2.0 - 4.0);
        let top = top + LEGEND;
        let texts = self
            .rows
            .iter()
            .map(|row| (row.name.as_str(), row.label.as_str()));
        let height = self.rows.len() as f64 * row;
        let frame = Frame::of_rows(layout, [top, height], texts, layout.narrow());
        let Some(axis) = LogAxis::over(self.values()) else {
            return frame.bottom + 62.0;
        };
        let x = |value: f64| frame.left + axis.place(value) * (frame.right - frame.left);
        if let Some((low, high)) = self.band {
            // At least two units wide, so that a narrow band is visible on a long axis.
            let (left, right) = (x(low), x(high).max(x(low) + 2.0));
            canvas.block(left, frame.top, right, frame.bottom, RULE);
        }
        let ticks = axis
            .ticks(if layout.narrow() { 4 } else { 7 })
            .into_iter()
            .map(|tick| (x(tick), ratio_label(tick)));
        frame.x_axis(canvas, ticks, &format!("{}, logarithmic scale", self.axis));
        canvas.line(&[(x(1.0), frame.top), (x(1.0), frame.bottom)], MUTED, 1.0);
        for (index, one) in self.rows.iter().enumerate() {
            let place = frame.row(canvas, &one.name, top + (index as f64 + 0.5) * row);
            let middle = (self.kinds.len() as f64 - 1.0) / 2.0;
            for (kind, effect) in one.effects.iter().enumerate() {
                let y = place.y + (kind as f64 - middle) * APART;
                if let Some(effect) = effect {
                    effect.draw(canvas, self.look(kind), &x, y);
                }
            }
            frame.label(canvas, &place, &one.label, frame.right, INK);
        }
        frame.bottom + 62.0
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

    fn look(&self, kind: usize) -> Look {
        self.kinds.get(kind).map_or(
            Look {
                colour: INK,
                hollow: false,
            },
            |kind| palette::look(kind.place),
        )
    }

    fn legend(&self, canvas: &mut Canvas, layout: Layout, y: f64) {
        let kinds = self.kinds.iter().map(|kind| kind.name.as_str());
        let names = kinds.chain(self.band.map(|_| BAND));
        legend(canvas, layout.edge(), y, names, |canvas, index, x| {
            if index < self.kinds.len() {
                canvas.dot(x + 5.0, y, RADIUS, self.look(index));
            } else {
                canvas.block(x, y - 5.0, x + 12.0, y + 5.0, RULE);
            }
        });
    }
}

impl Effect {
    fn draw(&self, canvas: &mut Canvas, look: Look, x: &dyn Fn(f64) -> f64, y: f64) {
        let look = if self.is_shown {
            look
        } else {
            Look {
                colour: IDLE,
                ..look
            }
        };
        if let Some(ends) = self.interval.filter(|ends| ends.low > 0.0) {
            let ends = [(x(ends.low), y), (x(ends.high), y)];
            canvas.interval(ends, (0.0, 4.0), look.colour, 1.5);
        }
        canvas.dot(x(self.factor), y, RADIUS, look);
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
        let svg = |band| {
            let chart = Chart::new("a title", "", chart(3.0, band));
            chart.svg(Layout::Wide).expect("drawn")
        };
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
