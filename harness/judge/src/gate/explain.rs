//! Explains verdicts in sentences that combine time, instructions and heap.

use harness_abtest::Verdict;
use harness_probe::Instrument;
use harness_record::metric::Metric;
use harness_record::number;
use harness_record::session::{Session, Terms};
use itertools::Itertools;

use crate::compare::{Comparability, Comparison};
use crate::counts::{CountVerdict, CountsVerdict, JudgedCount};
use crate::gate::instruction_change::{Work, chosen, instruction_ratio};
use crate::gate::{GateVerdict, TimeOutcome, TimeVerdict};

impl TimeVerdict {
    /// One sentence about the change and its cause; none if no change of time is confirmed.
    pub(super) fn explain(
        &self,
        work: &Work,
        session: &Session,
        row: &[&Comparison],
    ) -> Option<String> {
        let slower = match self.outcome {
            TimeOutcome::Verdict(Verdict::Regressed)
            | TimeOutcome::Accepted
            | TimeOutcome::WithinLayoutLimit => true,
            TimeOutcome::Verdict(Verdict::Improved) => false,
            TimeOutcome::Verdict(Verdict::NotSlower)
            | TimeOutcome::Verdict(Verdict::Inconclusive)
            | TimeOutcome::Failed => return None,
        };
        let Terms {
            isa,
            threads,
            layouts,
            ..
        } = &session.terms;
        // Possible causes of a change of time with an equal number of instructions.
        let slower_instructions = match layouts.is_averaged() {
            true => "the same instructions run at a different speed (cache misses or stalls)",
            false => {
                "the same instructions run at a different speed (cache misses, stalls or layout; layout not averaged)"
            }
        };
        let with = if *threads == 1 {
            String::new()
        } else {
            format!(" with {threads} threads")
        };
        let time = format!("time {}{with}", self.found?.estimate_text());
        match work {
            Work::Same => return Some(format!("Ir and heap equal, {time}: {slower_instructions}")),
            Work::SameWith(counted) => {
                return Some(format!(
                    "Ir and heap equal with {counted}, {time} with {isa}: the change is in code for {isa}, which \
                     valgrind cannot count, or {slower_instructions}"
                ));
            }
            Work::Unlike => {}
        }
        let heap = heap(row);
        let heap_changed = heap.is_some();
        let mut parts: Vec<String> = instructions(row).into_iter().chain(heap).collect();
        parts.push(time);
        let sides = session
            .counted
            .as_ref()
            .map(|counted| (chosen(&counted.base), chosen(&counted.head)));
        if let (Some(1.0), false, Some((base, head))) = (self.instructions, heap_changed, sides)
            && base != head
        {
            return Some(format!(
                "{}: the base selects {base} on this CPU, the head {head}",
                parts.join(", ")
            ));
        }
        let why = match self.instructions {
            None if heap_changed => "it allocates differently; instructions were not counted",
            None => "instructions were not counted, so the cause is unknown",
            Some(ratio) if slower && ratio > 1.0 => "the code does more",
            Some(ratio) if !slower && ratio < 1.0 => "the code does less",
            Some(1.0) if !heap_changed && *threads > 1 => {
                "the same instructions run at a different speed, or the threads share the work differently, which \
                 counts of one thread cannot show"
            }
            Some(1.0) if !heap_changed => slower_instructions,
            Some(_) if heap_changed => "it allocates differently",
            Some(_) if slower => "fewer instructions, but slower ones",
            Some(_) => "more instructions, but faster ones",
        };
        Some(format!("{}: {why}", parts.join(", ")))
    }

    /// One line: the workload, the verdict, and its explanation.
    pub fn sentence(&self) -> String {
        let sentence = self.verdict_sentence();
        match self.budget_clause() {
            Some(clause) => format!("{sentence}; {clause}"),
            None => sentence,
        }
    }

    fn verdict_sentence(&self) -> String {
        let place = format!("{} in phase {}", self.workload, self.phase);
        match (&self.failure, &self.explanation) {
            (Some(failure), _) => format!("{place} could not be measured: {failure}"),
            (None, Some(explanation)) if self.accepted.is_some() => {
                let accepted = self.accepted.as_deref().unwrap_or_default();
                format!("{place}: {explanation}; accepted: {accepted}")
            }
            (None, Some(explanation)) if self.is_spent => format!(
                "{place}: {explanation}; the base accepts this slowdown, but its code changed since then and may \
                 already contain it"
            ),
            (None, Some(explanation)) => format!("{place}: {explanation}"),
            (None, None) if self.outcome == TimeOutcome::Verdict(Verdict::Inconclusive) => {
                format!("{place} is inconclusive{}{}", self.bound(), self.outlook())
            }
            (None, None) => format!("{place} is {}", self.outcome.name()),
        }
    }

    /// ` (up to +8.1 %)` if it is inconclusive: the largest slowdown that the interval contains.
    fn bound(&self) -> String {
        let is_open = self.outcome == TimeOutcome::Verdict(Verdict::Inconclusive);
        let bound = self
            .found
            .filter(|_| is_open)
            .and_then(|found| found.bound_text());
        bound.map_or(String::new(), |bound| format!(" ({bound})"))
    }

    fn outlook(&self) -> String {
        match self.remaining_seconds {
            Some(seconds) => {
                format!(
                    " after {} pairs; about {:.0} s more would settle it",
                    self.pairs,
                    seconds.max(1.0)
                )
            }
            None if self.pairs == 0 => ": the budget ended before its first pair".to_owned(),
            None => format!(
                " after {} pairs; far more would be needed at this noise",
                self.pairs
            ),
        }
    }
}

/// `Ir +2.0 %` or `Ir equal`; none if they are not comparable.
fn instructions(row: &[&Comparison]) -> Option<String> {
    match instruction_ratio(row)? {
        1.0 => Some("Ir equal".to_owned()),
        ratio => Some(format!("Ir {}", number::percent(ratio))),
    }
}

/// `allocations 0 -> 4 per token`, or another heap count that changed if the allocations per token did not; none if no
/// heap count changed.
fn heap(row: &[&Comparison]) -> Option<String> {
    let changed = || {
        row.iter()
            .filter(|one| one.state == Comparability::Comparable && !one.equal())
            .filter_map(|one| {
                let metric = one
                    .metric
                    .filter(|metric| metric.instrument() == Instrument::Dhat)?;
                Some((
                    metric,
                    one.base?.value,
                    one.head?.value,
                    one.unit.name.as_str(),
                ))
            })
    };
    let allocations = changed().find(|(metric, ..)| metric.name() == "allocations-per-unit");
    let (metric, base, head, unit) = allocations.or_else(|| changed().next())?;
    let title = metric.title_per(unit);
    let (name, per) = title
        .split_once(" per ")
        .map_or((title.as_str(), String::new()), |(name, unit)| {
            (name, format!(" per {unit}"))
        });
    // Rounded figures that look equal would contradict the sentence.
    let write = match number::count(base) == number::count(head) {
        true => number::exact,
        false => number::count,
    };
    Some(format!("{name} {} -> {}{per}", write(base), write(head)))
}

/// True for counts of instructions and heap, which a sentence on the workload combines.
fn is_combined(row: &JudgedCount) -> bool {
    let instrument = row.comparison.metric.map(Metric::instrument);
    instrument.is_some_and(|one| [Instrument::Callgrind, Instrument::Dhat].contains(&one))
}

impl GateVerdict {
    /// One sentence for each workload whose counts regressed, such as `Ir +2.0 %, allocations 0 -> 4 per token, time
    /// not slower`. It names the last phase that regressed and the number of others, because a change of one kernel
    /// shows in most phases. Excludes workloads whose time turned the gate red: see [`TimeVerdict::sentence`].
    pub fn lost_counts(&self) -> Vec<String> {
        let rows = self.counts.iter().flat_map(|counts| &counts.rows);
        let lost = self.counts.iter().flat_map(CountsVerdict::regressed);
        let lost = lost.filter(|row| row.judgement.is_beyond_limit() && is_combined(row));
        let time_of = |workload: &str, phase: &str| {
            self.times
                .iter()
                .find(|time| time.workload == workload && time.phase == phase)
        };
        let is_red_time = |workload: &str, phase: &str| {
            self.red_times()
                .any(|time| time.workload == workload && time.phase == phase)
        };
        let places = lost
            .map(|row| (&row.comparison.workload, &row.comparison.head_phase))
            .unique();
        let places: Vec<_> = places
            .filter(|(workload, phase)| !is_red_time(workload, phase))
            .collect();
        let workloads = places.iter().map(|(workload, _)| *workload).unique();
        let sentences = workloads.filter_map(|workload| {
            let phases: Vec<&String> = places
                .iter()
                .filter(|place| place.0 == workload)
                .map(|place| place.1)
                .collect();
            let phase = *phases.last()?;
            let more = match phases.len() - 1 {
                0 => String::new(),
                1 => ", and in 1 more phase".to_owned(),
                more => format!(", and in {more} more phases"),
            };
            let here = |one: &&Comparison| one.workload == *workload && one.head_phase == *phase;
            let row: Vec<&Comparison> = rows
                .clone()
                .map(|row| &row.comparison)
                .filter(here)
                .collect();
            let time = time_of(workload, phase).map(|time| {
                match time.found.filter(|_| time.explanation.is_some()) {
                    Some(found) => format!("time {}", found.estimate_text()),
                    None => format!("time {}{}", time.outcome.name(), time.bound()),
                }
            });
            let parts: Vec<String> = instructions(&row)
                .into_iter()
                .chain(heap(&row))
                .chain(time)
                .collect();
            Some(format!(
                "{workload} in phase {phase}{more}: {}",
                parts.join(", ")
            ))
        });
        sentences.collect()
    }

    /// One sentence for each regressed count that no sentence of [`Self::lost_counts`] or of a time combines with others:
    /// a count of another kind than instructions and heap, or one above its budget.
    pub fn other_losses(&self) -> Vec<String> {
        let lost = self.counts.iter().flat_map(CountsVerdict::regressed);
        let others = lost.filter(|row| {
            !matches!(row.judgement, CountVerdict::Regressed(_)) || !is_combined(row)
        });
        others.map(JudgedCount::explanation).collect()
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Rules;
    use harness_record::Reading;
    use harness_record::sample::{callgrind, dhat, environment, record, row};
    use harness_record::session::{Accepted, Counted, Identical, Layouts, Revision};

    use super::*;
    use harness_record::sample::pairs as measured;

    /// The explanations by time and by counts of one workload with these pairs and counts.
    fn sentences(
        change: f64,
        base: Vec<Reading>,
        head: Vec<Reading>,
    ) -> (Vec<String>, Vec<String>) {
        let of = |readings| record(vec![row("kernel/gelu", "optimized", readings)]);
        let revision = || Revision {
            commit: "0".repeat(40),
            dirty: false,
        };
        let session = Session {
            created: "2026-01-02T03:04:05Z".to_owned(),
            command: String::new(),
            base: revision(),
            head: revision(),
            environment: environment(),
            terms: Terms {
                rules: Rules::default(),
                // A short budget, so that the power analysis is fast.
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
                suite: None,
            },
            measured: vec![measured(&[change; 24])],
            floor: Vec::new(),
            machine: None,
            counted: Some(Counted {
                base: of(base),
                head: of(head),
                limits: include_str!("../../../../baselines/limits.toml").to_owned(),
            }),
            uncounted: false,
            untimed: false,
            limits: None,
            identical: Identical::default(),
            unmatched: Vec::new(),
            accepted: Accepted::default(),
            amended: Vec::new(),
            sharding: None,
        };
        let gate_verdict = GateVerdict::verdict_of(&session).expect("valid rules");
        (
            gate_verdict
                .times
                .iter()
                .filter_map(|time| time.explanation.clone())
                .collect(),
            gate_verdict.lost_counts(),
        )
    }

    #[test]
    fn one_sentence_combines_time_instructions_and_heap() {
        let counts =
            |instructions, blocks| vec![callgrind(instructions), dhat(64 * blocks, blocks)];
        let place = "kernel/gelu in phase optimized";
        let explained = |change, head| sentences(change, counts(1000, 0), head).0.pop();
        assert_eq!(
            explained(0.019, counts(1020, 0)).as_deref(),
            Some("Ir +2.0 %, time +1.9 %: the code does more")
        );
        assert_eq!(
            explained(0.03, counts(1000, 0)).as_deref(),
            Some(
                "Ir and heap equal, time +3.0 %: the same instructions run at a different speed (cache misses or \
                 stalls)"
            )
        );
        assert_eq!(
            explained(0.03, counts(1000, 4)).as_deref(),
            Some("Ir equal, allocations 0 -> 4 per token, time +3.0 %: it allocates differently")
        );
        assert_eq!(
            explained(-0.03, counts(800, 0)).as_deref(),
            Some("Ir -20 %, time -3.0 %: the code does less")
        );
        assert_eq!(
            explained(0.03, counts(800, 0)).as_deref(),
            Some("Ir -20 %, time +3.0 %: fewer instructions, but slower ones")
        );
        assert_eq!(explained(0.0, counts(1020, 4)), None);
        let lost = |change, head| sentences(change, counts(1000, 0), head).1;
        assert_eq!(
            lost(0.0, counts(1000, 4)),
            [format!(
                "{place}: Ir equal, allocations 0 -> 4 per token, time not slower"
            )]
        );
        assert_eq!(
            lost(0.0, counts(1020, 0)),
            [format!("{place}: Ir +2.0 %, time not slower")]
        );
        assert!(
            lost(0.03, counts(1020, 0)).is_empty(),
            "the red time explains it"
        );
        assert!(lost(0.0, counts(1000, 0)).is_empty());
    }
}
