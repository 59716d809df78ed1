use std::path::Path;

use harness_record::history::Dated;
use harness_record::profile::{Operation, Summary, View};
use harness_record::roadmap::MachineLimits;
use harness_record::sample::{callgrind, clock, dhat, environment, record, row};
use harness_record::{Record, roadmap::Roadmap};

use super::*;
use crate::{Commands, Past};

const ROADMAP: &str = "schema = 1\nsource = 's'\nworkload = 'w'\nagainst = 'reference'\ncounted = 'v'\n\
    bytes_per_unit = 1e6\nflops_per_unit = 1e3\nlimits_command = 'measure it'\n\
    [[phase]]\nname = 'fast'\ntitle = 'Fast'\nwhen = 'soon'\nweek = 1\ndate = 2026-03-01\nstatus = 'active'\n\
    targets = [{ metric = 'time', change = '-50 %' }, { metric = 'total-bytes', value = '40 B' }]\n\
    [[decision]]\ndate = 2026-02-01\nsubject = 'fast time'\ndecision = 'try again'\n";

/// A record in which the phase takes this time for each 1000 of the reference, and executes these instructions for each
/// 1000.
fn measured(day: u32, time: u64, instructions: u64) -> Record {
    let times = |time: u64| clock("a", &[time, time + 1, time, time + 1, time, time + 1]);
    Record {
        created: format!("2026-01-{day:02}T00:00:00Z"),
        ..record(vec![
            row("w", "reference", vec![times(1_000_000), dhat(100, 1)]),
            row("w", "fast", vec![times(time * 1000), dhat(60, 1)]),
            row("v", "reference", vec![callgrind(1000)]),
            row("v", "fast", vec![callgrind(instructions)]),
        ])
    }
}

fn report_data(now: Record) -> ReportData {
    let commands = Commands {
        ablation: String::new(),
        growth: String::new(),
        matrix: String::new(),
    };
    let roadmap = Roadmap::parse(ROADMAP, Path::new("roadmap.toml")).expect("valid");
    ReportData {
        roadmap: Some(roadmap),
        ..ReportData::new("now.json", now, &["reference".to_owned()], commands)
    }
}

/// The cell of a table in this row under the column with this key.
fn cell<'a>(table: &'a Table, row: usize, key: &str) -> &'a str {
    let columns = table.columns.iter();
    let column = columns.map(|column| column.key.as_str());
    let place = column.into_iter().position(|one| one == key).expect(key);
    &table.rows[row][place].text
}

fn tables(report_data: &ReportData) -> Vec<Table> {
    section(report_data).expect("a roadmap").tables
}

#[test]
fn a_missed_target_names_its_cause_from_the_counts() {
    let cause = |time, instructions| {
        let tables = tables(&report_data(measured(9, time, instructions)));
        assert_eq!(cell(&tables[0], 0, "standing"), "missed");
        cell(&tables[0], 0, "cause").to_owned()
    };
    let work = cause(900, 950);
    assert!(
        work.starts_with("fast executes 5.0 % fewer instructions than reference in v:")
            && work.ends_with("95 % of the time of reference, and 50 % is the target"),
        "{work}"
    );
    let rate = cause(900, 450);
    assert!(
        rate.ends_with("enough for the target, but each takes 200 % as long"),
        "{rate}"
    );
    let mut uncounted = measured(9, 900, 950);
    uncounted.rows.truncate(2);
    let tables = tables(&report_data(uncounted));
    assert!(cell(&tables[0], 0, "cause").starts_with("unknown: "));
    // The target of the heap is an absolute value: 60 bytes are too many.
    assert_eq!(
        cell(&tables[0], 1, "cause"),
        "heap bytes, total: fast has 60 % of reference's, and 40 % is the target"
    );
}

#[test]
fn targets_are_followed_over_the_records() {
    let mut now = report_data(measured(20, 400, 500));
    let mut other = measured(3, 300, 500);
    other.rows[1].definition = "other work".to_owned();
    let quick = Record {
        quick: true,
        ..measured(4, 300, 500)
    };
    let all = [
        measured(1, 900, 900),
        other,
        quick,
        measured(10, 450, 500),
        now.record.clone(),
    ];
    let roadmap = now.roadmap.clone().expect("there");
    now.past = Past::new(None, Some(&roadmap.workload));
    now.past.states = all
        .map(|record| Dated {
            date: record.created.parse().expect("a date"),
            commit: None,
            record: now.past.keep(&record),
        })
        .to_vec();
    let phase = &roadmap.phases[0];
    let points = over_time(&now, &roadmap, phase, &phase.targets[0]);
    let seen: Vec<(String, TargetStatus)> = points
        .iter()
        .map(|point| (point.date.strftime("%d").to_string(), point.standing))
        .collect();
    let expected = [
        ("01", TargetStatus::Missed),
        ("10", TargetStatus::Ahead),
        ("20", TargetStatus::Ahead),
    ];
    assert_eq!(
        seen,
        expected.map(|(day, standing)| (day.to_owned(), standing))
    );
    let section = section(&now).expect("a roadmap");
    let schedule = &section.tables[1];
    assert_eq!(cell(schedule, 0, "met"), "1 of 2");
    assert_eq!(cell(schedule, 0, "status"), "active");
    assert!(cell(schedule, 0, "decision").ends_with("try again (2026-02-01)"));
    assert_eq!(section.charts.len(), 2);
    assert!(
        section.charts[1]
            .chart
            .title()
            .contains("3 times since 2026-01-01")
    );
}

#[test]
fn the_room_that_is_left_comes_from_a_profile_and_the_limits() {
    let mut now = report_data(measured(20, 400, 500));
    let missing = section(&now).expect("a roadmap").missing;
    let commands: Vec<&str> = missing.iter().map(|gap| gap.command.as_str()).collect();
    assert_eq!(
        commands,
        ["harness profile w --phase fast --by time", "measure it"]
    );
    now.profiles = vec![Summary {
        created: "2026-01-20T00:00:00Z".to_owned(),
        workload: "w".to_owned(),
        phase: "fast".to_owned(),
        view: View::Time,
        isa: "avx2".to_owned(),
        threads: 1,
        environment: environment(),
        runs: 1,
        total: 100,
        operations: vec![Operation {
            name: "product".to_owned(),
            own: 80,
        }],
    }];
    now.limits = Some(MachineLimits {
        cpu: environment().cpu,
        threads: 1,
        isa: "avx2".to_owned(),
        read_bytes_per_second: 1e10,
        flops_per_second: 1e10,
    });
    let found = tables(&now);
    let room = &found[2];
    assert_eq!(cell(room, 0, "operation"), "product");
    assert_eq!(cell(room, 0, "ceiling"), "5.00x as fast");
    // 400 µs instead of 100 µs for a megabyte.
    assert!(cell(room, 0, "distance").starts_with("4.0"), "{room:?}");
    now.limits.as_mut().expect("there").cpu = "another".to_owned();
    let columns = |table: &Table| table.columns.iter().any(|column| column.key == "distance");
    assert!(!columns(&tables(&now)[2]), "limits of another machine");
}
