//! Waterfall chart: factors whose product leads from one number to another. Each bar begins where the previous one ended; the
//! axis is logarithmic, so equal lengths are equal factors.

use harness_abtest::Interval;
use plotters::prelude::DrawingBackend;

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::header::{AXIS, LABEL, TICK, header, header_height, ratio_label};
use crate::render::chart::palette::{self, INK, MUTED, RULE};
use crate::render::chart::{Drawing, Layout, font};

/// A waterfall chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    /// The finding.
    pub title: String,
    /// The measurement: workload, conditions, provenance.
    pub subtitle: String,
    /// The title of the axis.
    pub axis: String,
    /// The bars, from top to bottom.
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Its name.
    pub name: String,
    /// Its start.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// The interval of its end, with its start taken as exact.
    pub interval: Option<Interval>,
    /// Index of the phase it leads to, which selects the colour; none if it is not a phase.
    pub place: Option<usize>,
    /// The text beside it.
    pub label: String,
}

const NAME: Words = Words::new(14.0, INK).ending();

impl Drawing for Waterfall {
    fn title(&self) -> &str {
        &self.title
    }

    fn height(&self, layout: Layout) -> f64 {
        header_height(&self.title, &self.subtitle, layout) + self.bars.len() as f64 * row(layout) + 62.0
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, layout: Layout) {
        let top = header(canvas, &self.title, &self.subtitle, layout);
        let ends = self.bars.iter().flat_map(|bar| {
            let interval = bar.interval.map_or([bar.from, bar.to], |ends| [ends.low, ends.high]);
            [bar.from, bar.to, interval[0], interval[1]]
        });
        let Some(axis) = LogAxis::over(ends) else { return };
        let narrow = layout.narrow();
        let width = |text: &String| font::width(text, LABEL.size, false);
        let names = self.bars.iter().map(|bar| font::width(&bar.name, NAME.size, false)).fold(60.0, f64::max);
        let labels = self.bars.iter().map(|bar| width(&bar.label)).fold(60.0, f64::max);
        let left = layout.edge() + if narrow { 4.0 } else { names.min(220.0) + 16.0 };
        let right = layout.width() - layout.edge() - if narrow { 10.0 } else { labels.min(260.0) + 18.0 };
        let x = |value: f64| left + axis.place(value) * (right - left);
        let bottom = top + self.bars.len() as f64 * row(layout);
        for tick in axis.ticks(if narrow { 4 } else { 7 }) {
            canvas.line(&[(x(tick), top), (x(tick), bottom)], RULE, 1.0);
            canvas.words(&ratio_label(tick), x(tick), bottom + 14.0, TICK.centred());
        }
        canvas.line(&[(left, bottom), (right, bottom)], MUTED, 1.0);
        canvas.words(&format!("{}, logarithmic scale", self.axis), left, bottom + 38.0, AXIS);

        for (index, bar) in self.bars.iter().enumerate() {
            let middle = top + (index as f64 + 0.5) * row(layout);
            let (y, words_y, half) = if narrow { (middle + 9.0, middle - 9.0, 7.0) } else { (middle, middle, 10.0) };
            let (from, to) = (x(bar.from), x(bar.to));
            let colour = bar.place.map_or(MUTED, |place| palette::look(place).colour);
            let (start, end) = (from.min(to), from.max(to).max(from.min(to) + 2.0));
            canvas.block(start, y - half, end, y + half, colour);
            let mut beside = end;
            if let Some(ends) = bar.interval {
                let (low, high) = (x(ends.low), x(ends.high));
                canvas.line(&[(low, y), (high, y)], INK, 1.0);
                for end in [low, high] {
                    canvas.line(&[(end, y - 4.0), (end, y + 4.0)], INK, 1.0);
                }
                beside = beside.max(high);
            }
            if index + 1 < self.bars.len() {
                canvas.line(&[(to, y + half), (to, y + row(layout) - half)], MUTED, 1.0);
            }
            let name_room = if narrow { layout.width() * 0.42 } else { left - 16.0 - layout.edge() };
            let name = font::shorten(&bar.name, NAME.size, false, name_room);
            let label_x = if narrow {
                canvas.words_on_paper(&name, left, words_y, Words::new(NAME.size, INK));
                left + font::width(&name, NAME.size, false) + 12.0
            } else {
                canvas.words(&name, left - 14.0, y, NAME);
                beside + 12.0
            };
            let label = font::shorten(&bar.label, LABEL.size, false, layout.width() - layout.edge() - label_x);
            canvas.words_on_paper(&label, label_x, words_y, LABEL);
        }
    }
}

fn row(layout: Layout) -> f64 {
    if layout.narrow() { 46.0 } else { 30.0 }
}
