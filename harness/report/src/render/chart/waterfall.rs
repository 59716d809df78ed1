//! Waterfall chart: factors whose product leads from one number to another. Each bar begins where the previous one ended; the
//! axis is logarithmic, so equal lengths are equal factors.

use harness_abtest::Interval;

use crate::render::chart::Drawing;
use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::Canvas;
use crate::render::chart::header::{fitting, ratio_label};
use crate::render::chart::palette::{self, Colour};
use crate::render::chart::rows::{Rows, STRIP};

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

/// Half the height of a bar.
const HALF: f64 = 5.0;

impl Drawing for Waterfall {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let texts = self
            .bars
            .iter()
            .map(|bar| (bar.name.as_str(), bar.label.as_str(), true));
        let rows = Rows::new(top, texts);
        let values = self.bars.iter().flat_map(|bar| {
            let interval = bar
                .interval
                .map_or([bar.from, bar.to], |ends| [ends.low, ends.high]);
            [bar.from, bar.to, interval[0], interval[1]]
        });
        let Some(axis) = LogAxis::over(values) else {
            return rows.axis(canvas, &[], &self.axis);
        };
        let x = |value: f64| match value > 0.0 {
            true => rows.left() + axis.place(value) * (rows.right() - rows.left()),
            false => rows.left(),
        };
        let ticks = axis.ticks(6).into_iter();
        let ticks = fitting(ticks.map(|tick| (x(tick), ratio_label(tick))));
        let bottom = rows.axis(canvas, &ticks, &format!("{}, logarithmic scale", self.axis));
        for (index, bar) in self.bars.iter().enumerate() {
            rows.text(canvas, index, Colour::Ink);
            let (from, to, y) = (x(bar.from), x(bar.to), rows.middle(index));
            let colour = match bar.place {
                Some(place) => palette::look(place).colour,
                None => Colour::Idle,
            };
            canvas.described(&format!("{}: {}", bar.name, bar.label), |canvas| {
                let (left, right) = (from.min(to), from.max(to));
                canvas.block((left, y - HALF), (right.max(left + 2.0), y + HALF), colour);
                if let Some(ends) = bar.interval {
                    let ends = [(x(ends.low), y), (x(ends.high), y)];
                    canvas.interval(ends, (0.0, STRIP / 2.0 - 1.0), Colour::Ink);
                }
            });
        }
        bottom
    }
}
