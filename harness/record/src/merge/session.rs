//! Joins the sessions of shards of a gate against a revision.
//!
//! Each shard was measured with the error rate of the whole: its tests confirm a change at the level that belongs to the
//! number of workloads of all shards. The merged session has all of them, so its verdict follows from the same level.

use harness_abtest::WorkloadPairs;

use crate::Record;
use crate::merge::order::{self, HasShard};
use crate::merge::record::{joined, rows, skipped};
use crate::merge::{MergeError, Merged, Named, environment, whole_command};
use crate::session::{Counted, Layouts, Session, Terms};
use crate::shard::{Origin, Part, Shard, Sharding};

impl HasShard for Session {
    fn sharding(&self) -> Option<&Sharding> {
        self.sharding.as_ref()
    }
}

/// Joins the sessions of all shards of a gate.
///
/// # Errors
/// If the shards do not belong together, or are not complete.
pub fn sessions(shards: Vec<Named<Session>>) -> Result<Merged<Session>, MergeError> {
    let Some((first, rest)) = shards.split_first() else {
        return Err(MergeError::Nothing);
    };
    for other in rest {
        let commit = |commit: &String| commit.clone();
        first.same(
            other,
            "the bases",
            |session| session.base.commit.clone(),
            commit,
        )?;
        environment::compatible(first, other, |session| &session.environment)?;
    }
    for other in rest {
        order::same_plan(first, other)?;
        same_settings(first, other)?;
    }
    let shards = order::sorted(shards)?;
    let part = order::part(&shards[0])?.clone();
    let (measured, mut dropped) = measured(&part, &shards)?;
    let (counted, of_counts) = counted(&part, &shards)?;
    dropped.extend(of_counts);
    let sessions = || shards.iter().map(|one| &one.content);
    let first = &shards[0].content;
    let created = sessions().map(|session| session.created.as_str()).min();
    let mut states = sessions().filter_map(|session| session.machine.as_ref());
    let machine = states
        .next()
        .filter(|first| states.all(|other| other == *first))
        .cloned();
    let whole = Session {
        created: created.unwrap_or(&first.created).to_owned(),
        command: whole_command(&first.command),
        environment: environment::merged(sessions().map(|session| &session.environment)),
        terms: terms(&shards),
        measured,
        floor: sessions()
            .flat_map(|session| session.floor.clone())
            .collect(),
        machine,
        counted,
        uncounted: sessions().any(|session| session.uncounted),
        untimed: sessions().any(|session| session.untimed),
        sharding: Some(Sharding::Merged(origins(&part, &shards))),
        ..first.clone()
    };
    Ok(Merged {
        whole,
        skipped: skipped(&part),
        dropped,
    })
}

/// Refuses shards that were measured or would be judged by different rules.
fn same_settings(first: &Named<Session>, other: &Named<Session>) -> Result<(), MergeError> {
    let plain = |text: &String| text.clone();
    // Seed, core and share of the budget belong to a machine; layouts are compared below.
    let terms = |session: &Session| {
        let shared = Terms {
            budget_seconds: 0.0,
            floor_seconds: 0.0,
            seed: 0,
            core: None,
            layouts: Layouts::Untimed,
            ..session.terms.clone()
        };
        format!("{shared:?}")
    };
    first.same(
        other,
        "the rules of measuring and judging time",
        terms,
        plain,
    )?;
    let layouts = |session: &Session| match &session.terms.layouts {
        Layouts::Untimed => None,
        Layouts::Averaged(_) => Some("averaged layouts".to_owned()),
        Layouts::SameFile => Some("the same file on both sides".to_owned()),
        Layouts::Single(why) => Some(format!("one layout ({why})")),
    };
    if let (Some(here), Some(there)) = (layouts(&first.content), layouts(&other.content))
        && here != there
    {
        return Err(first.differs(other, "the treatments of layout", [here, there]));
    }
    let limits = |session: &Session| {
        let of_counts = session
            .counted
            .as_ref()
            .map(|counted| counted.limits.clone());
        (session.limits.clone(), of_counts)
    };
    let (here, there) = (limits(&first.content), limits(&other.content));
    let counts_differ = here.1.is_some() && there.1.is_some() && here.1 != there.1;
    if here.0 != there.0 || counts_differ {
        let one = || "its own".to_owned();
        return Err(first.differs(other, "the limits of the base", [one(), one()]));
    }
    first.same(
        other,
        "the accepted regressions",
        |session| session.accepted.clone(),
        |one| format!("{} and {} bytes", one.base.len(), one.head.len()),
    )?;
    first.same(
        other,
        "the changes of the rules",
        |session| session.amended.join("; "),
        plain,
    )?;
    first.same(
        other,
        "the workloads that do not match",
        |session| session.unmatched.join("; "),
        plain,
    )?;
    let identical = |session: &Session| (session.identical.time, session.identical.counts);
    first.same(
        other,
        "the comparisons of the programs",
        identical,
        |same| match same {
            (_, true) => "identical programs".to_owned(),
            (true, false) => "identical timed programs".to_owned(),
            _ => "programs that differ".to_owned(),
        },
    )
}

/// The terms of the whole. The budget is the sum of those of the shards.
fn terms(shards: &[Named<Session>]) -> Terms {
    let all = || shards.iter().map(|one| &one.content.terms);
    let first = &shards[0].content.terms;
    let mut averaged = all().filter_map(|terms| match terms.layouts {
        Layouts::Averaged(count) => Some(count),
        _ => None,
    });
    let layouts = match averaged.next() {
        Some(count) => Layouts::Averaged(averaged.fold(count, usize::min)),
        None => all()
            .find(|terms| terms.layouts != Layouts::Untimed)
            .unwrap_or(first)
            .layouts
            .clone(),
    };
    Terms {
        budget_seconds: all().map(|terms| terms.budget_seconds).sum(),
        floor_seconds: all().map(|terms| terms.floor_seconds).sum(),
        core: Some(first.core)
            .filter(|core| all().all(|terms| terms.core == *core))
            .flatten(),
        suite: None,
        layouts,
        ..first.clone()
    }
}

/// The pairs of all timed phases, in the order of the suite, and a sentence on each that was dropped.
fn measured(
    part: &Part,
    shards: &[Named<Session>],
) -> Result<(Vec<WorkloadPairs>, Vec<String>), MergeError> {
    for (number, named) in (1..).zip(shards) {
        let own = |pairs: &&WorkloadPairs| part.timed_by(number).any(|timed| *timed == pairs.timed);
        if let Some(pairs) = named.content.measured.iter().find(|pairs| !own(pairs)) {
            let place = format!("{} in phase {}", pairs.timed.workload, pairs.timed.phase);
            return Err(MergeError::Foreign(named.name.clone(), place));
        }
    }
    let (mut all, mut dropped) = (Vec::new(), Vec::new());
    if shards[0].content.identical.time {
        return Ok((all, dropped));
    }
    for timed in &part.timed {
        let planned = part
            .workloads
            .iter()
            .find(|one| one.workload == timed.workload);
        let Some(number) = planned.and_then(|one| one.shard) else {
            continue;
        };
        let session = &shards[number as usize - 1].content;
        let pairs = session.measured.iter().find(|pairs| pairs.timed == *timed);
        all.push(pairs.cloned().unwrap_or_else(|| {
            let shard = Shard::new(number, part.shard.of())
                .map_or(String::new(), |shard| shard.to_string());
            let why = format!("dropped: shard {shard} should have measured it");
            dropped.push(format!(
                "the time of {} in phase {} was {why}",
                timed.workload, timed.phase
            ));
            WorkloadPairs {
                timed: timed.clone(),
                pairs: Vec::new(),
                failure: Some(why),
            }
        }));
    }
    Ok((all, dropped))
}

/// The counts of both sides, and a sentence on each row that was dropped.
fn counted(
    part: &Part,
    shards: &[Named<Session>],
) -> Result<(Option<Counted>, Vec<String>), MergeError> {
    let all = || shards.iter().map(|one| one.content.counted.as_ref());
    let Some(some) = all().flatten().next() else {
        return Ok((None, Vec::new()));
    };
    let side = |side: fn(&Counted) -> &Record| {
        // A shard without counts has no rows.
        let empty = Record {
            rows: Vec::new(),
            spent: Vec::new(),
            resumed: Vec::new(),
            ..side(some).clone()
        };
        let records = all().map(|counted| counted.map_or(&empty, side));
        let named: Vec<(&str, &Record)> = shards
            .iter()
            .map(|one| one.name.as_str())
            .zip(records)
            .collect();
        let (rows, dropped) = rows(part, &named)?;
        let records: Vec<&Record> = all().flatten().map(side).collect();
        Ok((joined(&records, rows), dropped))
    };
    let (base, dropped) = side(|counted| &counted.base)?;
    let (head, _) = side(|counted| &counted.head)?;
    let limits = some.limits.clone();
    Ok((Some(Counted { base, head, limits }), dropped))
}

fn origins(part: &Part, shards: &[Named<Session>]) -> Vec<Origin> {
    let origin = |(number, one): (u32, &Named<Session>)| {
        Some(Origin {
            shard: Shard::new(number, part.shard.of())?,
            created: one.content.created.clone(),
            environment: one.content.environment.clone(),
            machine: one.content.machine.clone(),
            workloads: part
                .of_shard(number)
                .map(|one| one.workload.clone())
                .collect(),
        })
    };
    (1..).zip(shards).filter_map(origin).collect()
}
