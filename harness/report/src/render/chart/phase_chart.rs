//! Phase chart: one number per phase, as a dot on a logarithmic axis below its name and its number.

use harness_abtest::Interval;
use harness_record::metric::{Better, Quantity};

use crate::render::chart::Drawing;
use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::header::{fitting, tick_label};
use crate::render::chart::palette::{self, Colour};
use crate::render::chart::rows::{Rows, STRIP};

/// A phase chart.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseChart {
    /// The title of the axis, with its unit.
    pub axis: String,
    /// The quantity of the numbers.
    pub quantity: Quantity,
    /// The better direction.
    pub better: Better,
    /// The phases, from top to bottom.
    pub marks: Vec<Mark>,
}

/// A phase and its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The phase.
    pub name: String,
    /// Index of the phase, which selects the colour.
    pub place: usize,
    /// The number and its interval, or the reason why it is missing.
    pub value: Result<(f64, Option<Interval>), String>,
    /// The text beside the name.
    pub label: String,
    /// The text beside the pointer: name, value with its interval, and sample size.
    pub description: String,
    /// True if the number is untrusted, because its answer is wrong or was not checked.
    pub alarm: bool,
}

/// Width of the extra space for zero, which a logarithmic axis lacks.
const ZERO: f64 = 46.0;

impl Drawing for PhaseChart {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let rows = self
            .marks
            .iter()
            .map(|mark| (mark.name.as_str(), mark.label.as_str(), mark.value.is_ok()));
        let rows = Rows::new(top, rows);
        let values = || {
            self.marks
                .iter()
                .filter_map(|mark| mark.value.as_ref().ok())
        };
        let ends = values().flat_map(|(value, interval)| {
            interval.map_or([*value; 3], |ends| [*value, ends.low, ends.high])
        });
        let has_zero = values()
            .any(|(value, interval)| *value <= 0.0 || interval.is_some_and(|ends| ends.low <= 0.0));
        let scale = Scale {
            zero: has_zero.then_some(rows.left()),
            start: rows.left() + if has_zero { ZERO } else { 0.0 },
            end: rows.right(),
            axis: LogAxis::over(ends),
        };
        let bottom = scale.draw(canvas, self, &rows);
        for (index, mark) in self.marks.iter().enumerate() {
            scale.mark(canvas, mark, &rows, index);
        }
        bottom
    }
}

/// The positions of values: a logarithmic axis, with extra space at its left if a value is zero.
struct Scale {
    zero: Option<f64>,
    /// Left end of the logarithmic part.
    start: f64,
    end: f64,
    axis: Option<LogAxis>,
}

impl Scale {
    fn x(&self, value: f64) -> Option<f64> {
        if value <= 0.0 {
            return self.zero;
        }
        self.axis
            .map(|axis| self.start + axis.place(value) * (self.end - self.start))
    }

    fn draw(&self, canvas: &mut Canvas, chart: &PhaseChart, rows: &Rows) -> f64 {
        let ticks = self.axis.map(|axis| axis.ticks(6)).unwrap_or_default();
        let ticks = ticks.into_iter().chain(self.zero.map(|_| 0.0));
        let ticks =
            ticks.filter_map(|tick| Some((self.x(tick)?, tick_label(chart.quantity, tick))));
        let direction = match chart.better {
            Better::Lower => "lower is better",
            Better::Higher => "higher is better",
        };
        let scale = if self.axis.is_some() {
            ", logarithmic scale"
        } else {
            ""
        };
        let title = format!("{}{scale}; {direction}", chart.axis);
        rows.axis(canvas, &fitting(ticks), &title)
    }

    fn mark(&self, canvas: &mut Canvas, mark: &Mark, rows: &Rows, index: usize) {
        let placed = mark
            .value
            .as_ref()
            .ok()
            .and_then(|(value, interval)| Some((self.x(*value)?, interval)));
        let Some((x, interval)) = placed else {
            return rows.text(canvas, index, Colour::Muted);
        };
        let colour = match mark.alarm {
            true => Colour::Alarm,
            false => Colour::Ink,
        };
        rows.text(canvas, index, colour);
        let (y, look) = (rows.middle(index), palette::look(mark.place));
        canvas.described(&mark.description, |canvas| {
            canvas.strokes(vec![[(rows.left(), y), (x, y)]], look.colour, 3.0);
            match mark.alarm {
                true => canvas.crosses(&[(x, y)], 5.0),
                false => canvas.dot(x, y, 5.0, look),
            }
            let ends = interval.and_then(|ends| Some((self.x(ends.low)?, self.x(ends.high)?)));
            if let Some((low, high)) = ends {
                let cap = (0.0, STRIP / 2.0 - 1.0);
                canvas.interval([(low, y), (high, y)], cap, Colour::Ink);
            }
        });
    }
}
