//! Noise of the machine: verdict on the noise floor, and the lines that a gate prints about it.

use harness_abtest::{NoiseFloor, Verdict};
use harness_record::session::{Layouts, Session};
use harness_record::shard::Sharding;

use crate::gate::headline::share;
use crate::gate::{GateVerdict, TimeOutcome};

/// Standard deviation of base-against-base pairs, as a share, above which a gate cannot detect a relevant slowdown in
/// any usual budget.
const TOO_NOISY: f64 = 0.05;

impl GateVerdict {
    /// One clause that explains why the machine was too noisy to judge time; none if it was not. If the base differs
    /// from itself, no other difference is credible. A wide scatter matters only if a workload stayed inconclusive.
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
                "this machine is too noisy to judge time: base-against-base pairs scatter by {:.1} %",
                100.0 * spread
            )
        })
    }

    /// Noise floor, threads, layouts and the state of the machine, one line each; empty if no time was measured.
    pub fn circumstances(&self, session: &Session) -> Vec<String> {
        let mut lines = self.rules();
        if let Some(floor) = self.floor.as_ref().filter(|_| !self.times.is_empty()) {
            lines.push(format!(
                "noise floor: {}",
                floor_line(floor, self.fair_seconds)
            ));
        }
        if session.terms.threads > 1 && !self.times.is_empty() {
            lines.push(format!(
                "threads: {}, not pinned to a core, so times scatter more; see the minimum detectable effect of each \
                 workload",
                session.terms.threads
            ));
        }
        if let Layouts::Averaged(count) = session.terms.layouts {
            lines.push(format!("layouts: averaged over {count} of each side"));
        }
        let origins = session.sharding.iter().flat_map(Sharding::origins);
        for origin in origins.filter(|_| !self.times.is_empty()) {
            let state = origin.machine.as_ref();
            let state = state.map(|one| one.state.line(&one.disturbance));
            let state = state.map_or(String::new(), |line| format!("; {line}"));
            let machine = origin.environment.machine();
            lines.push(format!("shard {}: {machine}{state}", origin.shard));
        }
        if let Some(Sharding::Part(part)) = &session.sharding {
            lines.push(format!(
                "shard: {}; its error rate is that of the {} timed workloads of all shards, and `merge` judges the whole",
                part.shard,
                session.suite_size()
            ));
        }
        let is_merged = session
            .sharding
            .as_ref()
            .is_some_and(|sharding| !sharding.origins().is_empty());
        if let Some(machine) = session.machine.as_ref().filter(|_| !is_merged) {
            lines.push(format!(
                "machine: {}",
                machine.state.line(&machine.disturbance)
            ));
        }
        lines
    }
}

impl GateVerdict {
    /// The rules that time was judged by, and the budget that would settle every workload; empty if no time was measured.
    pub fn rules(&self) -> Vec<String> {
        if self.times.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![format!(
            "rules: margin {}; by design at most {} of gates on unchanged code are red by their time",
            share(self.margin),
            share(self.false_alarm)
        )];
        lines.extend(self.needs().map(|needs| format!("budget: {needs}")));
        lines.extend(
            self.single_layout
                .as_ref()
                .map(|why| format!("layout not averaged: {why}")),
        );
        lines
    }
}

fn floor_line(floor: &NoiseFloor, fair_seconds: f64) -> String {
    let name = format!(
        "{} in phase {}",
        floor.timed().workload,
        floor.timed().phase
    );
    let (change, spread) = match (floor.failure(), floor.change(), floor.spread()) {
        (Some(failure), ..) => return format!("{name} could not be measured: {failure}"),
        (None, Some(change), Some(spread)) => (change, spread),
        _ => return format!("its share of the budget is too short for a pair of {name}"),
    };
    let percent = |share: f64| 100.0 * share;
    let interval = floor.interval().map_or(String::new(), |ends| {
        format!(" [{:.2}, {:.2}]", percent(ends.low), percent(ends.high))
    });
    let detectable = match floor.minimum_detectable(fair_seconds) {
        Some(share) => format!(
            "minimum detectable effect in {fair_seconds:.0} s: {:+.1} %",
            percent(share)
        ),
        None => format!("{fair_seconds:.0} s are too short to detect a slowdown"),
    };
    format!(
        "base against base {:+.2} %{interval} in {} pairs of {name}, which scatter by {:.2} %; {detectable}",
        percent(change),
        floor.pairs(),
        percent(spread),
    )
}

#[cfg(test)]
mod tests {
    use harness_abtest::{Rules, WorkloadPairs};
    use harness_record::machine::Circumstances;
    use harness_record::machine::{Disturbance, MachineState};
    use harness_record::sample::{environment, scattered};
    use harness_record::session::{Accepted, Identical, Revision, Terms};

    use super::*;
    use crate::counts::SuiteVerdict;

    /// Pairs with a uniform scatter of up to `scatter`, whose heads are slower by the share `shift`.
    fn measured(pairs: usize, shift: f64, scatter: f64) -> WorkloadPairs {
        scattered("kernel/gelu", 9, pairs, 0.25, (shift, scatter))
    }

    fn session(head: WorkloadPairs, floor: WorkloadPairs) -> Session {
        let revision = Revision {
            commit: "0".repeat(40),
            dirty: false,
        };
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
                suite: None,
            },
            measured: vec![head],
            floor: vec![floor],
            machine: Some(Circumstances {
                state: MachineState::default(),
                disturbance: Disturbance::default(),
            }),
            counted: None,
            uncounted: false,
            untimed: false,
            limits: None,
            identical: Identical::default(),
            unmatched: Vec::new(),
            accepted: Accepted::default(),
            amended: Vec::new(),
            sharding: None,
        }
    }

    fn gate_verdict(head: WorkloadPairs, floor: WorkloadPairs) -> (GateVerdict, Vec<String>) {
        let session = session(head, floor);
        let gate_verdict = GateVerdict::of(&session).expect("no limits are read");
        let lines = gate_verdict.circumstances(&session);
        (gate_verdict, lines)
    }

    #[test]
    fn a_quiet_floor_is_printed_and_changes_no_verdict() {
        let (gate_verdict, lines) =
            gate_verdict(measured(40, 0.0, 0.003), measured(10, 0.0, 0.003));
        assert_eq!(
            gate_verdict.conclusion(),
            SuiteVerdict::Passed,
            "{}",
            gate_verdict.summary()
        );
        assert!(
            lines[1].starts_with("noise floor: base against base "),
            "{lines:?}"
        );
        assert!(
            lines[1].contains("in 10 pairs of kernel/gelu in phase optimized, which scatter by 0."),
            "{lines:?}"
        );
        assert!(
            lines[1].contains("; minimum detectable effect in 9 s: +0."),
            "{lines:?}"
        );
        assert_eq!(lines[2], "layouts: averaged over 64 of each side");
        assert!(
            lines[3].starts_with("machine: governor not visible, "),
            "{lines:?}"
        );
        assert!(
            self::gate_verdict(measured(40, 0.1, 0.003), measured(10, 0.0, 0.003))
                .0
                .conclusion()
                == SuiteVerdict::Regressed
        );
    }

    #[test]
    fn a_base_that_differs_from_itself_takes_back_a_red_verdict() {
        let (heads, floor) = (measured(40, 0.1, 0.003), measured(40, 0.05, 0.003));
        let (gate_verdict, _) = gate_verdict(heads.clone(), floor.clone());
        assert_eq!(gate_verdict.conclusion(), SuiteVerdict::Unjudged);
        assert!(gate_verdict.times[0].is_red && gate_verdict.red_times().next().is_none());
        assert!(
            gate_verdict.losses(&session(heads, floor)).is_empty(),
            "what was not judged cannot be accepted"
        );
        let summary = gate_verdict.summary();
        let expected = "NOT JUDGED: this machine is too noisy to judge time: the base differs from itself by +5.";
        assert!(summary.starts_with(expected), "{summary}");
    }

    #[test]
    fn a_wide_scatter_matters_only_if_a_workload_stays_inconclusive() {
        let noisy = || measured(10, 0.0, 0.4);
        assert_eq!(
            gate_verdict(measured(40, 0.0, 0.003), noisy())
                .0
                .conclusion(),
            SuiteVerdict::Passed
        );
        let (open, _) = gate_verdict(measured(3, 0.0, 0.4), noisy());
        assert_eq!(open.conclusion(), SuiteVerdict::Unjudged);
        assert!(
            open.summary()
                .contains("base-against-base pairs scatter by "),
            "{}",
            open.summary()
        );
    }

    #[test]
    fn several_threads_are_printed() {
        let mut session = session(measured(20, 0.0, 0.001), measured(20, 0.0, 0.001));
        let lines = |session: &Session| {
            GateVerdict::of(session)
                .expect("no limits")
                .circumstances(session)
                .join("\n")
        };
        assert!(!lines(&session).contains("threads"), "{}", lines(&session));
        session.terms.threads = 2;
        let of_two = "\nthreads: 2, not pinned to a core, so times scatter more";
        assert!(lines(&session).contains(of_two), "{}", lines(&session));
    }

    #[test]
    fn a_floor_without_pairs_states_the_reason() {
        let (gate_verdict, lines) = gate_verdict(measured(40, 0.0, 0.003), measured(0, 0.0, 0.0));
        assert_eq!(gate_verdict.conclusion(), SuiteVerdict::Passed);
        let why = "noise floor: its share of the budget is too short for a pair of kernel/gelu in phase optimized";
        assert_eq!(lines[1], why);
        let failed = WorkloadPairs {
            failure: Some("base side: wrong answer: 3".to_owned()),
            ..measured(0, 0.0, 0.0)
        };
        let (_, lines) = self::gate_verdict(measured(40, 0.0, 0.003), failed);
        assert_eq!(
            lines[1],
            "noise floor: kernel/gelu in phase optimized could not be measured: base side: wrong answer: 3"
        );
    }
}
