//! What the machine made of the measuring: the noise floor, and the state it was in.

use super::{GateVerdict, Session, TimeOutcome};
use crate::gate::Layouts;
use crate::paired::NoiseFloor;
use crate::paired::Verdict;

/// Pairs of one build that scatter more than this (standard deviation, as a share) find nothing that matters in any
/// budget that a gate has.
const TOO_NOISY: f64 = 0.05;

impl GateVerdict {
    /// Why the machine was too noisy for a verdict on time, as a clause; none if it was not. A build that differs from itself
    /// lets no difference be believed; a wide scatter is no reason as long as everything was told all the same.
    pub fn noise(&self) -> Option<String> {
        let floor = self.floor.as_ref().filter(|_| !self.times.is_empty())?;
        let (change, spread) = (floor.change()?, floor.spread()?);
        if floor.differs() {
            return Some(format!(
                "this machine is too noisy to judge time: the base differs from itself by {:+.2} %",
                100.0 * change
            ));
        }
        (spread > TOO_NOISY && self.times_that(TimeOutcome::Verdict(Verdict::Inconclusive)) > 0).then(|| {
            format!(
                "this machine is too noisy to judge time: pairs of the base itself scatter by {:.1} %",
                100.0 * spread
            )
        })
    }

    /// The noise floor and the machine's state, a line each; nothing if no time was measured.
    pub fn circumstances(&self, session: &Session) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(floor) = self.floor.as_ref().filter(|_| !self.times.is_empty()) {
            lines.push(format!("noise floor: {}", floor_line(floor, self.fair_seconds)));
        }
        if session.terms.threads > 1 && !self.times.is_empty() {
            lines.push(format!(
                "threads: {}, kept on no core, so that times scatter more: how small a slowdown would have been found is told for each \
                 workload",
                session.terms.threads
            ));
        }
        if let Layouts::Averaged(count) = session.terms.layouts {
            lines.push(format!("layouts: averaged over {count} of each side"));
        }
        if let Some(machine) = &session.machine {
            lines.push(format!("machine: {}", machine.state.line(&machine.disturbance)));
        }
        lines
    }
}

fn floor_line(floor: &NoiseFloor, fair_seconds: f64) -> String {
    let name = format!("{} in phase {}", floor.timed().workload, floor.timed().phase);
    let (change, spread) = match (floor.failure(), floor.change(), floor.spread()) {
        (Some(failure), ..) => return format!("{name} could not be measured: {failure}"),
        (None, Some(change), Some(spread)) => (change, spread),
        _ => return format!("its share of the budget is too short for a pair of {name}"),
    };
    let percent = |share: f64| 100.0 * share;
    let interval = floor
        .interval()
        .map_or(String::new(), |ends| format!(" [{:+.2}, {:+.2}]", percent(ends.low), percent(ends.high)));
    let found = match floor.minimum_detectable(fair_seconds) {
        Some(found) => format!("a slowdown of {:+.1} % would have been found", percent(found)),
        None => "so few pairs would have found nothing".to_owned(),
    };
    format!(
        "base against base {:+.2} %{interval} in {} pairs of {name}, which scatter by {:.2} %; in {fair_seconds:.0} s {found}",
        percent(change),
        floor.pairs(),
        percent(spread),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Accepted, Circumstances, Identical, Revision, Terms};
    use super::*;
    use crate::machine::{Disturbance, MachineState};
    use crate::paired::{Pair, Rules, Side, Slice, TimedPhase, WorkloadPairs};
    use crate::record::sample::environment;
    use crate::render::Tone;
    use crate::statistics::Random;
    use crate::verdict::SuiteVerdict;

    /// Pairs that scatter evenly by up to `scatter`, whose heads take `shift` longer.
    fn measured(pairs: usize, shift: f64, scatter: f64) -> WorkloadPairs {
        let mut random = Random::new(9);
        let mut pair = || {
            let ratio = 1.0 + shift + scatter * (2.0 * random.share() - 1.0);
            let slice = |side| {
                let factor = if side == Side::Head { ratio } else { 1.0 };
                Slice { side, iterations: 10, nanoseconds: (1e8 * factor) as u64, waited: 0 }
            };
            Pair { seconds: 0.25, rounds: vec![vec![[Side::Base, Side::Head, Side::Head, Side::Base].map(slice)]] }
        };
        let pairs = (0..pairs).map(|_| pair()).collect();
        WorkloadPairs {
            timed: TimedPhase { workload: "kernel/gelu".to_owned(), phase: "optimized".to_owned() },
            pairs,
            failure: None,
        }
    }

    fn session(head: WorkloadPairs, floor: WorkloadPairs) -> Session {
        let revision = Revision { commit: "0".repeat(40), dirty: false };
        Session {
            created: "2026-01-02T00:00:00Z".to_owned(),
            command: "cargo harness gate --base main".to_owned(),
            base: revision.clone(),
            head: revision,
            environment: environment(),
            terms: Terms {
                rules: Rules::default(),
                budget_seconds: 10.0,
                floor_seconds: 1.0,
                seed: 1,
                core: Some(1),
                threads: 1,
                isa: "avx2".to_owned(),
                slice_nanoseconds: 1_000_000,
                warm: 1,
                injection: None,
                layout_limit: 0.02,
                layouts: Layouts::Averaged(64),
                strict: false,
            },
            measured: vec![head],
            floor: vec![floor],
            machine: Some(Circumstances { state: MachineState::default(), disturbance: Disturbance::default() }),
            counted: None,
            uncounted: false,
            identical: Identical::default(),
            unmatched: Vec::new(),
            accepted: Accepted::default(),
            amended: Vec::new(),
        }
    }

    fn gate_verdict(head: WorkloadPairs, floor: WorkloadPairs) -> (GateVerdict, Vec<String>) {
        let session = session(head, floor);
        let gate_verdict = GateVerdict::of(&session).expect("no limits are read");
        let told = gate_verdict.circumstances(&session);
        (gate_verdict, told)
    }

    #[test]
    fn a_quiet_floor_is_told_and_changes_no_verdict() {
        let (gate_verdict, told) = gate_verdict(measured(40, 0.0, 0.003), measured(10, 0.0, 0.003));
        assert_eq!(gate_verdict.conclusion(), SuiteVerdict::Passed, "{}", gate_verdict.summary());
        assert!(told[0].starts_with("noise floor: base against base "), "{told:?}");
        assert!(told[0].contains("in 10 pairs of kernel/gelu in phase optimized, which scatter by 0."), "{told:?}");
        assert!(told[0].contains("; in 9 s a slowdown of +0."), "{told:?}");
        assert_eq!(told[1], "layouts: averaged over 64 of each side");
        assert!(told[2].starts_with("machine: governor not visible, "), "{told:?}");
        assert!(
            self::gate_verdict(measured(40, 0.1, 0.003), measured(10, 0.0, 0.003)).0.conclusion()
                == SuiteVerdict::Regressed
        );
    }

    #[test]
    fn a_base_that_differs_from_itself_takes_back_a_red_verdict() {
        let (heads, floor) = (measured(40, 0.1, 0.003), measured(40, 0.05, 0.003));
        let (gate_verdict, _) = gate_verdict(heads.clone(), floor.clone());
        assert_eq!(gate_verdict.conclusion(), SuiteVerdict::Unjudged);
        assert!(gate_verdict.times[0].is_red && gate_verdict.red_times().next().is_none());
        assert_eq!(crate::gate::table::times_table(&gate_verdict, false).rows[0][2].tone, Tone::Notice);
        assert!(gate_verdict.losses(&session(heads, floor)).is_empty(), "what was not judged cannot be accepted");
        let summary = gate_verdict.summary();
        let told = "NOT JUDGED: this machine is too noisy to judge time: the base differs from itself by +5.";
        assert!(summary.starts_with(told), "{summary}");
    }

    #[test]
    fn a_wide_scatter_matters_only_where_something_could_not_be_told() {
        let noisy = || measured(10, 0.0, 0.4);
        assert_eq!(gate_verdict(measured(40, 0.0, 0.003), noisy()).0.conclusion(), SuiteVerdict::Passed);
        let (open, _) = gate_verdict(measured(3, 0.0, 0.4), noisy());
        assert_eq!(open.conclusion(), SuiteVerdict::Unjudged);
        assert!(open.summary().contains("pairs of the base itself scatter by "), "{}", open.summary());
    }

    #[test]
    fn several_threads_are_told() {
        let mut session = session(measured(20, 0.0, 0.001), measured(20, 0.0, 0.001));
        let told = |session: &Session| GateVerdict::of(session).expect("no limits").circumstances(session).join("\n");
        assert!(!told(&session).contains("threads"), "{}", told(&session));
        session.terms.threads = 2;
        let of_two = "\nthreads: 2, kept on no core, so that times scatter more";
        assert!(told(&session).contains(of_two), "{}", told(&session));
    }

    #[test]
    fn a_floor_without_pairs_says_why() {
        let (gate_verdict, told) = gate_verdict(measured(40, 0.0, 0.003), measured(0, 0.0, 0.0));
        assert_eq!(gate_verdict.conclusion(), SuiteVerdict::Passed);
        let why = "noise floor: its share of the budget is too short for a pair of kernel/gelu in phase optimized";
        assert_eq!(told[0], why);
        let failed = WorkloadPairs { failure: Some("base side: wrong answer: 3".to_owned()), ..measured(0, 0.0, 0.0) };
        let (_, told) = self::gate_verdict(measured(40, 0.0, 0.003), failed);
        assert_eq!(
            told[0],
            "noise floor: kernel/gelu in phase optimized could not be measured: base side: wrong answer: 3"
        );
    }
}
