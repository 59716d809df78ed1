//! Burn-down chart: target and measurement of each stage, as a share of the initial cost. Lower is better.

use harness_abtest::Interval;

use crate::render::chart::Drawing;
use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::header::{fitting, legend, ratio_label};
use crate::render::chart::palette::{self, Colour};
use crate::render::chart::rows::{Rows, STRIP};

/// A burn-down chart.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnDown {
    /// The title of the axis.
    pub axis: String,
    /// The stages, from first to last.
    pub stages: Vec<Stage>,
}

/// A stage: target and measurement, both as ratios to the initial cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its phase.
    pub name: String,
    /// Its due date.
    pub when: String,
    /// Index of its phase, which selects the colour.
    pub place: usize,
    /// The target, if there is one.
    pub wanted: Option<Wanted>,
    /// The measured ratio, with its interval.
    pub reached: Option<(f64, Option<Interval>)>,
    /// The text beside the name.
    pub label: String,
}

/// A target: at most `near`, at best `far`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// The end that must be reached.
    pub near: f64,
    /// The better end.
    pub far: f64,
}

/// Width of the extra space for zero, which a logarithmic axis lacks.
const ZERO: f64 = 46.0;
/// Half the height of the box of a target.
const HALF: f64 = 7.0;

impl Drawing for BurnDown {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let names = ["target", "measured, with its interval"];
        let top = legend(canvas, top, names, |canvas, index, x, y| {
            if index == 0 {
                target(canvas, [x, x + 24.0], y);
            } else {
                canvas.strokes(vec![[(x, y), (x + 24.0, y)]], Colour::Ink, 1.5);
                canvas.dot(x + 12.0, y, 5.0, palette::look(0));
            }
        });
        let names: Vec<String> = self
            .stages
            .iter()
            .map(|stage| match stage.when.as_str() {
                "" => stage.name.clone(),
                when => format!("{} ({when})", stage.name),
            })
            .collect();
        let rows = names.iter().zip(&self.stages).map(|(name, stage)| {
            let has_marks = stage.wanted.is_some() || stage.reached.is_some();
            (name.as_str(), stage.label.as_str(), has_marks)
        });
        let rows = Rows::new(top + 4.0, rows);
        let scale = self.scale(&rows);
        let ticks = scale.axis.map(|axis| axis.ticks(6)).unwrap_or_default();
        let zero = scale.zero.map(|x| (x, "none".to_owned()));
        let ticks = ticks
            .into_iter()
            .filter_map(|tick| Some((scale.x(tick)?, ratio_label(tick))));
        let title = format!("{}, logarithmic scale; lower is better", self.axis);
        let bottom = rows.axis(canvas, &fitting(ticks.chain(zero)), &title);
        for (index, stage) in self.stages.iter().enumerate() {
            let is_measured = stage.reached.is_some();
            let colour = if is_measured {
                Colour::Ink
            } else {
                Colour::Muted
            };
            rows.text(canvas, index, colour);
            scale.stage(canvas, stage, &names[index], rows.middle(index));
        }
        bottom
    }
}

impl BurnDown {
    fn scale(&self, rows: &Rows) -> Scale {
        let wanted = self.stages.iter().filter_map(|stage| stage.wanted);
        let reached = self.stages.iter().filter_map(|stage| stage.reached);
        let values = wanted
            .flat_map(|wanted| [wanted.near, wanted.far])
            .chain(reached.flat_map(|(value, interval)| {
                interval.map_or([value; 3], |ends| [value, ends.low, ends.high])
            }));
        let values: Vec<f64> = values.chain([1.0]).collect();
        let has_zero = values.iter().any(|value| *value <= 0.0);
        Scale {
            zero: has_zero.then_some(rows.left()),
            start: rows.left() + if has_zero { ZERO } else { 0.0 },
            end: rows.right(),
            axis: LogAxis::over(values),
        }
    }
}

/// The positions of ratios: a logarithmic axis, with extra space at its left if a ratio is zero.
struct Scale {
    zero: Option<f64>,
    /// Left end of the logarithmic part.
    start: f64,
    end: f64,
    axis: Option<LogAxis>,
}

impl Scale {
    fn x(&self, value: f64) -> Option<f64> {
        match value > 0.0 {
            true => {
                let place = self.axis?.place(value);
                Some(self.start + place * (self.end - self.start))
            }
            false => self.zero,
        }
    }

    fn stage(&self, canvas: &mut Canvas, stage: &Stage, name: &str, y: f64) {
        canvas.described(&format!("{name}: {}", stage.label), |canvas| {
            let wanted = stage
                .wanted
                .and_then(|wanted| Some([self.x(wanted.far)?, self.x(wanted.near)?]));
            if let Some(ends) = wanted {
                target(canvas, ends, y);
            }
            let Some((value, interval)) = stage.reached else {
                return;
            };
            let Some(x) = self.x(value) else {
                return;
            };
            canvas.dot(x, y, 5.0, palette::look(stage.place));
            let ends = interval.and_then(|ends| Some([self.x(ends.low)?, self.x(ends.high)?]));
            if let Some(ends) = ends {
                let cap = (0.0, STRIP / 2.0 - 1.0);
                canvas.interval(ends.map(|x| (x, y)), cap, Colour::Ink);
            }
        });
    }
}

/// Draws a target: a box from the better end to the end that must be reached, which has a thick line.
fn target(canvas: &mut Canvas, [far, near]: [f64; 2], y: f64) {
    let far = far.min(near - 4.0);
    let corners = [
        (far, y - HALF),
        (near, y - HALF),
        (near, y + HALF),
        (far, y + HALF),
    ];
    canvas.area(corners.to_vec(), Colour::Muted);
    canvas.strokes(
        vec![[(near, y - HALF), (near, y + HALF)]],
        Colour::Muted,
        2.5,
    );
}
