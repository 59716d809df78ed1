//! The same for gates against a revision.

use harness_abtest::{TimedPhase, WorkloadPairs};
use proptest::prelude::*;

use super::{numbered, plan, whole};
use crate::Record;
use crate::merge::{Named, sessions};
use crate::sample::session;
use crate::session::{Counted, Layouts, Session};
use crate::shard::{Part, Sharding};

/// A gate over the planned workloads, with times and counts.
fn gate(part: &mut Part) -> Session {
    part.timed = part
        .workloads
        .iter()
        .filter(|one| one.shard.is_some())
        .map(|one| TimedPhase {
            workload: one.workload.clone(),
            phase: "fast".to_owned(),
        })
        .collect();
    part.budget_milliseconds = 15_000;
    let mut gate = session(&[0.0, 0.01]);
    let pairs = gate.measured.remove(0);
    gate.measured = part
        .timed
        .iter()
        .map(|timed| WorkloadPairs {
            timed: timed.clone(),
            ..pairs.clone()
        })
        .collect();
    let counts = Record {
        asked: Vec::new(),
        spent: Vec::new(),
        ..whole(part)
    };
    let limits = "schema = 1\n".to_owned();
    gate.counted = Some(Counted {
        base: counts.clone(),
        head: counts,
        limits,
    });
    gate
}

/// What each shard would have measured of a gate.
fn split_gate(part: &Part, whole: &Session) -> Vec<Named<Session>> {
    let shard = |number| {
        let part = numbered(part, number);
        let mut session = whole.clone();
        session
            .measured
            .retain(|pairs| part.has(&pairs.timed.workload));
        if let Some(Counted { base, head, .. }) = &mut session.counted {
            for side in [base, head] {
                side.rows.retain(|row| part.has(&row.workload));
            }
        }
        session.terms.budget_seconds = part.budget_seconds(number);
        session.terms.suite = Some(part.timed.len());
        session.command = format!("{} --shard={}", whole.command, part.shard);
        session.sharding = Some(Sharding::Part(part));
        Named {
            name: format!("{number}.json"),
            content: session,
        }
    };
    (1..=part.shard.of()).map(shard).collect()
}

proptest! {
    #[test]
    fn merged_gates_are_the_whole_and_keep_its_level(costs in prop::collection::vec(0..100_u64, 1..9), shards in 1..5_u32) {
        let mut part = plan(&costs, shards);
        let whole = gate(&mut part);
        let parts = split_gate(&part, &whole);
        for shard in &parts {
            prop_assert_eq!(shard.content.suite_size(), whole.measured.len());
        }
        let merged = sessions(parts).expect("they belong together");
        prop_assert!(merged.dropped.is_empty());
        prop_assert_eq!(merged.whole.suite_size(), whole.measured.len());
        let mut found = Session { sharding: None, ..merged.whole };
        prop_assert!((found.terms.budget_seconds - whole.terms.budget_seconds).abs() < 1e-9);
        found.terms.budget_seconds = whole.terms.budget_seconds;
        let Some(Counted { base, head, .. }) = &mut found.counted else { unreachable!("counted") };
        (base.command, head.command) = (whole.command.clone(), whole.command.clone());
        let mut whole = whole;
        let Some(Counted { base, head, .. }) = &mut whole.counted else { unreachable!("counted") };
        (base.command, head.command) = (whole.command.clone(), whole.command.clone());
        prop_assert_eq!(found, whole);
    }
}

#[test]
fn a_dropped_pair_fails_and_other_rules_are_refused() {
    let mut part = plan(&[5, 4, 3], 2);
    let whole = gate(&mut part);
    let parts = || split_gate(&part, &whole);
    let mut dropped = parts();
    dropped[0].content.measured.clear();
    let merged = sessions(dropped).expect("complete");
    assert_eq!(
        merged.dropped,
        ["the time of w0 in phase fast was dropped: shard 1/2 should have measured it"]
    );
    assert!(merged.whole.measured[0].failure.is_some());

    let refused = |change: &dyn Fn(&mut Session)| {
        let mut parts = parts();
        change(&mut parts[1].content);
        sessions(parts).expect_err("refused").to_string()
    };
    let base = refused(&|session| session.base.commit = "1".to_owned());
    assert!(base.starts_with("the bases differ: "), "{base}");
    let margin = refused(&|session| session.terms.rules.margin = 0.5);
    assert!(
        margin.starts_with("the rules of measuring and judging time differ: "),
        "{margin}"
    );
    let layout = refused(&|session| session.terms.layouts = Layouts::Single("no LLD".to_owned()));
    assert!(layout.starts_with("the treatments of layout differ: 1.json has averaged layouts, 2.json has one layout (no LLD)"), "{layout}");
    let limits = refused(&|session| session.counted.as_mut().expect("counted").limits.push('#'));
    assert!(
        limits.starts_with("the limits of the base differ: "),
        "{limits}"
    );
    let same = refused(&|session| session.identical.time = true);
    assert!(
        same.starts_with("the comparisons of the programs differ: "),
        "{same}"
    );
}
