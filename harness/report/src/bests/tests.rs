//! Each best is one claim on one session.

use harness_record::sample::{clock, record, row};
use harness_record::{Check, RunScope};

use super::*;

/// A run of a day: `fast` after `naive`, with these nanoseconds for each.
fn run(day: u32, naive: u64, fast: u64) -> Record {
    let timed = |phase: &str, time: u64| {
        let times: Vec<u64> = (0..6).map(|round| time + round).collect();
        row("w", phase, vec![clock("s", &times)])
    };
    Record {
        created: format!("2026-01-0{day}T00:00:00Z"),
        ..record(vec![timed("naive", naive), timed("fast", fast)])
    }
}

fn anchors() -> Vec<String> {
    vec!["naive".to_owned()]
}

fn bests(runs: &[Record]) -> Bests {
    let (first, rest) = runs.split_first().expect("a run");
    let mut bests = Bests::of("first", first, &anchors()).expect("times");
    for record in rest {
        bests.add(&record.created, record, &anchors());
    }
    bests
}

fn of<'a>(bests: &'a Bests, phase: &str) -> &'a Best {
    let found = bests.bests.iter().find(|best| best.phase == phase);
    found.expect("a best")
}

#[test]
fn each_phase_has_its_own_session() {
    let runs = [
        run(1, 40_000, 10_000),
        run(2, 90_000, 5_000),
        run(3, 30_000, 8_000),
    ];
    let bests = bests(&runs);
    assert_eq!(
        (bests.sessions, bests.newest.as_str()),
        (3, "2026-01-03T00:00:00Z")
    );
    assert_eq!(of(&bests, "naive").created, "2026-01-03T00:00:00Z");
    let fast = of(&bests, "fast");
    assert_eq!(fast.created, "2026-01-02T00:00:00Z");
    // Everything beside it is of the same session, not the best of the other phase.
    let (anchor, gain) = &fast.over_anchors[0];
    assert_eq!(anchor, "naive");
    assert!((gain.value - 18.0).abs() < 0.02, "{gain:?}");
    let before = fast.before.as_ref().expect("naive");
    assert!(
        (before.value.value - 1e9 / 90_000.0).abs() < 2.0,
        "{before:?}"
    );
    assert_eq!(before.step, Some(*gain));
}

#[test]
fn a_run_that_does_not_count_changes_nothing() {
    let good = run(1, 40_000, 10_000);
    let scope = RunScope {
        filters: Vec::new(),
        phases: vec!["fast".to_owned()],
        quick: false,
        instruments: Vec::new(),
        isa: None,
        shard: None,
    };
    let better = || run(2, 4_000, 1_000);
    let changed = |change: &dyn Fn(&mut Record)| {
        let mut record = better();
        change(&mut record);
        record
    };
    let runs = [
        good,
        changed(&|record| record.quick = true),
        changed(&|record| record.asked = vec![scope.clone()]),
        changed(&|record| {
            record
                .rows
                .iter_mut()
                .for_each(|row| row.check = Check::Failed("no".to_owned()));
        }),
        changed(&|record| {
            record
                .rows
                .iter_mut()
                .for_each(|row| row.definition = "other".to_owned());
        }),
    ];
    let bests = bests(&runs);
    assert_eq!(bests.sessions, 1);
    assert_eq!(of(&bests, "fast").created, "2026-01-01T00:00:00Z");
}

#[test]
fn uncommitted_changes_are_marked() {
    let mut dirty = run(1, 40_000, 10_000);
    dirty.environment.dirty = Some(true);
    let bests = bests(&[dirty]);
    assert!(of(&bests, "fast").words[1].contains("uncommitted"));
}

#[test]
fn a_value_with_an_interval_beats_one_without() {
    let mut short = run(2, 4_000, 1_000);
    for row in &mut short.rows {
        row.readings = vec![clock("s", &[1_000])];
    }
    let bests = bests(&[run(1, 40_000, 10_000), short]);
    assert_eq!(of(&bests, "fast").created, "2026-01-01T00:00:00Z");
}

#[test]
fn all_records_of_a_folder_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |record: &Record| {
        let name = format!("{}.json", record.created.replace(':', ""));
        record.write(&folder.path().join(name)).expect("written");
    };
    write(&run(1, 40_000, 5_000));
    write(&run(3, 30_000, 8_000));
    let mut elsewhere = run(2, 4_000, 1_000);
    elsewhere.environment.cpu = "another machine".to_owned();
    write(&elsewhere);
    let commands = crate::Commands {
        ablation: String::new(),
        growth: String::new(),
        matrix: String::new(),
    };
    let newest = run(4, 35_000, 9_000);
    let path = folder.path().join("in-memory.json");
    let first = Some((path.as_path(), &newest));
    let report_data = crate::gather(folder.path(), first, Some("w"), &anchors(), commands);
    let report_data = report_data.expect("readable").expect("records");
    let bests = report_data.bests.as_ref().expect("times");
    assert_eq!(bests.sessions, 3);
    assert_eq!(of(bests, "naive").created, "2026-01-03T00:00:00Z");
    assert_eq!(of(bests, "fast").created, "2026-01-01T00:00:00Z");
    assert_eq!(bests.newest, newest.created);
    let section = section(&report_data).expect("bests");
    assert_eq!(section.tables[0].rows.len(), 2);
    assert!(section.tables[0].rows[1][0].text == "fast");
}
