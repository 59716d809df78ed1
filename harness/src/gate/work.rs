//! Whether what became slower does other work, or the same work at another place.
//!
//! Equal counts say: the same work. But they are read with the instruction set that valgrind has, and on a CPU with a larger one,
//! such as AVX-512, time is measured with kernels that were never counted. Timing all with the smaller set instead would let
//! a slower kernel of the larger one pass unseen, and calling every such slowdown work would turn gates red because code was moved.
//! So equal counts of either set make it a matter of layout, which has a limit of its own; and such a slowdown is timed once more by
//! fresh pairs, with the set of the counts forced on both sides ([`Session::unexplained`]), to tell what it is. If it is slower there
//! too, and by as much, then it is the same work that takes longer: layout or cache. If it is not, it lies in what counting does not
//! see: kernels of the larger set, or where they lie.

use super::ruling::comparisons;
use super::{Ruling, Session, Word};
use crate::compare::Comparison;
use crate::paired::Entrant;
use crate::record::{Instrument, Record};
use crate::statistics::{Evidence, hodges_lehmann};

/// What is known of the work behind a workload's time on the two sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Work {
    /// Its counts differ, or are not known.
    Unlike,
    /// Its counts are equal, read with the instruction set that its time was measured with.
    Same,
    /// Its counts are equal, read with another instruction set.
    SameWith {
        /// Which.
        isa: String,
        /// What its time is with that one, if it was measured.
        again: Option<Again>,
    },
}

/// A time with the instruction set of the counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Again {
    /// By what share it is slower.
    pub(super) change: f64,
    /// Whether that is sure.
    pub(super) is_slower: bool,
}

impl Work {
    /// Of a workload in a phase, whose comparisons of counts these are.
    pub(super) fn of(session: &Session, entrant: &Entrant, row: &[&Comparison]) -> Self {
        let has = |instrument| row.iter().any(|one| one.metric.is_some_and(|metric| metric.instrument() == instrument));
        let is_equal = has(Instrument::Callgrind) && has(Instrument::Dhat) && row.iter().all(|one| one.equal());
        // Counts with the one set excuse nothing where the two sides choose another one for themselves.
        let is_equal =
            is_equal && session.counted.as_ref().is_some_and(|counted| chosen(&counted.base) == chosen(&counted.head));
        // Counts are of one thread, and how several share the work is not in them.
        let is_equal = is_equal && session.terms.threads == 1;
        match counted_isa(session, entrant).filter(|_| is_equal) {
            None => Self::Unlike,
            Some(isa) if isa == session.terms.isa => Self::Same,
            Some(isa) => Self::SameWith { again: again(session, entrant, &isa), isa },
        }
    }

    /// Whether nothing that is counted differs, with whatever instruction set.
    pub(super) fn is_same(&self) -> bool {
        !matches!(self, Self::Unlike)
    }
}

impl Again {
    /// Whether a slowdown by this share shows here, too, as far as `margin` tells two slowdowns apart; none if that cannot be told.
    pub(super) fn accounts_for(&self, change: f64, margin: f64) -> Option<bool> {
        let is_as_slow = 1.0 + change <= (1.0 + self.change) * (1.0 + margin);
        (self.is_slower || !is_as_slow).then_some(is_as_slow)
    }
}

impl Session {
    /// The confirmed slowdowns whose counts are equal with another instruction set, and which one that is: timing them once
    /// more with it tells what they are.
    pub fn unexplained(&self) -> Option<(String, Vec<Entrant>)> {
        let ruling = Ruling::verdict_of(self).ok()?;
        let all = self.counted.as_ref().map(comparisons)?;
        let mut found = None;
        for (lane, _) in self.lanes.iter().zip(&ruling.times).filter(|(_, time)| time.word == Word::Layout) {
            let row: Vec<&Comparison> = all.iter().filter(|one| is_of(one, &lane.entrant)).collect();
            if let Work::SameWith { isa, again: None } = Work::of(self, &lane.entrant, &row) {
                found.get_or_insert_with(|| (isa, Vec::new())).1.push(lane.entrant.clone());
            }
        }
        found
    }
}

/// Whether a comparison is about a workload in a phase.
pub(super) fn is_of(comparison: &Comparison, entrant: &Entrant) -> bool {
    comparison.workload == entrant.workload && comparison.head_phase == entrant.phase
}

/// The instruction set that a side takes on this machine by itself.
pub(super) fn chosen(record: &Record) -> &str {
    &record.environment.isa
}

/// The instruction set that both sides' instructions were counted with.
fn counted_isa(session: &Session, entrant: &Entrant) -> Option<String> {
    let counted = session.counted.as_ref()?;
    let [base, head] = [&counted.base, &counted.head].map(|record| {
        let reading = record.row(&entrant.workload, &entrant.phase)?.reading(Instrument::Callgrind)?;
        Some(reading.isa.clone())
    });
    base.filter(|base| Some(base) == head.as_ref())
}

/// What the repetition shows of a workload. Its pairs are fresh and were chosen for nothing they show themselves, so the level
/// of a confirmation holds for them without another alarm.
fn again(session: &Session, entrant: &Entrant, isa: &str) -> Option<Again> {
    let repeated = session.repeated.as_ref().filter(|repeated| repeated.isa == isa)?;
    let lane = repeated.lanes.iter().find(|lane| lane.entrant == *entrant && lane.failure.is_none())?;
    let log_ratios: Vec<f64> = lane.log_ratios().collect();
    let mut evidence = Evidence::default();
    log_ratios.iter().for_each(|&log_ratio| evidence.push(log_ratio));
    Some(Again {
        change: hodges_lehmann(&log_ratios)?.exp_m1(),
        is_slower: evidence.proves(session.terms.rules.confirmation(repeated.lanes.len())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Counted, Repeated, Time};
    use crate::record::sample::{callgrind, dhat, record, row};
    use crate::selftest::trial::tests::trial;

    /// A session whose time was measured with AVX-512 and whose equal counts were read with AVX2.
    fn session(log_ratio: f64) -> Session {
        let mut session = trial("null", &[log_ratio; 30]).session;
        session.terms.isa = "avx512".to_owned();
        let counts = || record(vec![row("kernel/gelu", "fast", vec![callgrind(1000), dhat(64, 1)])]);
        let limits = include_str!("../../../baselines/limits.toml").to_owned();
        session.counted = Some(Counted { base: counts(), head: counts(), limits });
        session
    }

    /// What is said once it was timed again with these pairs.
    fn said(log_ratio: f64, again: &[f64]) -> Time {
        let mut session = session(log_ratio);
        let (isa, entrants) = session.unexplained().expect("equal counts of another instruction set");
        assert_eq!((isa.as_str(), entrants.len()), ("avx2", 1));
        session.repeated = Some(Repeated { isa, lanes: trial("null", again).session.lanes });
        assert_eq!(session.unexplained(), None, "it is timed again once");
        Ruling::of(&session).expect("limits that make sense").times.remove(0)
    }

    #[test]
    fn what_is_as_slow_with_the_instruction_set_of_the_counts_is_layout() {
        let time = said(0.015, &[0.013; 20]);
        assert_eq!((time.word, time.is_red), (Word::Layout, false));
        assert_eq!(
            time.explanation.as_deref(),
            Some("Ir and heap equal with avx2, time +1.5 %, with avx2 +1.3 %: layout or cache, not work")
        );
        let time = said(0.03, &[0.03; 20]);
        assert_eq!((time.word, time.is_red), (Word::Layout, true), "above its limit");
    }

    #[test]
    fn what_is_slower_in_kernels_that_are_not_counted_is_told_as_such_and_red_above_the_limit_of_layout() {
        for again in [&[0.0; 20][..], &[-0.01; 20], &[0.001; 20]] {
            let time = said(0.015, again);
            assert_eq!((time.word, time.is_red), (Word::Layout, false), "{again:?}");
            let told = time.explanation.expect("it changed");
            assert!(told.ends_with(": in what counting does not see, kernels of avx512 or where they lie"), "{told}");
        }
        let few = said(0.015, &[0.015; 2]);
        let told = few.explanation.expect("it changed");
        assert!(told.ends_with("with avx2 +1.5 %: layout or cache, or kernels that counting does not see"), "{told}");
        // Of which a part shows there.
        let time = said(0.05, &[0.015; 20]);
        assert!(time.is_red && time.explanation.is_some_and(|told| told.contains("what counting does not see")));
        let alone = Ruling::of(&session(0.015)).expect("limits that make sense").times.remove(0);
        assert_eq!((alone.word, alone.is_red), (Word::Layout, false), "before it is timed again, too");
        let told = alone.explanation.expect("it changed");
        assert_eq!(told, "Ir equal, time +1.5 %: layout or cache, or kernels that counting does not see");
    }

    #[test]
    fn what_did_not_slow_down_or_does_other_work_is_not_timed_again() {
        assert_eq!(session(0.0).unexplained(), None);
        let mut other = session(0.015);
        other.counted.as_mut().expect("counted").head.rows[0].readings[0] = callgrind(1010);
        assert_eq!(other.unexplained(), None);
        let mut shared = session(0.015);
        shared.terms.threads = 2;
        assert_eq!(shared.unexplained(), None);
        let time = Ruling::of(&shared).expect("limits that make sense").times.remove(0);
        assert_eq!((time.word, time.is_red), (Word::Regressed, true));
        assert_eq!(
            time.explanation.as_deref(),
            Some(
                "Ir equal, time +1.5 % with 2 threads: layout or cache, or how they share the work, which counts of one do not tell"
            )
        );
        let mut same = session(0.015);
        same.terms.isa = "avx2".to_owned();
        assert_eq!(same.unexplained(), None);
    }

    #[test]
    fn another_choice_of_the_instruction_set_is_no_layout() {
        let mut narrowed = session(0.015);
        narrowed.terms.isa = "avx2".to_owned();
        narrowed.counted.as_mut().expect("counted").base.environment.isa = "avx512".to_owned();
        assert_eq!(narrowed.unexplained(), None);
        let time = Ruling::of(&narrowed).expect("limits that make sense").times.remove(0);
        assert_eq!((time.word, time.is_red), (Word::Regressed, true));
        let told = time.explanation.expect("it changed");
        assert_eq!(told, "Ir equal, time +1.5 %: the base takes avx512 by itself, the head avx2");
    }
}
