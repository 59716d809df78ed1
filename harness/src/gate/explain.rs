//! One sentence from time, instructions and heap together.

use super::{Ruling, Time, Word};
use crate::compare::Comparison;
use crate::record::Instrument;
use crate::render::number;
use crate::verdict::Conclusion;

impl Time {
    /// What changed and why, by all three; none where no change of time is sure.
    pub(super) fn explain(&self, equal: bool, row: &[&Comparison]) -> Option<String> {
        let slower = match self.word {
            Word::Regressed | Word::Layout => true,
            Word::Improved => false,
            Word::NotSlower | Word::Inconclusive | Word::Failed => return None,
        };
        let time = format!("time {}", number::percent(1.0 + self.found?.change));
        if equal {
            return Some(format!("instructions and heap equal, {time}: layout or cache, not work"));
        }
        let mut told = Vec::new();
        match self.instructions {
            Some(1.0) => told.push("Ir equal".to_owned()),
            Some(ratio) => told.push(format!("Ir {}", number::percent(ratio))),
            None => {}
        }
        let heap = row.iter().filter(|one| !one.equal()).find_map(|one| {
            let (metric, base, head) = (one.metric?, one.base?, one.head?);
            let of_heap = metric.instrument() == Instrument::Dhat;
            let name = metric.title_per(&one.unit.name);
            of_heap.then(|| format!("{name} {} -> {}", number::count(base.value), number::count(head.value)))
        });
        let heap_changed = heap.is_some();
        told.extend(heap);
        told.push(time);
        let why = match self.instructions {
            None if heap_changed => "it allocates otherwise; instructions were not counted",
            None => "instructions were not counted, so this does not say whether it does other work",
            Some(ratio) if slower && ratio > 1.0 => "the code does more",
            Some(ratio) if !slower && ratio < 1.0 => "the code does less",
            Some(1.0) if !heap_changed => "layout or cache, or kernels that counting does not see",
            Some(_) if heap_changed => "it allocates otherwise",
            Some(_) if slower => "fewer instructions, but slower ones",
            Some(_) => "more instructions, but faster ones",
        };
        Some(format!("{}: {why}", told.join(", ")))
    }

    /// One line: the workload, the verdict, and the sentence behind it.
    pub fn sentence(&self) -> String {
        let place = format!("{} in phase {}", self.workload, self.phase);
        match (&self.failure, &self.explanation) {
            (Some(failure), _) => format!("{place} could not be measured: {failure}"),
            (None, Some(explanation)) => format!("{place}: {explanation}"),
            (None, None) if self.word == Word::Inconclusive => format!("{place} is inconclusive{}", self.outlook()),
            (None, None) => format!("{place} is {}", self.word.name()),
        }
    }

    fn outlook(&self) -> String {
        match self.seconds_to_tell {
            Some(seconds) => format!(" after {} pairs; about {:.0} s more would tell", self.pairs, seconds.max(1.0)),
            None if self.pairs == 0 => ": the budget was spent on others".to_owned(),
            None => format!(" after {} pairs, and no end is in sight at this noise", self.pairs),
        }
    }
}

impl Ruling {
    /// One sentence about the suite, with the error rate it promises.
    pub fn summary(&self) -> String {
        let word = match self.conclusion() {
            Conclusion::Passed => "PASSED",
            Conclusion::Regressed => "REGRESSED",
            Conclusion::Unjudged => "NOT JUDGED",
        };
        let mut told: Vec<String> = self.noise().into_iter().collect();
        if !self.times.is_empty() {
            let words =
                [Word::Regressed, Word::Layout, Word::Failed, Word::Inconclusive, Word::Improved, Word::NotSlower];
            let words = words.map(|word| (self.times_that(word), word.name()));
            let words: Vec<String> = words
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, name)| format!("{count} {name}"))
                .collect();
            told.push(format!(
                "of {} timed {} (not slower means by less than {}; unchanged code turns red by its time in at most {} of gates)",
                self.times.len(),
                words.join(", "),
                share(self.margin),
                share(self.false_alarm),
            ));
        }
        if let Some(counts) = &self.counts {
            let summary = counts.summary();
            told.push(summary.split_once(": ").map_or(summary.as_str(), |(_, rest)| rest).to_owned());
        }
        if told.is_empty() {
            told.push("there was nothing to judge".to_owned());
        }
        format!("{word}: {}", told.join("; "))
    }
}

/// `1 %`, `0.5 %`.
fn share(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}
