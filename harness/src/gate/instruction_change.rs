//! Comparison of the work that a workload does on both sides. It explains a change of time, and excuses none.

use super::Session;
use crate::compare::Comparison;
use crate::paired::TimedPhase;
use crate::record::{Instrument, Record};

/// The work behind a workload's time on the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Work {
    /// Its counts differ, or are not known.
    Unlike,
    /// Its counts are equal, read with the instruction set that its time was measured with.
    Same,
    /// Its counts are equal, read with this other instruction set: valgrind's CPU has no AVX-512.
    SameWith(String),
}

impl Work {
    /// Of a workload in a phase, whose comparisons of counts these are.
    pub(super) fn of(session: &Session, timed: &TimedPhase, row: &[&Comparison]) -> Self {
        let has = |instrument| row.iter().any(|one| one.metric.is_some_and(|metric| metric.instrument() == instrument));
        let is_equal = has(Instrument::Callgrind) && has(Instrument::Dhat) && row.iter().all(|one| one.equal());
        // Counts with one set mean little where the two sides choose another one for themselves.
        let is_equal =
            is_equal && session.counted.as_ref().is_some_and(|counted| chosen(&counted.base) == chosen(&counted.head));
        // Counts are of one thread; they do not show how several share the work.
        let is_equal = is_equal && session.terms.threads == 1;
        match counted_isa(session, timed).filter(|_| is_equal) {
            None => Self::Unlike,
            Some(isa) if isa == session.terms.isa => Self::Same,
            Some(isa) => Self::SameWith(isa),
        }
    }
}

/// Whether a comparison is about a workload in a phase.
pub(super) fn is_of(comparison: &Comparison, timed: &TimedPhase) -> bool {
    comparison.workload == timed.workload && comparison.head_phase == timed.phase
}

/// The instruction set that a side takes on this machine by itself.
pub(super) fn chosen(record: &Record) -> &str {
    &record.environment.isa
}

/// The instruction set that both sides' instructions were counted with.
fn counted_isa(session: &Session, timed: &TimedPhase) -> Option<String> {
    let counted = session.counted.as_ref()?;
    let [base, head] = [&counted.base, &counted.head].map(|record| {
        let reading = record.row(&timed.workload, &timed.phase)?.reading(Instrument::Callgrind)?;
        Some(reading.isa.clone())
    });
    base.filter(|base| Some(base) == head.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Layouts;
    use crate::gate::{Counted, GateVerdict, TimeOutcome, TimeVerdict};
    use crate::paired::Verdict;
    use crate::record::sample::{callgrind, dhat, record, row};
    use crate::selftest::trial::tests::trial;

    /// A session whose time was measured with AVX-512 and whose equal counts were read with AVX2.
    fn session(log_ratio: f64) -> Session {
        let mut session = trial("null", &[log_ratio; 30]).session;
        session.terms.isa = "avx512".to_owned();
        session.terms.layouts = Layouts::Averaged(64);
        let counts = || record(vec![row("kernel/gelu", "fast", vec![callgrind(1000), dhat(64, 1)])]);
        let limits = include_str!("../../../baselines/limits.toml").to_owned();
        session.counted = Some(Counted { base: counts(), head: counts(), limits });
        session
    }

    fn judged(session: &Session) -> TimeVerdict {
        GateVerdict::of(session).expect("limits that make sense").times.remove(0)
    }

    #[test]
    fn equal_counts_explain_a_slowdown_and_do_not_excuse_it() {
        let time = judged(&session(0.015));
        assert_eq!((time.outcome, time.is_red), (TimeOutcome::Verdict(Verdict::Regressed), true));
        let explanation = time.explanation.expect("it changed");
        assert!(explanation.starts_with("Ir and heap equal with avx2, time +1.5 % with avx512: "), "{explanation}");
        let mut same = session(0.015);
        same.terms.isa = "avx2".to_owned();
        let time = judged(&same);
        assert_eq!((time.outcome, time.is_red), (TimeOutcome::Verdict(Verdict::Regressed), true));
        let explanation = time.explanation.expect("it changed");
        assert!(explanation.starts_with("Ir and heap equal, time +1.5 %: "), "{explanation}");
    }

    /// The same pairs give the same verdict, whether or not anything was counted.
    #[test]
    fn counts_change_no_verdict_on_time() {
        for log_ratio in [-0.03, 0.0, 0.004, 0.008, 0.015, 0.03] {
            for layouts in [Layouts::Averaged(64), Layouts::Single("no lld".to_owned())] {
                let mut counted = session(log_ratio);
                counted.terms.layouts = layouts;
                let mut other = counted.clone();
                other.counted.as_mut().expect("counted").head.rows[0].readings[0] = callgrind(1001);
                let alone = Session { counted: None, ..counted.clone() };
                let verdicts = [&counted, &other, &alone].map(|session| {
                    let time = judged(session);
                    (time.outcome, time.is_red)
                });
                assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{log_ratio}: {verdicts:?}");
            }
        }
    }

    #[test]
    fn what_one_layout_may_explain_is_not_red_up_to_its_limit() {
        let mut session = session(0.015);
        session.terms.layouts = Layouts::Single("no lld".to_owned());
        let time = judged(&session);
        assert_eq!((time.outcome, time.is_red), (TimeOutcome::WithinLayoutLimit, false));
        let slower = Session { measured: trial("null", &[0.03; 30]).session.measured, ..session };
        let time = judged(&slower);
        assert_eq!((time.outcome, time.is_red), (TimeOutcome::Verdict(Verdict::Regressed), true));
        let summary = GateVerdict::of(&slower).expect("limits").summary();
        assert!(summary.contains("layout not averaged"), "{summary}");
    }

    #[test]
    fn another_choice_of_the_instruction_set_is_named() {
        let mut narrowed = session(0.015);
        narrowed.terms.isa = "avx2".to_owned();
        narrowed.counted.as_mut().expect("counted").base.environment.isa = "avx512".to_owned();
        let explanation = judged(&narrowed).explanation.expect("it changed");
        assert_eq!(explanation, "Ir equal, time +1.5 %: the base takes avx512 by itself, the head avx2");
        let mut shared = session(0.015);
        shared.terms.threads = 2;
        let explanation = judged(&shared).explanation.expect("it changed");
        assert!(explanation.contains("with 2 threads"), "{explanation}");
    }
}
