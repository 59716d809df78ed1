//! Bullet chart: a bar for each target, from the starting point to the measurement, over a box for the target. Each bar has its
//! own scale, so that a small target is as readable as a large one.

use crate::render::chart::Drawing;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::header::{LINE, legend, remark};
use crate::render::chart::palette::{self, Colour};
use crate::render::chart::rows::{Rows, STRIP};

/// A bullet chart.
#[derive(Debug, Clone, PartialEq)]
pub struct BulletChart {
    /// The starting point and the direction of the bars, in a sentence.
    pub axis: String,
    /// The bars, from top to bottom.
    pub bullets: Vec<Bullet>,
}

/// A bar and its target. All values are changes for the better since the starting point; a negative one is for the worse.
#[derive(Debug, Clone, PartialEq)]
pub struct Bullet {
    /// The phase and the metric.
    pub name: String,
    /// The text beside the name: verdict, measurement and target.
    pub label: String,
    /// Index of the phase, which selects the colour.
    pub place: usize,
    /// The target.
    pub wanted: Wanted,
    /// The measurement with the ends of its interval; none if it is missing.
    pub measured: Option<(f64, Option<(f64, f64)>)>,
    /// True if the target is missed.
    pub is_missed: bool,
}

/// A target: at least `near`, at best `far`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// The end that must be reached.
    pub near: f64,
    /// The better end.
    pub far: f64,
}

/// Share of the width that is left of the starting point, for changes for the worse.
const WORSE: f64 = 0.12;
/// Half the height of the box of a target.
const HALF: f64 = 7.5;

impl Drawing for BulletChart {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let names = ["measured, with its interval", "target", "start"];
        let top = legend(canvas, top, names, |canvas, index, x, y| match index {
            0 => canvas.strokes(vec![[(x, y), (x + 24.0, y)]], Colour::Phase(6), 6.0),
            1 => target(canvas, [x, x + 20.0], y),
            _ => canvas.strokes(
                vec![[(x + 12.0, y - HALF), (x + 12.0, y + HALF)]],
                Colour::Muted,
                1.0,
            ),
        });
        let rows = self
            .bullets
            .iter()
            .map(|one| (one.name.as_str(), one.label.as_str(), true));
        let rows = Rows::new(top + 4.0, rows);
        let mut bottom = top + 4.0;
        for (index, bullet) in self.bullets.iter().enumerate() {
            let colour = match (bullet.measured, bullet.is_missed) {
                (None, _) => Colour::Muted,
                (Some(_), true) => Colour::Alarm,
                (Some(_), false) => Colour::Ink,
            };
            rows.text(canvas, index, colour);
            let scale = Scale::of(bullet, [rows.left(), rows.right()]);
            scale.bullet(canvas, bullet, rows.middle(index));
            bottom = rows.middle(index) + STRIP / 2.0;
        }
        remark(canvas, &self.axis, bottom + LINE / 2.0) + 6.0
    }
}

/// The positions of changes: the starting point at [`WORSE`], and the end of the target at four fifths of the rest.
struct Scale {
    left: f64,
    right: f64,
    /// The change at the right end.
    most: f64,
}

impl Scale {
    fn of(bullet: &Bullet, [left, right]: [f64; 2]) -> Self {
        let Wanted { near, far } = bullet.wanted;
        let measured = bullet.measured.map_or(0.0, |(value, _)| value.abs());
        let target = near.abs().max(far.abs());
        // A target of no change is shown beside the measured change.
        let most = if target > 0.0 { target } else { measured };
        let known = most.is_finite() && most > 0.0;
        Self {
            left,
            right,
            most: if known { 1.25 * most } else { 1.0 },
        }
    }

    /// The position of a change, inside the strip.
    fn x(&self, change: f64) -> f64 {
        let width = self.right - self.left;
        let share = WORSE + (1.0 - WORSE) * (change / self.most);
        self.left + width * share.clamp(0.0, 1.0)
    }

    fn bullet(&self, canvas: &mut Canvas, bullet: &Bullet, y: f64) {
        let start = self.x(0.0);
        canvas.described(&format!("{}: {}", bullet.name, bullet.label), |canvas| {
            let Wanted { near, far } = bullet.wanted;
            target(canvas, [self.x(near), self.x(far)], y);
            if let Some((value, ends)) = bullet.measured {
                let end = self.x(value);
                let look = palette::look(bullet.place);
                canvas.strokes(vec![[(start, y), (end, y)]], look.colour, 6.0);
                if let Some((low, high)) = ends {
                    let cap = (0.0, STRIP / 2.0 - 4.0);
                    canvas.interval([(self.x(low), y), (self.x(high), y)], cap, Colour::Ink);
                }
            }
            let rule = [(start, y - STRIP / 2.0), (start, y + STRIP / 2.0)];
            canvas.strokes(vec![rule], Colour::Muted, 1.0);
        });
    }
}

/// Draws a target: a box from the end that must be reached, which has a thick line, to the better end.
fn target(canvas: &mut Canvas, [near, far]: [f64; 2], y: f64) {
    let far = far.max(near + 4.0);
    let corners = [
        (near, y - HALF),
        (far, y - HALF),
        (far, y + HALF),
        (near, y + HALF),
    ];
    canvas.area(corners.to_vec(), Colour::Muted);
    canvas.strokes(
        vec![[(near, y - HALF), (near, y + HALF)]],
        Colour::Muted,
        2.5,
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bullet(near: f64, far: f64, measured: f64) -> Bullet {
        Bullet {
            name: "phase".to_owned(),
            label: "met".to_owned(),
            place: 0,
            wanted: Wanted { near, far },
            measured: Some((measured, None)),
            is_missed: false,
        }
    }

    proptest! {
        /// A bar reaches the line of its target exactly if the measurement does, whatever the scale.
        #[test]
        fn a_bar_reaches_its_target_if_the_measurement_does(near in 0.001..1e6f64, more in 0.0..2.0f64, measured in -1e6..1e7f64) {
            let scale = Scale::of(&bullet(near, near * (1.0 + more), measured), [0.0, 400.0]);
            let (start, target, end) = (scale.x(0.0), scale.x(near), scale.x(measured));
            prop_assert!(0.0 < start && start < target && target < 400.0);
            prop_assert_eq!(end >= target, measured >= near || end == target);
            prop_assert!((0.0..=400.0).contains(&end));
        }
    }

    #[test]
    fn a_target_of_no_change_is_at_the_start() {
        let scale = Scale::of(&bullet(0.0, 0.0, 0.026), [0.0, 400.0]);
        assert_eq!(scale.x(0.0), 400.0 * WORSE);
        assert!(scale.x(0.026) > 300.0);
        assert!(
            Scale::of(&bullet(0.0, 0.0, 0.0), [0.0, 400.0])
                .x(0.0)
                .is_finite()
        );
    }
}
