//! The chart of a sweep: the metric over the sizes, one line per phase.

use harness_record::metric::{Figure, Quantity};

use super::{Change, Line, Swept, cpus};
use crate::charts::{Named, times};
use crate::render::chart::{Chart, Event, LineChart, Point, Series};

impl Swept<'_> {
    /// The metric over the sizes, one line per phase. Both axes are logarithmic, so a power law is a straight line.
    pub(super) fn chart(&self) -> Option<Named> {
        let (name, heading) = self.question.chart?;
        let quantity = self.metric.quantity();
        let drawn = self
            .lines
            .iter()
            .filter(|line| line.points.iter().all(|(_, figure)| figure.value > 0.0));
        let series = drawn.map(|line| {
            let band = |figure: &Figure| figure.interval.map(|ends| (ends.low, ends.high));
            let points = line.points.iter().map(|(x, figure)| Point {
                x: *x,
                y: figure.value,
                band: band(figure),
            });
            Series::new(
                line.phase,
                self.report_data.place(line.phase),
                quantity,
                points.collect(),
            )
        });
        let mut remark = String::new();
        if !self.metric.portable() {
            remark += "; bands are 95 % intervals";
        }
        if self.is_limited() {
            remark += "; right of the mark, threads wait for each other";
        }
        let subtitle = self.report_data.subtitle(
            self.sweep.name,
            &self.report_data.rows_of(self.workloads()),
            self.metric.instrument(),
            &remark,
        );
        let lines = LineChart {
            x_axis: format!("{}, logarithmic scale", self.question.axis),
            sizes: true,
            y_axis: self
                .workloads()
                .next()
                .map_or_else(String::new, |one| self.report_data.title(self.metric, one)),
            quantity,
            series: series.collect(),
            events: self
                .is_limited()
                .then(|| Event {
                    x: self.limit,
                    label: cpus(self.limit),
                })
                .into_iter()
                .collect(),
        };
        let chart = Chart::new(self.chart_title()?, subtitle, lines);
        Some(Named {
            name,
            heading,
            chart,
        })
    }

    /// The title: the change of the first phase and of the last one over the whole sweep.
    fn chart_title(&self) -> Option<String> {
        let what = match self.metric.quantity() {
            Quantity::Seconds => "the time",
            Quantity::PerSecond => "the throughput",
            Quantity::Bytes => "the memory",
            Quantity::Instructions => "the instructions",
            Quantity::Blocks => "the allocations",
            Quantity::Events => "the events",
        };
        let change = |line: &Line<'_>| {
            let Change { from, to, ratio } = line.change()?;
            let text = format!("{} {} {what}", line.phase, times(ratio.value));
            Some((text, to / from))
        };
        let (first, sizes) = change(self.lines.first()?)?;
        let last = self.lines[1..]
            .last()
            .and_then(change)
            .map(|(last, _)| format!(", {last}"));
        Some(format!(
            "{sizes}x the {}: {first}{}",
            self.question.axis,
            last.unwrap_or_default()
        ))
    }
}
