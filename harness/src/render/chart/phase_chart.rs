//! One number per phase: names on the left, dots on a logarithmic axis, the number beside each dot.

use plotters::prelude::DrawingBackend;

use super::axis::LogAxis;
use super::canvas::{Canvas, Words};
use super::font;
use super::palette::{self, INK, MUTED, RULE};
use crate::metric::{Better, Quantity};
use crate::render::number;
use crate::statistics::Interval;

/// One number per phase.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseChart {
    /// The finding.
    pub title: String,
    /// What was measured, where and when.
    pub subtitle: String,
    /// What the axis shows, with its unit.
    pub axis: String,
    /// What the numbers are counted in.
    pub quantity: Quantity,
    /// Which direction is better.
    pub better: Better,
    /// The phases, from top to bottom.
    pub marks: Vec<Mark>,
}

/// A phase and its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The phase.
    pub name: String,
    /// Its place in the record, which gives its colour.
    pub place: usize,
    /// The number and its interval, or why there is none.
    pub value: Result<(f64, Option<Interval>), String>,
    /// What stands beside the dot, or beside the cross or the gap.
    pub label: String,
    /// Whether the number cannot be trusted: its answer was not right.
    pub alarm: bool,
}

const WIDTH: f64 = 860.0;
const EDGE: f64 = 20.0;
const ROW: f64 = 32.0;
const TITLE: Words = Words::new(20.0, INK).bold();
const SUBTITLE: Words = Words::new(12.5, MUTED);
const NAME: Words = Words::new(14.0, INK).ending();
const LABEL: Words = Words::new(13.0, INK);
const TICK: Words = Words::new(12.0, MUTED).centred();
/// Width of the place for zero, which a logarithmic axis has not got.
const ZERO: f64 = 56.0;

impl PhaseChart {
    pub(super) fn size(&self) -> (u32, u32) {
        let height = header_height(&self.title, &self.subtitle) + self.marks.len() as f64 * ROW + 62.0;
        (WIDTH as u32, height.ceil() as u32)
    }

    pub(super) fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>) {
        let top = header(canvas, &self.title, &self.subtitle);
        let frame = Frame::new(self, top);
        frame.axis(canvas, self);
        for (index, mark) in self.marks.iter().enumerate() {
            frame.mark(canvas, mark, top + (index as f64 + 0.5) * ROW);
        }
    }
}

/// Where things lie.
struct Frame {
    left: f64,
    right: f64,
    bottom: f64,
    top: f64,
    zero: Option<f64>,
    axis: Option<LogAxis>,
}

impl Frame {
    fn new(chart: &PhaseChart, top: f64) -> Self {
        let names = chart.marks.iter().map(|mark| font::width(&mark.name, NAME.size, false));
        let left = EDGE + names.fold(60.0, f64::max).min(220.0) + 16.0;
        let labels = chart.marks.iter().filter(|mark| mark.value.is_ok());
        let label = labels.map(|mark| font::width(&mark.label, LABEL.size, false)).fold(60.0, f64::max).min(300.0);
        let values = || chart.marks.iter().filter_map(|mark| mark.value.as_ref().ok());
        let ends = values().flat_map(|(value, interval)| {
            let ends = interval.map_or((*value, *value), |interval| (interval.low, interval.high));
            [*value, ends.0, ends.1]
        });
        let has_zero = values().any(|(value, _)| *value == 0.0);
        Self {
            left,
            right: WIDTH - EDGE - label - 18.0,
            top,
            bottom: top + chart.marks.len() as f64 * ROW,
            zero: has_zero.then_some(left + 14.0),
            axis: LogAxis::over(ends),
        }
    }

    /// Where the logarithmic part begins.
    fn start(&self) -> f64 {
        self.left + if self.zero.is_some() { ZERO } else { 0.0 }
    }

    fn x(&self, value: f64) -> Option<f64> {
        if value <= 0.0 {
            return self.zero;
        }
        self.axis.map(|axis| self.start() + axis.place(value) * (self.right - self.start()))
    }

    fn axis<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, chart: &PhaseChart) {
        let mut ticks: Vec<f64> = self.axis.map(|axis| axis.ticks(7)).unwrap_or_default();
        ticks.extend(self.zero.map(|_| 0.0));
        for tick in ticks {
            let Some(x) = self.x(tick) else { continue };
            canvas.line(&[(x, self.top), (x, self.bottom)], RULE, 1.0);
            canvas.words(&tick_label(chart.quantity, tick), x, self.bottom + 14.0, TICK);
        }
        let (from, to) = (self.left, self.right);
        match self.zero {
            None => canvas.line(&[(from, self.bottom), (to, self.bottom)], MUTED, 1.0),
            Some(zero) => {
                // Two strokes say that the axis is broken between zero and the rest.
                let gap = (zero + self.start()) / 2.0;
                canvas.line(&[(from, self.bottom), (gap - 4.0, self.bottom)], MUTED, 1.0);
                if self.axis.is_some() {
                    canvas.line(&[(gap + 4.0, self.bottom), (to, self.bottom)], MUTED, 1.0);
                    for x in [gap - 4.0, gap + 4.0] {
                        canvas.line(&[(x - 3.0, self.bottom + 6.0), (x + 3.0, self.bottom - 6.0)], MUTED, 1.0);
                    }
                }
            }
        }
        let direction = match chart.better {
            Better::Lower => "less is better",
            Better::Higher => "more is better",
        };
        let scale = if self.axis.is_some() { ", logarithmic scale" } else { "" };
        let title = format!("{}{scale}; {direction}", chart.axis);
        canvas.words(&title, from, self.bottom + 38.0, SUBTITLE);
    }

    fn mark<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, mark: &Mark, y: f64) {
        let name = font::shorten(&mark.name, NAME.size, false, self.left - 16.0 - EDGE);
        canvas.words(&name, self.left - 14.0, y, NAME);
        let placed = mark.value.as_ref().ok().and_then(|(value, interval)| Some((self.x(*value)?, interval)));
        let Some((x, interval)) = placed else {
            let room = WIDTH - EDGE - self.left - 6.0;
            let label = font::shorten(&mark.label, LABEL.size, false, room);
            canvas.words_on_paper(&label, self.left + 6.0, y, Words { colour: MUTED, ..LABEL });
            return;
        };
        let look = palette::look(mark.place);
        canvas.line(&[(self.left, y), (x, y)], RULE, 2.0);
        let mut beside = x;
        if let Some((low, high)) = interval.and_then(|ends| Some((self.x(ends.low)?, self.x(ends.high)?))) {
            canvas.line(&[(low, y), (high, y)], look.colour, 2.0);
            for end in [low, high] {
                canvas.line(&[(end, y - 5.0), (end, y + 5.0)], look.colour, 2.0);
            }
            beside = beside.max(high);
        }
        let label = font::shorten(&mark.label, LABEL.size, false, WIDTH - EDGE - beside - 14.0);
        if mark.alarm {
            canvas.cross(x, y, 5.0, palette::ALARM);
            canvas.words_on_paper(&label, beside + 14.0, y, Words { colour: palette::ALARM, ..LABEL });
        } else {
            canvas.dot(x, y, 6.0, look);
            canvas.words_on_paper(&label, beside + 14.0, y, LABEL);
        }
    }
}

/// Title and subtitle; gives where the data may begin.
pub(super) fn header<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, title: &str, subtitle: &str) -> f64 {
    let mut y = 30.0;
    for line in title_lines(title) {
        canvas.words(&line, EDGE, y, TITLE);
        y += 26.0;
    }
    y -= 2.0;
    for line in subtitle_lines(subtitle) {
        canvas.words(&line, EDGE, y, SUBTITLE);
        y += 17.0;
    }
    y + 10.0
}

pub(super) fn header_height(title: &str, subtitle: &str) -> f64 {
    38.0 + 26.0 * title_lines(title).len() as f64 + 17.0 * subtitle_lines(subtitle).len() as f64
}

// Where the font of the measurements is missing, others may run up to a twentieth wider.
fn title_lines(title: &str) -> Vec<String> {
    font::wrap(title, TITLE.size, true, (WIDTH - 2.0 * EDGE) * 0.95)
}

fn subtitle_lines(subtitle: &str) -> Vec<String> {
    font::wrap(subtitle, SUBTITLE.size, false, (WIDTH - 2.0 * EDGE) * 0.95)
}

/// A round number with its unit: `10 ms`, `1 MB`, `100`, `10 k`.
pub(super) fn tick_label(quantity: Quantity, value: f64) -> String {
    let text = number::plain(quantity, value);
    let (digits, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    if unit.is_empty() { digits.to_owned() } else { format!("{digits} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_written_short() {
        assert_eq!(tick_label(Quantity::Seconds, 1e-3), "1 ms");
        assert_eq!(tick_label(Quantity::Seconds, 0.1), "100 ms");
        assert_eq!(tick_label(Quantity::Bytes, 1e6), "1 MB");
        assert_eq!(tick_label(Quantity::PerSecond, 10_000.0), "10 k");
        assert_eq!(tick_label(Quantity::PerSecond, 10.0), "10");
        assert_eq!(tick_label(Quantity::Bytes, 0.0), "0 B");
    }
}
