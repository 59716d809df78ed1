//! Shards that belong together become the whole again, and all others are refused by name.

mod gates;

use harness_probe::{Instrument, Unit};
use proptest::prelude::*;

use super::*;
use crate::sample::{callgrind, record, row};
use crate::shard::{Part, Planned, Sharding};
use crate::{Environment, Record, RunScope, Spent};

/// A suite of these workloads in two phases, of which the last one is left out, as planned by the first shard.
fn plan(costs: &[u64], shards: u32) -> Part {
    let planned = |(place, _): (usize, &u64)| Planned {
        workload: format!("w{place}"),
        unit: Unit {
            name: "token".to_owned(),
            per_run: 1,
        },
        definition: format!("definition-of-w{place}"),
        answer: format!("answer-of-w{place}"),
        phases: vec!["naive".to_owned(), "fast".to_owned()],
        instruments: vec![Instrument::Callgrind],
        shard: None,
    };
    let mut workloads: Vec<Planned> = costs.iter().enumerate().map(planned).collect();
    let left_out = Planned {
        workload: "left-out".to_owned(),
        phases: Vec::new(),
        ..planned((costs.len(), &0))
    };
    workloads.push(left_out);
    let cost = |one: &Planned| {
        costs
            .get(one.workload.strip_prefix('w')?.parse::<usize>().ok()?)
            .copied()
    };
    let shard = Shard::new(1, shards).expect("a shard");
    Part::new(shard, "costs.csv".to_owned(), workloads, cost).0
}

fn scope() -> RunScope {
    RunScope {
        filters: vec!["w*".to_owned()],
        phases: Vec::new(),
        quick: false,
        instruments: vec![Instrument::Callgrind],
        isa: None,
        shard: None,
    }
}

/// The record of a run on one machine.
fn whole(part: &Part) -> Record {
    let selected = part.workloads.iter().filter(|one| one.shard.is_some());
    let rows = selected.flat_map(|one| {
        one.phases
            .iter()
            .map(|phase| row(&one.workload, phase, vec![callgrind(7)]))
    });
    let rows: Vec<_> = rows.collect();
    let spent = rows.iter().map(|row| Spent {
        workload: row.workload.clone(),
        phase: row.phase.clone(),
        instrument: Instrument::Callgrind,
        seconds: 1.5,
    });
    let mut whole = Record {
        asked: vec![scope()],
        spent: spent.collect(),
        ..record(rows)
    };
    whole.command = "harness run --filter w*".to_owned();
    whole.about.workloads.extend(
        part.workloads
            .iter()
            .filter(|one| one.shard.is_some())
            .map(|one| (one.workload.clone(), "about".to_owned())),
    );
    whole
}

fn numbered(part: &Part, number: u32) -> Part {
    Part {
        shard: Shard::new(number, part.shard.of()).expect("a shard"),
        ..part.clone()
    }
}

/// What each shard would have measured of a record.
fn split(part: &Part, whole: &Record) -> Vec<Named<Record>> {
    let shard = |number| {
        let part = numbered(part, number);
        let mut record = whole.clone();
        record.rows.retain(|row| part.has(&row.workload));
        record.spent.retain(|spent| part.has(&spent.workload));
        record.about.workloads.retain(|id, _| part.has(id));
        record.command = format!(
            "{} --shard {} --out {number}.json",
            whole.command, part.shard
        );
        record
            .asked
            .iter_mut()
            .for_each(|scope| scope.shard = Some(part.shard));
        record.sharding = Some(Sharding::Part(part));
        Named {
            name: format!("{number}.json"),
            content: record,
        }
    };
    (1..=part.shard.of()).map(shard).collect()
}

fn without_trace(merged: Merged<Record>) -> Record {
    Record {
        sharding: None,
        ..merged.whole
    }
}

fn refused(shards: Vec<Named<Record>>) -> String {
    records(shards).expect_err("refused").to_string()
}

/// Three shards, after a change of the second one.
fn changed(change: impl Fn(&mut Record)) -> String {
    let part = plan(&[5, 4, 3, 2, 1], 3);
    let mut shards = split(&part, &whole(&part));
    change(&mut shards[1].content);
    refused(shards)
}

fn part_of(record: &mut Record) -> &mut Part {
    match record.sharding.as_mut().expect("a shard") {
        Sharding::Part(part) => part,
        Sharding::Merged(_) => unreachable!("a shard"),
    }
}

proptest! {
    #[test]
    fn merged_shards_are_the_whole(costs in prop::collection::vec(0..100_u64, 0..12), shards in 1..8_u32, turn in 0..8_usize) {
        let part = plan(&costs, shards);
        let whole = whole(&part);
        let mut parts = split(&part, &whole);
        let turn = turn % parts.len();
        parts.rotate_left(turn);
        let merged = records(parts).expect("they belong together");
        prop_assert_eq!(&merged.skipped, &["left-out"]);
        prop_assert!(merged.dropped.is_empty());
        prop_assert_eq!(merged.whole.sharding.as_ref().map(|one| one.origins().len()), Some(shards as usize));
        prop_assert_eq!(without_trace(merged), whole);
    }

    #[test]
    fn a_merged_record_is_read_back(shards in 1..4_u32) {
        let part = plan(&[3, 2, 1], shards);
        let merged = records(split(&part, &whole(&part))).expect("they belong together").whole;
        let text = merged.to_json();
        prop_assert_eq!(Kind::of(&text), Some(Kind::Record));
        prop_assert_eq!(Record::parse(&text, Path::new("x")).expect("read"), merged);
    }
}

#[test]
fn a_missing_and_a_duplicate_shard_are_named() {
    let part = plan(&[9, 8, 3, 2, 1], 3);
    let all = || split(&part, &whole(&part));
    let mut missing = all();
    missing.remove(1);
    assert_eq!(
        refused(missing),
        "shard 2/3 is missing, which measures w1; nothing was merged"
    );
    let mut twice = all();
    twice[2] = twice[0].clone();
    twice[2].name = "again.json".to_owned();
    assert_eq!(
        refused(twice),
        "1.json and again.json are both shard 1/3; nothing was merged"
    );
    let mut whole = all();
    whole[1].content.sharding = None;
    assert!(refused(whole).starts_with("2.json is no shard: "));
    assert_eq!(refused(Vec::new()), "there is no shard to merge");
}

#[test]
fn a_dropped_workload_is_failed_and_a_foreign_one_refused() {
    let part = plan(&[9, 8, 3, 2, 1], 3);
    let mut shards = split(&part, &whole(&part));
    shards[1].content.rows.pop();
    let merged = records(shards).expect("complete");
    assert_eq!(
        merged.dropped,
        ["w1 in phase fast was dropped: shard 2/3 should have measured it"]
    );
    let row = merged.whole.row("w1", "fast").expect("it stays visible");
    assert!(!row.check.is_fine() && row.failure(Instrument::Callgrind).is_some());
    assert_eq!(merged.whole.rows.len(), 10);

    let mut shards = split(&part, &whole(&part));
    let foreign = shards[0].content.rows[0].clone();
    shards[1].content.rows.push(foreign);
    assert_eq!(
        refused(shards),
        "2.json has readings of w0 in phase naive, which is no workload of its shard; nothing was merged"
    );
}

#[test]
fn shards_that_do_not_belong_together_are_refused_by_name() {
    let expect = |found: String, expected: &str| {
        let both = format!("{expected}; nothing was merged");
        assert_eq!(found, both);
    };
    let revision = changed(|record| record.environment.revision = Some("fedc".to_owned()));
    expect(
        revision,
        "the revisions differ: 1.json has 0123456789abcdef, 2.json has fedc",
    );
    let dirty = changed(|record| record.environment.dirty = Some(true));
    expect(
        dirty,
        "the revisions differ: 1.json has 0123456789abcdef, 2.json has 0123456789abcdef with uncommitted changes",
    );
    let compiler = changed(|record| record.environment.rustc = "rustc 2.0.0".to_owned());
    expect(
        compiler,
        "the compilers differ: 1.json has rustc 1.95.0, 2.json has rustc 2.0.0",
    );
    let flags = changed(|record| record.environment.rustflags = "-C x".to_owned());
    expect(
        flags,
        "the compiler flags differ: 1.json has ``, 2.json has `-C x`",
    );
    let definition = changed(|record| part_of(record).workloads[0].definition = "other".to_owned());
    expect(
        definition,
        "the definitions of w0 differ: 1.json has definition-of-w0, 2.json has other",
    );
    let answer = changed(|record| part_of(record).workloads[2].answer = "other".to_owned());
    expect(
        answer,
        "the expected answers of w2 differ: 1.json has answer-of-w2, 2.json has other",
    );
    let fewer = changed(|record| _ = part_of(record).workloads.pop());
    expect(
        fewer,
        "the workloads of the suites differ: 1.json has left-out, 2.json has no more workload",
    );
    let phases = changed(|record| _ = part_of(record).workloads[0].phases.pop());
    expect(
        phases,
        "the selected phases and instruments of w0 differ: 1.json has naive, fast by callgrind, 2.json has naive by callgrind",
    );
    let number = changed(|record| part_of(record).shard = Shard::new(2, 4).expect("a shard"));
    expect(
        number,
        "the numbers of shards differ: 1.json has 3 shards, 2.json has 4 shards",
    );
    let split = changed(|record| part_of(record).split = "0".to_owned());
    assert!(
        split.starts_with("the splits differ: 1.json has split ")
            && split.contains("split 0 by costs.csv"),
        "{split}"
    );
    let quick = changed(|record| record.quick = true);
    assert!(
        quick.starts_with("the selections of the runs differ: "),
        "{quick}"
    );
}

#[test]
fn shards_of_several_machines_have_counts_but_no_common_time() {
    let part = plan(&[5, 4, 3], 2);
    let mut shards = split(&part, &whole(&part));
    shards[1].content.environment.cpu = "another".to_owned();
    let merged = records(shards).expect("machines may differ").whole;
    assert!(merged.environment.cpu.starts_with("several machines ("));
    assert!(!merged.environment.same_machine(&merged.environment));
    assert!(
        merged
            .environment
            .same_toolchain(&record(Vec::new()).environment)
    );
}

#[test]
fn the_command_of_the_whole_names_no_shard() {
    let found = [
        "harness run --shard 1/2 --out a.json --quick",
        "harness run --quick --shard=1/2",
    ]
    .map(whole_command);
    assert_eq!(found, ["harness run --quick", "harness run --quick"]);
}

#[test]
fn a_file_is_recognized_by_its_fields() {
    assert_eq!(Kind::of("[]"), None);
    assert_eq!(Kind::of("[1, 2]"), None);
    assert_eq!(Kind::of("{\"rows\": 3}"), Some(Kind::Record));
    assert_eq!(Kind::of("{\"lanes\": []}"), Some(Kind::Session));
    assert_eq!(Kind::of("{"), None);
}

#[test]
fn no_environment_is_lost() {
    let part = plan(&[1, 1], 2);
    let mut shards = split(&part, &whole(&part));
    shards[1].content.environment = Environment {
        kernel: "9".to_owned(),
        ..shards[1].content.environment.clone()
    };
    let merged = records(shards).expect("machines may differ").whole;
    let kernels: Vec<&str> = merged
        .sharding
        .as_ref()
        .expect("merged")
        .origins()
        .iter()
        .map(|one| one.environment.kernel.as_str())
        .collect();
    assert_eq!(kernels[1], "9");
}
