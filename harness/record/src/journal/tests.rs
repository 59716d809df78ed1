//! Tests of the journal: what is stored is found again, by one process only.

use proptest::prelude::*;

use super::read::Lines;
use super::*;
use crate::sample::clock;

fn started(created: &str) -> Started {
    let condition = |name: &str, value: &str| Condition {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    Started {
        created: created.to_owned(),
        command: "harness run".to_owned(),
        readings: 7,
        conditions: vec![condition("the compiler", "A"), condition("the CPU", "B")],
    }
}

fn finished(workload: &str) -> Finished {
    let phase = |name: &str| FinishedPhase {
        phase: name.to_owned(),
        reading: clock("session", &[100, 200]),
        check: Some(Check::Passed),
    };
    Finished {
        workload: workload.to_owned(),
        instrument: Instrument::Clock,
        seconds: 0.25,
        phases: vec![phase("naive"), phase("fast")],
        machine: Some(Circumstances::default()),
    }
}

fn begun(records: &std::path::Path, created: &str, workloads: &[&str]) -> Journal {
    let mut journal = Journal::begin(records, started(created)).expect("begun");
    for workload in workloads {
        journal.store(finished(workload)).expect("stored");
    }
    journal
}

/// The journals of interrupted runs. Waits while a process that another test is starting still has the locks of this one.
fn interrupted(records: &std::path::Path) -> Vec<Interrupted> {
    for _ in 0..100 {
        let found = find(records);
        if found.running == 0 {
            return found.interrupted;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("a journal of an ended run is still locked");
}

/// The lines of the only journal.
fn file(records: &std::path::Path) -> PathBuf {
    find::folders(records)[0].join(LINES)
}

#[test]
fn a_journal_is_found_once_its_process_is_gone_and_continued() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = folder.path();
    let journal = begun(records, "2026-01-02T03:04:05Z", &["a", "b"]);
    let while_running = find(records);
    assert_eq!(
        (while_running.interrupted.len(), while_running.running),
        (0, 1)
    );
    drop(journal);

    let mut found = interrupted(records);
    let one = found.pop().expect("interrupted");
    assert_eq!(
        (one.run(), one.kept()),
        (&started("2026-01-02T03:04:05Z"), 4)
    );
    let kept: Vec<_> = one
        .finished()
        .map(|(part, one)| (part, one.clone()))
        .collect();
    assert_eq!(kept, [(0, finished("a")), (0, finished("b"))]);
    assert_eq!(find(records).running, 1, "it has an owner now");

    let mut journal = one.resume("2026-01-02T04:00:00Z").expect("resumed");
    journal.store(finished("c")).expect("stored");
    drop(journal);
    let one = interrupted(records).pop().expect("interrupted again");
    assert_eq!(one.resumed(), ["2026-01-02T04:00:00Z"]);
    assert_eq!(one.finished().last(), Some((1, &finished("c"))));
    one.resume("2026-01-02T05:00:00Z")
        .and_then(Journal::remove)
        .expect("removed");
    assert_eq!(std::fs::read_dir(records).expect("there").count(), 0);
}

#[test]
fn half_a_line_is_dropped_and_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = folder.path();
    drop(begun(records, "2026-01-02T03:04:05Z", &["a", "b"]));
    let text = std::fs::read(file(records)).expect("there");
    std::fs::write(file(records), &text[..text.len() - 5]).expect("torn");
    let one = interrupted(records).pop().expect("interrupted");
    assert_eq!(one.kept(), 2);
    let mut journal = one.resume("2026-01-02T04:00:00Z").expect("resumed");
    journal.store(finished("b")).expect("stored");
    drop(journal);
    let one = interrupted(records).pop().expect("interrupted");
    assert_eq!(one.kept(), 4);
}

#[test]
fn a_damaged_line_costs_its_own_job_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = folder.path();
    drop(begun(records, "2026-01-02T03:04:05Z", &["a", "b", "c"]));
    let text = std::fs::read_to_string(file(records)).expect("there");
    std::fs::write(file(records), text.replace(r#""b""#, r#""b"#)).expect("damaged");
    let one = interrupted(records).pop().expect("interrupted");
    let kept: Vec<&str> = one
        .finished()
        .map(|(_, one)| one.workload.as_str())
        .collect();
    assert_eq!(kept, ["a", "c"]);
}

#[test]
fn a_new_journal_replaces_those_without_an_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let records = folder.path();
    let running = begun(records, "2026-01-02T03:00:00Z", &["a"]);
    let second = begun(records, "2026-01-02T03:04:05Z", &["a"]);
    assert_eq!(find::folders(records).len(), 2, "both run");
    drop(second);
    let third = begun(records, "2026-01-02T03:10:00Z", &["a"]);
    assert_eq!(find::folders(records).len(), 2, "one was interrupted");
    drop((running, third));
    let found = interrupted(records);
    let times: Vec<&str> = found.iter().map(|one| one.run().created.as_str()).collect();
    assert_eq!(times, ["2026-01-02T03:10:00Z", "2026-01-02T03:00:00Z"]);
}

#[test]
fn a_journal_without_readings_is_no_interrupted_run() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(begun(folder.path(), "2026-01-02T03:04:05Z", &[]));
    assert_eq!(find(folder.path()).interrupted.len(), 0);
}

#[test]
fn the_first_difference_is_named() {
    let run = started("2026-01-02T03:04:05Z");
    let mut here = run.conditions.clone();
    assert_eq!(run.difference(&here), None);
    here.reverse();
    assert_eq!(run.difference(&here), None, "the order is no condition");
    here[1].value = "C".to_owned();
    let difference = run.difference(&here).expect("another compiler").to_string();
    assert_eq!(difference, "the compiler was A and is now C");
    here.pop();
    let missing = run.difference(&here).expect("no compiler");
    assert_eq!((missing.name.as_str(), missing.now), ("the compiler", None));
}

proptest! {
    /// A journal that ends anywhere, in anything, has the jobs whose lines are whole.
    #[test]
    fn a_torn_journal_keeps_what_is_whole(cut in 0_usize..4000, tail in prop::collection::vec(any::<u8>(), 0..40)) {
        let folder = tempfile::tempdir().expect("a folder");
        drop(begun(folder.path(), "2026-01-02T03:04:05Z", &["a", "b", "c"]));
        let whole = std::fs::read(file(folder.path())).expect("there");
        let cut = cut.min(whole.len());
        let mut torn = whole[..cut].to_vec();
        let expected = torn.iter().filter(|&&byte| byte == b'\n').count();
        // Bytes that are no line of a journal.
        if torn.last() == Some(&b'\n') {
            torn.push(b'?');
        }
        torn.extend(tail);
        let read = Lines::parse(&torn);
        let jobs = read.as_ref().map(|lines| lines.finished.len() + 1);
        if cut < whole.len() && jobs.unwrap_or(0) > expected {
            // The tail may complete a line by chance, but only one that was cut before its end.
            prop_assert!(jobs.unwrap_or(0) <= expected + 1);
        } else {
            prop_assert_eq!(jobs.unwrap_or(0), expected);
        }
        prop_assert!(read.is_none_or(|lines| lines.length <= torn.len() as u64));
    }
}
