//! Waterfall chart: factors whose product leads from one number to another. Each bar begins where the previous one ended; the
//! axis is logarithmic, so equal lengths are equal factors.

use harness_abtest::Interval;

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::frame::Frame;
use crate::render::chart::header::ratio_label;
use crate::render::chart::palette::{self, INK, MUTED};
use crate::render::chart::{Drawing, Layout};

/// A waterfall chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
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

impl Drawing for Waterfall {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        let (row, half) = if layout.narrow() {
            (46.0, 7.0)
        } else {
            (30.0, 10.0)
        };
        let texts = self
            .bars
            .iter()
            .map(|bar| (bar.name.as_str(), bar.label.as_str()));
        let frame = Frame::of_rows(
            layout,
            [top, self.bars.len() as f64 * row],
            texts,
            layout.narrow(),
        );
        let values = self.bars.iter().flat_map(|bar| {
            let interval = bar
                .interval
                .map_or([bar.from, bar.to], |ends| [ends.low, ends.high]);
            [bar.from, bar.to, interval[0], interval[1]]
        });
        let Some(axis) = LogAxis::over(values) else {
            return frame.bottom + 62.0;
        };
        let x = |value: f64| frame.left + axis.place(value) * (frame.right - frame.left);
        let ticks = axis
            .ticks(if layout.narrow() { 4 } else { 7 })
            .into_iter()
            .map(|tick| (x(tick), ratio_label(tick)));
        frame.x_axis(canvas, ticks, &format!("{}, logarithmic scale", self.axis));

        for (index, bar) in self.bars.iter().enumerate() {
            let place = frame.row(canvas, &bar.name, top + (index as f64 + 0.5) * row);
            let (from, to, y) = (x(bar.from), x(bar.to), place.y);
            let colour = bar.place.map_or(MUTED, |place| palette::look(place).colour);
            let mut end = from.max(to).max(from.min(to) + 2.0);
            canvas.block(from.min(to), y - half, end, y + half, colour);
            if let Some(ends) = bar.interval {
                canvas.interval([(x(ends.low), y), (x(ends.high), y)], (0.0, 4.0), INK, 1.0);
                end = end.max(x(ends.high));
            }
            if index + 1 < self.bars.len() {
                canvas.line(&[(to, y + half), (to, y + row - half)], MUTED, 1.0);
            }
            frame.label(canvas, &place, &bar.label, end, INK);
        }
        frame.bottom + 62.0
    }
}
