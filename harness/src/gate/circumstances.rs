//! What the machine made of the measuring: the noise floor, and the state it was in.

use super::{Ruling, Session, Word};
use crate::layout::Layouts;
use crate::paired::Floor;

/// Pairs of one build that scatter more than this (standard deviation, as a share) find nothing that matters in any
/// budget that a gate has.
const TOO_NOISY: f64 = 0.05;

impl Ruling {
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
        (spread > TOO_NOISY && self.times_that(Word::Inconclusive) > 0).then(|| {
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
            lines.push(format!("machine: {}", machine.state.line(&machine.strain)));
        }
        lines
    }
}

fn floor_line(floor: &Floor, fair_seconds: f64) -> String {
    let name = format!("{} in phase {}", floor.entrant().workload, floor.entrant().phase);
    let (change, spread) = match (floor.failure(), floor.change(), floor.spread()) {
        (Some(failure), ..) => return format!("{name} could not be measured: {failure}"),
        (None, Some(change), Some(spread)) => (change, spread),
        _ => return format!("its share of the budget is too short for a pair of {name}"),
    };
    let percent = |share: f64| 100.0 * share;
    let interval = floor
        .interval()
        .map_or(String::new(), |ends| format!(" [{:+.2}, {:+.2}]", percent(ends.low), percent(ends.high)));
    let found = match floor.smallest_found(fair_seconds) {
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
    use crate::machine::{State, Strain};
    use crate::paired::{Entrant, Lane, Pair, Rules, Side, Slice};
    use crate::record::sample::environment;
    use crate::render::Tone;
    use crate::statistics::Random;
    use crate::verdict::Conclusion;

    /// Pairs that scatter evenly by up to `scatter`, whose heads take `shift` longer.
    fn lane(pairs: usize, shift: f64, scatter: f64) -> Lane {
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
        Lane {
            entrant: Entrant { workload: "kernel/gelu".to_owned(), phase: "optimized".to_owned() },
            pairs,
            failure: None,
        }
    }

    fn session(head: Lane, floor: Lane) -> Session {
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
            lanes: vec![head],
            floor: vec![floor],
            machine: Some(Circumstances { state: State::default(), strain: Strain::default() }),
            counted: None,
            uncounted: false,
            identical: Identical::default(),
            unmatched: Vec::new(),
            accepted: Accepted::default(),
            amended: Vec::new(),
        }
    }

    fn ruling(head: Lane, floor: Lane) -> (Ruling, Vec<String>) {
        let session = session(head, floor);
        let ruling = Ruling::of(&session).expect("no limits are read");
        let told = ruling.circumstances(&session);
        (ruling, told)
    }

    #[test]
    fn a_quiet_floor_is_told_and_changes_no_verdict() {
        let (ruling, told) = ruling(lane(40, 0.0, 0.003), lane(10, 0.0, 0.003));
        assert_eq!(ruling.conclusion(), Conclusion::Passed, "{}", ruling.summary());
        assert!(told[0].starts_with("noise floor: base against base "), "{told:?}");
        assert!(told[0].contains("in 10 pairs of kernel/gelu in phase optimized, which scatter by 0."), "{told:?}");
        assert!(told[0].contains("; in 9 s a slowdown of +0."), "{told:?}");
        assert_eq!(told[1], "layouts: averaged over 64 of each side");
        assert!(told[2].starts_with("machine: governor not visible, "), "{told:?}");
        assert!(self::ruling(lane(40, 0.1, 0.003), lane(10, 0.0, 0.003)).0.conclusion() == Conclusion::Regressed);
    }

    #[test]
    fn a_base_that_differs_from_itself_takes_back_a_red_verdict() {
        let (heads, floor) = (lane(40, 0.1, 0.003), lane(40, 0.05, 0.003));
        let (ruling, _) = ruling(heads.clone(), floor.clone());
        assert_eq!(ruling.conclusion(), Conclusion::Unjudged);
        assert!(ruling.times[0].is_red && ruling.red_times().next().is_none());
        assert_eq!(ruling.times_table(false).rows[0][2].tone, Tone::Notice);
        assert!(ruling.losses(&session(heads, floor)).is_empty(), "what was not judged cannot be accepted");
        let summary = ruling.summary();
        let told = "NOT JUDGED: this machine is too noisy to judge time: the base differs from itself by +5.";
        assert!(summary.starts_with(told), "{summary}");
    }

    #[test]
    fn a_wide_scatter_matters_only_where_something_could_not_be_told() {
        let noisy = || lane(10, 0.0, 0.4);
        assert_eq!(ruling(lane(40, 0.0, 0.003), noisy()).0.conclusion(), Conclusion::Passed);
        let (open, _) = ruling(lane(3, 0.0, 0.4), noisy());
        assert_eq!(open.conclusion(), Conclusion::Unjudged);
        assert!(open.summary().contains("pairs of the base itself scatter by "), "{}", open.summary());
    }

    #[test]
    fn several_threads_are_told() {
        let mut session = session(lane(20, 0.0, 0.001), lane(20, 0.0, 0.001));
        let told = |session: &Session| Ruling::of(session).expect("no limits").circumstances(session).join("\n");
        assert!(!told(&session).contains("threads"), "{}", told(&session));
        session.terms.threads = 2;
        let of_two = "\nthreads: 2, kept on no core, so that times scatter more";
        assert!(told(&session).contains(of_two), "{}", told(&session));
    }

    #[test]
    fn a_floor_without_pairs_says_why() {
        let (ruling, told) = ruling(lane(40, 0.0, 0.003), lane(0, 0.0, 0.0));
        assert_eq!(ruling.conclusion(), Conclusion::Passed);
        let why = "noise floor: its share of the budget is too short for a pair of kernel/gelu in phase optimized";
        assert_eq!(told[0], why);
        let failed = Lane { failure: Some("base side: wrong answer: 3".to_owned()), ..lane(0, 0.0, 0.0) };
        let (_, told) = self::ruling(lane(40, 0.0, 0.003), failed);
        assert_eq!(
            told[0],
            "noise floor: kernel/gelu in phase optimized could not be measured: base side: wrong answer: 3"
        );
    }
}
