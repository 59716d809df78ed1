//! Phase chart: one number per phase, with names on the left, dots on a logarithmic axis, and the number beside each dot.

use harness_abtest::Interval;
use harness_record::metric::{Better, Quantity};
use plotters::prelude::DrawingBackend;

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::header::{AXIS, LABEL, TICK, header, header_height, tick_label};
use crate::render::chart::palette::{self, INK, MUTED, RULE};
use crate::render::chart::{Drawing, Layout, font};

/// A phase chart.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseChart {
    /// The finding.
    pub title: String,
    /// The measurement: workload, conditions, provenance.
    pub subtitle: String,
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

const NAME: Words = Words::new(14.0, INK).ending();
/// Width of the extra space for zero, which a logarithmic axis lacks.
const ZERO: f64 = 56.0;

impl Drawing for PhaseChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn height(&self, layout: Layout) -> f64 {
        header_height(&self.title, &self.subtitle, layout) + self.marks.len() as f64 * row(layout) + 62.0
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, layout: Layout) {
        let top = header(canvas, &self.title, &self.subtitle, layout);
        let frame = Frame::new(self, top, layout);
        frame.axis(canvas, self);
        for (index, mark) in self.marks.iter().enumerate() {
            frame.mark(canvas, mark, top + (index as f64 + 0.5) * row(layout));
        }
    }
}

fn row(layout: Layout) -> f64 {
    if layout.narrow() { 46.0 } else { 32.0 }
}

/// The positions of the elements.
struct Frame {
    layout: Layout,
    left: f64,
    right: f64,
    bottom: f64,
    top: f64,
    zero: Option<f64>,
    axis: Option<LogAxis>,
}

impl Frame {
    fn new(chart: &PhaseChart, top: f64, layout: Layout) -> Self {
        let names = chart.marks.iter().map(|mark| font::width(&mark.name, NAME.size, false));
        let labels = chart.marks.iter().filter(|mark| mark.value.is_ok());
        let label = labels.map(|mark| font::width(&mark.label, LABEL.size, false)).fold(60.0, f64::max).min(300.0);
        // On a phone, names and numbers are above the dots.
        let (left, right) = match layout {
            Layout::Wide => (names.fold(60.0, f64::max).min(220.0) + 16.0, label + 18.0),
            Layout::Narrow => (4.0, 10.0),
        };
        let (left, right) = (layout.edge() + left, layout.width() - layout.edge() - right);
        let values = || chart.marks.iter().filter_map(|mark| mark.value.as_ref().ok());
        let ends = values().flat_map(|(value, interval)| {
            let ends = interval.map_or((*value, *value), |interval| (interval.low, interval.high));
            [*value, ends.0, ends.1]
        });
        let has_zero = values().any(|(value, _)| *value == 0.0);
        Self {
            layout,
            left,
            right,
            top,
            bottom: top + chart.marks.len() as f64 * row(layout),
            zero: has_zero.then_some(left + 14.0),
            axis: LogAxis::over(ends),
        }
    }

    /// Left end of the logarithmic part.
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
        let mut ticks: Vec<f64> =
            self.axis.map(|axis| axis.ticks(if self.layout.narrow() { 4 } else { 7 })).unwrap_or_default();
        ticks.extend(self.zero.map(|_| 0.0));
        for tick in ticks {
            let Some(x) = self.x(tick) else { continue };
            canvas.line(&[(x, self.top), (x, self.bottom)], RULE, 1.0);
            canvas.words(&tick_label(chart.quantity, tick), x, self.bottom + 14.0, TICK.centred());
        }
        let (from, to) = (self.left, self.right);
        match self.zero {
            None => canvas.line(&[(from, self.bottom), (to, self.bottom)], MUTED, 1.0),
            Some(zero) => {
                // Two strokes mark the break of the axis between zero and the rest.
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
            Better::Lower => "lower is better",
            Better::Higher => "higher is better",
        };
        let scale = if self.axis.is_some() { ", logarithmic scale" } else { "" };
        let title = format!("{}{scale}; {direction}", chart.axis);
        canvas.words(&title, from, self.bottom + 38.0, AXIS);
    }

    fn mark<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, mark: &Mark, middle: f64) {
        let narrow = self.layout.narrow();
        let (y, words_y) = if narrow { (middle + 9.0, middle - 9.0) } else { (middle, middle) };
        let name_room = if narrow { self.layout.width() / 2.0 } else { self.left - 16.0 - self.layout.edge() };
        let name = font::shorten(&mark.name, NAME.size, false, name_room);
        let after_name = if narrow {
            canvas.words_on_paper(&name, self.left, words_y, Words::new(NAME.size, INK));
            Some(self.left + font::width(&name, NAME.size, false) + 12.0)
        } else {
            canvas.words(&name, self.left - 14.0, y, NAME);
            None
        };
        let placed = mark.value.as_ref().ok().and_then(|(value, interval)| Some((self.x(*value)?, interval)));
        let Some((x, interval)) = placed else {
            self.label(canvas, mark, after_name.unwrap_or(self.left + 6.0), words_y, MUTED);
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
        let label_x = after_name.unwrap_or(beside + 14.0);
        if mark.alarm {
            canvas.cross(x, y, 5.0, palette::ALARM);
            self.label(canvas, mark, label_x, words_y, palette::ALARM);
        } else {
            canvas.dot(x, y, 6.0, look);
            self.label(canvas, mark, label_x, words_y, INK);
        }
    }

    /// Draws the label of a mark at `x`, shortened to the available width.
    fn label<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<'_, B>,
        mark: &Mark,
        x: f64,
        y: f64,
        colour: plotters::style::RGBColor,
    ) {
        let label = font::shorten(&mark.label, LABEL.size, false, self.layout.width() - self.layout.edge() - x);
        canvas.words_on_paper(&label, x, y, Words { colour, ..LABEL });
    }
}
