//! One sentence from time, instructions and heap together.

use super::instruction_change::{Work, chosen};
use super::{FLOOR_SHARE, GateVerdict, Session, Terms, TimeOutcome, TimeVerdict};
use crate::compare::{Comparability, Comparison};
use crate::distinct::distinct;
use crate::paired::Verdict;
use crate::record::Instrument;
use crate::render::number;
use crate::verdict::{CountVerdict, SuiteVerdict};

impl TimeVerdict {
    /// What changed and why, by all three; none where no change of time is sure.
    pub(super) fn explain(&self, work: &Work, session: &Session, row: &[&Comparison]) -> Option<String> {
        let slower = match self.outcome {
            TimeOutcome::Verdict(Verdict::Regressed) | TimeOutcome::Accepted | TimeOutcome::WithinLayoutLimit => true,
            TimeOutcome::Verdict(Verdict::Improved) => false,
            TimeOutcome::Verdict(Verdict::NotSlower)
            | TimeOutcome::Verdict(Verdict::Inconclusive)
            | TimeOutcome::Failed => return None,
        };
        let Terms { isa, threads, .. } = &session.terms;
        let with = if *threads == 1 { String::new() } else { format!(" with {threads} threads") };
        let time = format!("time {}{with}", number::percent(1.0 + self.found?.change));
        match work {
            Work::Same => return Some(format!("Ir and heap equal, {time}: {}", self.slower_instructions(session))),
            Work::SameWith(counted) => {
                return Some(format!(
                    "Ir and heap equal with {counted}, {time} with {isa}: in code for {isa}, which valgrind cannot count, or {}",
                    self.slower_instructions(session)
                ));
            }
            Work::Unlike => {}
        }
        let heap = heap(row);
        let heap_changed = heap.is_some();
        let mut told: Vec<String> = instructions(row).into_iter().chain(heap).collect();
        told.push(time);
        let sides = session.counted.as_ref().map(|counted| (chosen(&counted.base), chosen(&counted.head)));
        if let (Some(1.0), false, Some((base, head))) = (self.instructions, heap_changed, sides)
            && base != head
        {
            return Some(format!("{}: the base takes {base} by itself, the head {head}", told.join(", ")));
        }
        let why = match self.instructions {
            None if heap_changed => "it allocates otherwise; instructions were not counted",
            None => "instructions were not counted, so this does not say whether it does other work",
            Some(ratio) if slower && ratio > 1.0 => "the code does more",
            Some(ratio) if !slower && ratio < 1.0 => "the code does less",
            Some(1.0) if !heap_changed && *threads > 1 => {
                "the same instructions take longer, or the threads share them in another way, which counts of one do not show"
            }
            Some(1.0) if !heap_changed => self.slower_instructions(session),
            Some(_) if heap_changed => "it allocates otherwise",
            Some(_) if slower => "fewer instructions, but slower ones",
            Some(_) => "more instructions, but faster ones",
        };
        Some(format!("{}: {why}", told.join(", ")))
    }

    /// Why the same number of instructions can take another time.
    fn slower_instructions(&self, session: &Session) -> &'static str {
        match session.terms.layouts.is_averaged() {
            true => "the same instructions wait longer for memory or for each other",
            false => {
                "the same instructions wait longer for memory or for each other, or lie elsewhere (layout not averaged)"
            }
        }
    }

    /// One line: the workload, the verdict, and the sentence behind it.
    pub fn sentence(&self) -> String {
        let place = format!("{} in phase {}", self.workload, self.phase);
        match (&self.failure, &self.explanation) {
            (Some(failure), _) => format!("{place} could not be measured: {failure}"),
            (None, Some(explanation)) if self.accepted.is_some() => {
                let accepted = self.accepted.as_deref().unwrap_or_default();
                format!("{place}: {explanation}; accepted: {accepted}")
            }
            (None, Some(explanation)) if self.is_spent => format!(
                "{place}: {explanation}; the base accepts as much, but its code has changed since that line came, so it may have \
                 the loss already"
            ),
            (None, Some(explanation)) => format!("{place}: {explanation}"),
            (None, None) if self.outcome == TimeOutcome::Verdict(Verdict::Inconclusive) => {
                format!("{place} is inconclusive{}", self.outlook())
            }
            (None, None) => format!("{place} is {}", self.outcome.name()),
        }
    }

    fn outlook(&self) -> String {
        match self.remaining_seconds {
            Some(seconds) => format!(" after {} pairs; about {:.0} s more would tell", self.pairs, seconds.max(1.0)),
            None if self.pairs == 0 => ": the budget was spent on others".to_owned(),
            None => format!(" after {} pairs, and no end is in sight at this noise", self.pairs),
        }
    }
}

/// `Ir +2.0 %`, or `Ir equal`; nothing where they do not compare.
fn instructions(row: &[&Comparison]) -> Option<String> {
    let of_callgrind =
        |one: &&&Comparison| one.metric.is_some_and(|metric| metric.instrument() == Instrument::Callgrind);
    match row.iter().find(of_callgrind)?.ratio?.value {
        1.0 => Some("Ir equal".to_owned()),
        ratio => Some(format!("Ir {}", number::percent(ratio))),
    }
}

/// `allocations 0 -> 4 per token`, or another count of the heap that changed where allocations did not.
fn heap(row: &[&Comparison]) -> Option<String> {
    let changed = || {
        row.iter().filter(|one| one.state == Comparability::Comparable && !one.equal()).filter_map(|one| {
            let metric = one.metric.filter(|metric| metric.instrument() == Instrument::Dhat)?;
            Some((metric, one.base?.value, one.head?.value, one.unit.name.as_str()))
        })
    };
    let allocations = changed().find(|(metric, ..)| metric.name() == "allocations-per-token");
    let (metric, base, head, unit) = allocations.or_else(|| changed().next())?;
    let title = metric.title_per(unit);
    let (what, per) = title
        .split_once(" per ")
        .map_or((title.as_str(), String::new()), |(what, unit)| (what, format!(" per {unit}")));
    Some(format!("{what} {} -> {}{per}", number::count(base), number::count(head)))
}

impl GateVerdict {
    /// One sentence for each workload whose counts regressed, from all three: `Ir +2.0 %, allocations 0 -> 4 per token, time not
    /// slower`. Of its phases it is about the last one that lost: what was done to one kernel shows in most of them. Those whose time
    /// turned the gate red have theirs in [`TimeVerdict::sentence`].
    pub fn lost_counts(&self) -> Vec<String> {
        let rows = self.counts.iter().flat_map(|counts| &counts.rows);
        let lost = rows.clone().filter(|row| matches!(row.judgement, CountVerdict::Regressed(_)));
        let time_of = |workload: &str, phase: &str| {
            self.times.iter().find(|time| time.workload == workload && time.phase == phase)
        };
        let places = distinct(lost.map(|row| (&row.comparison.workload, &row.comparison.head_phase)));
        let told_by_time = |(workload, phase): &(&String, &String)| {
            self.red_times().any(|time| time.workload == **workload && time.phase == **phase)
        };
        let places: Vec<_> = places.into_iter().filter(|place| !told_by_time(place)).collect();
        let workloads = distinct(places.iter().map(|(workload, _)| *workload));
        let told = workloads.into_iter().filter_map(|workload| {
            let phases: Vec<&String> = places.iter().filter(|place| place.0 == workload).map(|place| place.1).collect();
            let phase = *phases.last()?;
            let more = match phases.len() - 1 {
                0 => String::new(),
                1 => ", and in 1 phase more".to_owned(),
                more => format!(", and in {more} phases more"),
            };
            let here = |one: &&Comparison| one.workload == *workload && one.head_phase == *phase;
            let row: Vec<&Comparison> = rows.clone().map(|row| &row.comparison).filter(here).collect();
            let time = time_of(workload, phase).map(|time| match time.found.filter(|_| time.explanation.is_some()) {
                Some(found) => format!("time {}", number::percent(1.0 + found.change)),
                None => format!("time {}", time.outcome.name()),
            });
            let parts: Vec<String> = instructions(&row).into_iter().chain(heap(&row)).chain(time).collect();
            Some(format!("{workload} in phase {phase}{more}: {}", parts.join(", ")))
        });
        told.collect()
    }

    /// One sentence about the suite, with the error rate it promises.
    pub fn summary(&self) -> String {
        let outcome = match self.conclusion() {
            SuiteVerdict::Passed => "PASSED",
            SuiteVerdict::Regressed => "REGRESSED",
            SuiteVerdict::Unjudged => "NOT JUDGED",
        };
        let mut told: Vec<String> = self.noise().into_iter().collect();
        told.extend(self.uncounted.then(|| "instructions were not counted, valgrind is missing".to_owned()));
        if !self.times.is_empty() {
            let words = [
                TimeOutcome::Verdict(Verdict::Regressed),
                TimeOutcome::Accepted,
                TimeOutcome::WithinLayoutLimit,
                TimeOutcome::Failed,
                TimeOutcome::Verdict(Verdict::Inconclusive),
                TimeOutcome::Verdict(Verdict::Improved),
                TimeOutcome::Verdict(Verdict::NotSlower),
            ];
            let words = words.map(|outcome| (self.times_that(outcome), outcome.name()));
            let words: Vec<String> = words
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, name)| format!("{count} {name}"))
                .collect();
            told.push(format!(
                "of {} timed {} (not slower: by less than {}; designed so that at most {} of gates on unchanged code are red)",
                self.times.len(),
                words.join(", "),
                share(self.margin),
                share(self.false_alarm),
            ));
            told.extend(self.needs());
            told.extend(self.single_layout.as_ref().map(|why| format!("layout not averaged: {why}")));
        }
        if self.identical.time {
            let counts = if self.identical.counts { ", and no count either" } else { "" };
            told.push(format!("identical programs: no time can have changed{counts}"));
        }
        if let Some(counts) = &self.counts {
            let summary = counts.summary();
            told.push(summary.split_once(": ").map_or(summary.as_str(), |(_, rest)| rest).to_owned());
        }
        if told.is_empty() {
            told.push("there was nothing to judge".to_owned());
        }
        format!("{outcome}: {}", told.join("; "))
    }
}

impl GateVerdict {
    /// Forecast: the time that a gate needs on this machine to leave nothing inconclusive; none if nothing is.
    fn needs(&self) -> Option<String> {
        let open: Vec<&TimeVerdict> =
            self.times.iter().filter(|time| time.outcome == TimeOutcome::Verdict(Verdict::Inconclusive)).collect();
        if open.is_empty() {
            return None;
        }
        let spent: f64 = self.times.iter().map(|time| time.seconds).sum();
        // The noise floor takes its share of every budget.
        let of_budget = 1.0 / (1.0 - FLOOR_SHARE);
        // Without a pair there is nothing to go by: such a workload is taken to need as much as the others.
        let known: Vec<f64> =
            open.iter().filter(|time| time.pairs > 0).map(|time| time.remaining_seconds).collect::<Option<_>>()?;
        let each = match known.len() {
            0 => spent / self.times.len() as f64,
            count => known.iter().sum::<f64>() / count as f64,
        };
        let more: f64 = known.iter().sum::<f64>() + each * (open.len() - known.len()) as f64;
        let total = (spent + more) * of_budget;
        let duration = match total < 90.0 {
            true => format!("{:.0} s", (total / 10.0).ceil() * 10.0),
            false => format!("{:.0} min", (total / 60.0).ceil()),
        };
        Some(format!("this machine needs about {duration} for {}", share(self.margin)))
    }
}

/// `1 %`, `0.5 %`.
fn share(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::super::replay::tests::measured;
    use super::super::{Accepted, Counted, Identical, Revision};
    use super::*;
    use crate::gate::Layouts;
    use crate::paired::Rules;
    use crate::record::Reading;
    use crate::record::sample::{callgrind, dhat, environment, record, row};

    /// What is said of one workload whose pairs and counts are these.
    fn said(change: f64, base: Vec<Reading>, head: Vec<Reading>) -> (Vec<String>, Vec<String>) {
        let of = |readings| record(vec![row("kernel/gelu", "optimized", readings)]);
        let revision = || Revision { commit: "0".repeat(40), dirty: false };
        let session = Session {
            created: "2026-01-02T03:04:05Z".to_owned(),
            command: String::new(),
            base: revision(),
            head: revision(),
            environment: environment(),
            terms: Terms {
                rules: Rules::default(),
                // Few pairs are afforded, so that what they would have found is soon known.
                budget_seconds: 1.0,
                floor_seconds: 0.0,
                seed: 1,
                core: None,
                threads: 1,
                isa: "avx2".to_owned(),
                slice_nanoseconds: 1_000_000,
                warm: 1,
                injection: None,
                layout_limit: 0.02,
                layouts: Layouts::Averaged(64),
                strict: false,
            },
            measured: vec![measured(&[change; 24])],
            floor: Vec::new(),
            machine: None,
            counted: Some(Counted {
                base: of(base),
                head: of(head),
                limits: include_str!("../../../baselines/limits.toml").to_owned(),
            }),
            uncounted: false,
            identical: Identical::default(),
            unmatched: Vec::new(),
            accepted: Accepted::default(),
            amended: Vec::new(),
        };
        let gate_verdict = GateVerdict::verdict_of(&session).expect("rules that make sense");
        (gate_verdict.times.iter().filter_map(|time| time.explanation.clone()).collect(), gate_verdict.lost_counts())
    }

    #[test]
    fn one_sentence_from_all_three() {
        let counts = |instructions, blocks| vec![callgrind(instructions), dhat(64 * blocks, blocks)];
        let place = "kernel/gelu in phase optimized";
        let explained = |change, head| said(change, counts(1000, 0), head).0.pop();
        assert_eq!(explained(0.019, counts(1020, 0)).as_deref(), Some("Ir +2.0 %, time +1.9 %: the code does more"));
        assert_eq!(
            explained(0.03, counts(1000, 0)).as_deref(),
            Some("Ir and heap equal, time +3.0 %: the same instructions wait longer for memory or for each other")
        );
        assert_eq!(
            explained(0.03, counts(1000, 4)).as_deref(),
            Some("Ir equal, allocations 0 -> 4 per token, time +3.0 %: it allocates otherwise")
        );
        assert_eq!(explained(-0.03, counts(800, 0)).as_deref(), Some("Ir -20 %, time -3.0 %: the code does less"));
        assert_eq!(
            explained(0.03, counts(800, 0)).as_deref(),
            Some("Ir -20 %, time +3.0 %: fewer instructions, but slower ones")
        );
        assert_eq!(explained(0.0, counts(1020, 4)), None);
        let lost = |change, head| said(change, counts(1000, 0), head).1;
        assert_eq!(
            lost(0.0, counts(1000, 4)),
            [format!("{place}: Ir equal, allocations 0 -> 4 per token, time not slower")]
        );
        assert_eq!(lost(0.0, counts(1020, 0)), [format!("{place}: Ir +2.0 %, time not slower")]);
        assert!(lost(0.03, counts(1020, 0)).is_empty(), "the red time has told it");
        assert!(lost(0.0, counts(1000, 0)).is_empty());
    }
}
