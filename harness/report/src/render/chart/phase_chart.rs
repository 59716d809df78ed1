//! Phase chart: one number per phase, with names on the left, dots on a logarithmic axis, and the number beside each dot.

use harness_abtest::Interval;
use harness_record::metric::{Better, Quantity};

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::frame::Frame;
use crate::render::chart::header::tick_label;
use crate::render::chart::palette::{self, INK, MUTED, PAPER, RULE};
use crate::render::chart::{Drawing, Layout};

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
    /// The text beside the dot, cross or gap.
    pub label: String,
    /// True if the number is untrusted, because its answer is wrong or was not checked.
    pub alarm: bool,
}

/// Width of the extra space for zero, which a logarithmic axis lacks.
const ZERO: f64 = 56.0;

impl Drawing for PhaseChart {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        let row = if layout.narrow() { 46.0 } else { 32.0 };
        // The label of a missing value is in the area of the data.
        let texts = self.marks.iter().map(|mark| {
            (
                mark.name.as_str(),
                if mark.value.is_ok() {
                    mark.label.as_str()
                } else {
                    ""
                },
            )
        });
        let frame = Frame::of_rows(
            layout,
            [top, self.marks.len() as f64 * row],
            texts,
            layout.narrow(),
        );
        let values = || {
            self.marks
                .iter()
                .filter_map(|mark| mark.value.as_ref().ok())
        };
        let ends = values().flat_map(|(value, interval)| {
            interval.map_or([*value; 3], |ends| [*value, ends.low, ends.high])
        });
        let zero = values()
            .any(|(value, _)| *value == 0.0)
            .then_some(frame.left + 14.0);
        let scale = Scale {
            frame,
            zero,
            start: frame.left + zero.map_or(0.0, |_| ZERO),
            axis: LogAxis::over(ends),
        };
        scale.draw(canvas, self);
        for (index, mark) in self.marks.iter().enumerate() {
            scale.mark(canvas, mark, top + (index as f64 + 0.5) * row);
        }
        frame.bottom + 62.0
    }
}

/// The positions of values: a logarithmic axis, with extra space at its left if a value is zero.
struct Scale {
    frame: Frame,
    zero: Option<f64>,
    /// Left end of the logarithmic part.
    start: f64,
    axis: Option<LogAxis>,
}

impl Scale {
    fn x(&self, value: f64) -> Option<f64> {
        if value <= 0.0 {
            return self.zero;
        }
        self.axis
            .map(|axis| self.start + axis.place(value) * (self.frame.right - self.start))
    }

    fn draw(&self, canvas: &mut Canvas, chart: &PhaseChart) {
        let frame = &self.frame;
        let ticks = self
            .axis
            .map(|axis| axis.ticks(if frame.layout.narrow() { 4 } else { 7 }))
            .unwrap_or_default();
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
        frame.x_axis(
            canvas,
            ticks,
            &format!("{}{scale}; {direction}", chart.axis),
        );
        if let Some(zero) = self.zero {
            // Two strokes mark the break of the axis between zero and the rest.
            let (gap, y) = ((zero + self.start) / 2.0, frame.bottom);
            canvas.block(gap - 4.0, y - 2.0, gap + 4.0, y + 2.0, PAPER);
            for x in [gap - 4.0, gap + 4.0] {
                canvas.line(&[(x - 3.0, y + 6.0), (x + 3.0, y - 6.0)], MUTED, 1.0);
            }
        }
    }

    fn mark(&self, canvas: &mut Canvas, mark: &Mark, middle: f64) {
        let row = self.frame.row(canvas, &mark.name, middle);
        let placed = mark
            .value
            .as_ref()
            .ok()
            .and_then(|(value, interval)| Some((self.x(*value)?, interval)));
        let Some((x, interval)) = placed else {
            return self
                .frame
                .label(canvas, &row, &mark.label, self.frame.left - 8.0, MUTED);
        };
        let look = palette::look(mark.place);
        canvas.line(&[(self.frame.left, row.y), (x, row.y)], RULE, 2.0);
        let mut end = x;
        if let Some((low, high)) =
            interval.and_then(|ends| Some((self.x(ends.low)?, self.x(ends.high)?)))
        {
            canvas.interval([(low, row.y), (high, row.y)], (0.0, 5.0), look.colour, 2.0);
            end = end.max(high);
        }
        match mark.alarm {
            true => canvas.cross(x, row.y, 5.0, palette::ALARM),
            false => canvas.dot(x, row.y, 6.0, look),
        }
        self.frame.label(
            canvas,
            &row,
            &mark.label,
            end,
            if mark.alarm { palette::ALARM } else { INK },
        );
    }
}
