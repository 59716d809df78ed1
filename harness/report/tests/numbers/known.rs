//! The values that a text may show, computed from the readings, given the words of the text.

use std::cell::RefCell;
use std::collections::HashMap;

use harness_record::roadmap::Roadmap;

use crate::mentions::{metrics, names, workloads};
use crate::readings::{METRICS, Readings, SPEED};
use crate::statistics::Computed;
use crate::text::Text;
use crate::{derived, plans, positions, status};

/// Everything that numbers are computed from.
pub(crate) struct Known<'a> {
    pub(crate) readings: Readings<'a>,
    pub(crate) anchors: &'a [String],
    pub(crate) roadmap: Option<&'a Roadmap>,
    /// The workload that the report is about, if a text names none.
    pub(crate) headline: &'a str,
    /// Every phase.
    pub(crate) phases: Vec<&'a str>,
    /// The titles of sweeps with their families of workloads.
    pub(crate) titles: Vec<(String, String)>,
    /// The times of single tokens of the headline workload, by phase.
    pub(crate) points: RefCell<HashMap<String, Vec<Computed>>>,
}

impl<'a> Known<'a> {
    /// The values that a text may show.
    pub(crate) fn candidates(&self, text: &Text) -> Vec<Computed> {
        let near = format!("{} | {} | {}", text.row, text.heading, text.text);
        let all = format!("{} | {near}", text.around);
        let families = self.titles.iter().filter(|(title, _)| all.contains(title));
        let all = families
            .clone()
            .fold(all.clone(), |all, (_, family)| format!("{all} | {family}"));
        // A sentence on several sweeps has a metric for each.
        let is_on_sweeps = families.clone().any(|(title, _)| near.contains(title));
        let ids = self.readings.workloads();
        let mut workloads = workloads(&near, &near, ids);
        if workloads.is_empty() {
            workloads = self::workloads(&all, &near, ids);
        }
        if workloads.is_empty() {
            workloads.push(self.headline);
        }
        let titles = self.roadmap.iter().flat_map(|roadmap| &roadmap.phases);
        let words = titles.fold(near.clone(), |near, phase| near.replace(&phase.title, ""));
        let mut metrics = metrics(&words);
        // A sentence on several sweeps has a metric for each.
        if is_on_sweeps {
            metrics.extend(METRICS);
        }
        if metrics.is_empty() {
            metrics = self::metrics(&all);
        }
        if metrics.is_empty() {
            metrics.extend(METRICS.into_iter().chain([SPEED]));
        }
        let mut found = Vec::new();
        for workload in &workloads {
            for metric in &metrics {
                found.extend(self.of(workload, metric, text));
            }
        }
        found.extend(derived::candidates(self, text, &workloads, &metrics));
        found.extend(plans::candidates(self, text, &metrics));
        found.extend(positions::candidates(self, text));
        found.extend(status::candidates(self, text));
        found
    }

    /// Figures and ratios of a workload and a metric.
    fn of(&self, workload: &str, metric: &str, text: &Text) -> Vec<Computed> {
        let readings = &self.readings;
        let all = readings.phases(workload);
        let named = |words: &str| -> Vec<&str> {
            let found = names(words, self.phases.iter().copied());
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
