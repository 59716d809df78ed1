//! The values that a text may show, computed from the readings, given the words of the text.

use harness_record::roadmap::Roadmap;

use crate::derived;
use crate::mentions::{metrics, names, workloads};
use crate::readings::{METRICS, Readings, SPEED};
use crate::statistics::Computed;
use crate::text::Text;

/// Everything that numbers are computed from.
pub(crate) struct Known<'a> {
    pub(crate) readings: Readings<'a>,
    pub(crate) anchors: &'a [String],
    pub(crate) roadmap: Option<&'a Roadmap>,
    /// The workload that the report is about, if a text names none.
    pub(crate) headline: &'a str,
}

impl<'a> Known<'a> {
    /// Every phase.
    fn phases(&self) -> Vec<&'a str> {
        let mut phases: Vec<&str> = self
            .readings
            .record
            .rows
            .iter()
            .map(|row| row.phase.as_str())
            .collect();
        phases.sort_unstable();
        phases.dedup();
        phases
    }

    /// The values that a text may show.
    pub(crate) fn candidates(&self, text: &Text) -> Vec<Computed> {
        let near = format!("{} | {} | {}", text.row, text.heading, text.text);
        let all = format!("{} | {near}", text.around);
        let workloads = [near.as_str(), all.as_str()]
            .into_iter()
            .map(|words| {
                workloads(&all, &near, &self.readings)
                    .into_iter()
                    .filter(|id| words.contains(id.split('@').next().unwrap_or(id)))
                    .collect::<Vec<_>>()
            })
            .find(|found| !found.is_empty())
            .unwrap_or_else(|| vec![self.headline]);
        let metrics = [&near, &all]
            .into_iter()
            .map(|words| metrics(words))
            .find(|found| !found.is_empty())
            .unwrap_or_else(|| METRICS.into_iter().chain([SPEED]).collect());
        let mut found = Vec::new();
        for workload in &workloads {
            for metric in &metrics {
                found.extend(self.of(workload, metric, text));
            }
        }
        found.extend(derived::candidates(self, text, &workloads, &metrics));
        found
    }

    /// Figures and ratios of a workload and a metric.
    fn of(&self, workload: &str, metric: &str, text: &Text) -> Vec<Computed> {
        let readings = &self.readings;
        let all = readings.phases(workload);
        let named = |words: &str| -> Vec<&str> {
            let found = names(words, self.phases());
            found
                .into_iter()
                .filter(|phase| all.contains(phase))
                .collect()
        };
        let (row, heading, own) = (named(&text.row), named(&text.heading), named(&text.text));
        let is_base = is_base(&text.heading);
        let mut found = Vec::new();
        // The phase of a figure: that of the row, of the column, or of the text itself.
        let mut of_figure: Vec<&str> = row.clone();
        if !is_base {
            of_figure.extend(&heading);
        }
        of_figure.extend(&own);
        if of_figure.is_empty() {
            of_figure.extend(named(&text.around));
        }
        if of_figure.is_empty() {
            of_figure.extend(&all);
        }
        if !is_base {
            let figures = of_figure
                .iter()
                .filter_map(|phase| readings.figure(workload, phase, metric));
            found.extend(figures);
        }
        for head in &of_figure {
            let before = all
                .iter()
                .position(|phase| phase == head)
                .and_then(|place| place.checked_sub(1));
            let is_step = ["previous", "before", "step"]
                .iter()
                .any(|word| text.heading.contains(word) || text.around.contains(word));
            let mut bases: Vec<&str> = if is_base { heading.clone() } else { Vec::new() };
            bases.extend(before.filter(|_| is_step).map(|before| all[before]));
            if bases.is_empty() || !own.is_empty() {
                bases.extend(of_figure.iter().copied());
                bases.extend(self.anchors.iter().map(String::as_str));
            }
            for base in bases {
                if base == *head {
                    found.extend(is_base.then(|| Computed::exact(1.0)));
                    continue;
                }
                let ratio = readings.ratio(workload, base, head, metric);
                found.extend(ratio);
                // A sentence may name the base first.
                if text.heading.is_empty() && text.row.is_empty() {
                    found.extend(ratio.map(|ratio| ratio.inverse()));
                }
            }
        }
        found
    }
}

/// True if a heading names the base of ratios.
pub(crate) fn is_base(heading: &str) -> bool {
    heading.starts_with("x ")
        || [" over ", ", x ", "speed_over_", "previous"]
            .iter()
            .any(|word| heading.contains(word))
}
