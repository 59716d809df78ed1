//! Compares the counts of a workload on both sides. They explain a change of time and never excuse one.

use harness_abtest::TimedPhase;
use harness_probe::Instrument;
use harness_record::Record;
use harness_record::session::Session;

use crate::compare::Comparison;

/// Comparison of the counts of a workload on the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// The counts differ or are unknown.
    Unlike,
    /// The counts are equal, measured with the same instruction set as time.
    Same,
    /// The counts are equal, measured with this other instruction set, because valgrind does not support AVX-512.
    SameWith(String),
}

impl Work {
    /// Classifies a workload in a phase. `row` contains its comparisons of counts.
    pub(super) fn of(session: &Session, timed: &TimedPhase, row: &[&Comparison]) -> Self {
        let has = |instrument| {
            row.iter().any(|one| {
                one.metric
                    .is_some_and(|metric| metric.instrument() == instrument)
            })
        };
        let is_equal = has(Instrument::Callgrind)
            && has(Instrument::Dhat)
            && row.iter().all(|one| one.equal());
        // If the sides select different instruction sets, counts with one of them do not describe the timed code.
        let is_equal = is_equal
            && session
                .counted
                .as_ref()
                .is_some_and(|counted| chosen(&counted.base) == chosen(&counted.head));
        // Counts are of one thread; they do not show the division of work among threads.
        let is_equal = is_equal && session.terms.threads == 1;
        match counted_isa(session, timed).filter(|_| is_equal) {
            None => Self::Unlike,
            Some(isa) if isa == session.terms.isa => Self::Same,
            Some(isa) => Self::SameWith(isa),
        }
    }
}

/// True if the comparison belongs to this workload and phase.
pub(super) fn is_of(comparison: &Comparison, timed: &TimedPhase) -> bool {
    comparison.workload == timed.workload && comparison.head_phase == timed.phase
}

/// Instructions of the head over those of the base; none if they are not comparable.
pub(super) fn instruction_ratio(row: &[&Comparison]) -> Option<f64> {
    let of_callgrind = |one: &&&Comparison| {
        one.metric
            .is_some_and(|metric| metric.instrument() == Instrument::Callgrind)
    };
    Some(row.iter().find(of_callgrind)?.ratio?.value)
}

/// The instruction set that a side selects on this machine by default.
pub(super) fn chosen(record: &Record) -> &str {
    &record.environment.isa
}

/// The instruction set that the instructions of both sides were counted with; none if they differ or were not counted.
fn counted_isa(session: &Session, timed: &TimedPhase) -> Option<String> {
    let counted = session.counted.as_ref()?;
    let [base, head] = [&counted.base, &counted.head].map(|record| {
        let reading = record
            .row(&timed.workload, &timed.phase)?
            .reading(Instrument::Callgrind)?;
        Some(reading.isa.clone())
    });
    base.filter(|base| Some(base) == head.as_ref())
}

#[cfg(test)]
mod tests {
    use harness_abtest::Verdict;
    use harness_record::sample::{self, callgrind, dhat, record, row};
    use harness_record::session::{Counted, Layouts};

    use super::*;
    use crate::gate::{GateVerdict, TimeOutcome, TimeVerdict};

    /// A session whose time was measured with AVX-512, and whose counts are equal and were measured with AVX2.
    fn session(log_ratio: f64) -> Session {
        let mut session = sample::session(&[log_ratio; 30]);
        session.terms.isa = "avx512".to_owned();
        session.terms.layouts = Layouts::Averaged(64);
        let counts = || {
            record(vec![row(
                "kernel/gelu",
                "fast",
                vec![callgrind(1000), dhat(64, 1)],
            )])
        };
        let limits = include_str!("../../../../baselines/limits.toml").to_owned();
        session.counted = Some(Counted {
            base: counts(),
            head: counts(),
            limits,
        });
        session
    }

    fn judged(session: &Session) -> TimeVerdict {
        GateVerdict::of(session)
            .expect("valid limits")
            .times
            .remove(0)
    }

    #[test]
    fn equal_counts_explain_a_slowdown_and_do_not_excuse_it() {
        let time = judged(&session(0.015));
        assert_eq!(
            (time.outcome, time.is_red),
            (TimeOutcome::Verdict(Verdict::Regressed), true)
        );
        let explanation = time.explanation.expect("it changed");
        assert!(
            explanation.starts_with("Ir and heap equal with avx2, time +1.5 % with avx512: "),
            "{explanation}"
        );
        let mut same = session(0.015);
        same.terms.isa = "avx2".to_owned();
        let time = judged(&same);
        assert_eq!(
            (time.outcome, time.is_red),
            (TimeOutcome::Verdict(Verdict::Regressed), true)
        );
        let explanation = time.explanation.expect("it changed");
        assert!(
            explanation.starts_with("Ir and heap equal, time +1.5 %: "),
            "{explanation}"
        );
    }

    /// The same pairs give the same verdict with and without counts.
    #[test]
    fn counts_change_no_verdict_on_time() {
        for log_ratio in [-0.03, 0.0, 0.004, 0.008, 0.015, 0.03] {
            for layouts in [Layouts::Averaged(64), Layouts::Single("no lld".to_owned())] {
                let mut counted = session(log_ratio);
                counted.terms.layouts = layouts;
                let mut other = counted.clone();
                other.counted.as_mut().expect("counted").head.rows[0].readings[0] = callgrind(1001);
                let alone = Session {
                    counted: None,
                    ..counted.clone()
                };
                let verdicts = [&counted, &other, &alone].map(|session| {
                    let time = judged(session);
                    (time.outcome, time.is_red)
                });
                assert!(
                    verdicts.iter().all(|verdict| *verdict == verdicts[0]),
                    "{log_ratio}: {verdicts:?}"
                );
            }
        }
    }

    #[test]
    fn a_slowdown_within_the_layout_limit_is_not_red_if_layout_is_not_averaged() {
        let mut session = session(0.015);
        session.terms.layouts = Layouts::Single("no lld".to_owned());
        let time = judged(&session);
        assert_eq!(
            (time.outcome, time.is_red),
            (TimeOutcome::WithinLayoutLimit, false)
        );
        let slower = Session {
            measured: sample::session(&[0.03; 30]).measured,
            ..session
        };
        let time = judged(&slower);
        assert_eq!(
            (time.outcome, time.is_red),
            (TimeOutcome::Verdict(Verdict::Regressed), true)
        );
        let rules = GateVerdict::of(&slower).expect("limits").rules().join("; ");
        assert!(rules.contains("layout not averaged"), "{rules}");
    }

    #[test]
    fn another_choice_of_the_instruction_set_is_named() {
        let mut narrowed = session(0.015);
        narrowed.terms.isa = "avx2".to_owned();
        narrowed
            .counted
            .as_mut()
            .expect("counted")
            .base
            .environment
            .isa = "avx512".to_owned();
        let explanation = judged(&narrowed).explanation.expect("it changed");
        assert_eq!(
            explanation,
            "Ir equal, time +1.5 %: the base selects avx512 on this CPU, the head avx2"
        );
        let mut shared = session(0.015);
        shared.terms.threads = 2;
        let explanation = judged(&shared).explanation.expect("it changed");
        assert!(explanation.contains("with 2 threads"), "{explanation}");
    }
}
