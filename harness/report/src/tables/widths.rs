//! Every table that a command prints fits 80, 100 and 120 columns, whatever the names are, and no number is broken.

use harness_abtest::{NoiseFloor, Pair, Rules, Side, Slice, TimedPhase, WorkloadPairs};
use harness_judge::compare::{RecordView, compare};
use harness_judge::gate::{GateVerdict, Replay};
use harness_judge::machine::{Diagnosis, Finding, Grade, NoiseFloors};
use harness_judge::triage::{Change, Observed, Source, triage as triaged};
use harness_record::choice::Choice;
use harness_record::history::{DatedRecord, HistoryQuery, LevelChange, Point, Series};
use harness_record::metric::by_name;
use harness_record::sample::{self, callgrind, clock, dhat, environment, record, row, scattered};
use harness_record::session::Counted;
use harness_record::{Commit, Record};

use super::command_pair::CommandPair;
use super::commands::Startup;
use super::*;
use crate::gate::GateReport;
use crate::render::{Align, Format, Table};

/// Names as programs generate them: with places to break, and without.
const NAMES: [&str; 2] = [
    "matrix/products/of/a/whole/model/layer-norm=fused,softmax=simd,gelu=polynomial,attention=online/32x4096x11008",
    "a_name_that_a_macro_made_from_a_function_and_from_its_module_and_that_no_person_would_ever_write_by_hand",
];
const PHASE: &str = "optimized,embedding=element-wise,with_one_more_choice_that_has_a_long_name";

/// Checks the lines of tables at each width, and that every number is there in one piece.
pub(super) fn check(what: &str, tables: &[Table]) {
    assert!(
        tables.iter().any(|table| !table.rows.is_empty()),
        "{what} is empty"
    );
    for columns in [80, 100, 120] {
        let text = Format::TABLE.render_within(tables, columns);
        let text = anstream::adapter::strip_str(&text).to_string();
        for line in text.lines() {
            assert!(
                line.chars().count() <= columns,
                "{what} at {columns}: {line}\n{text}"
            );
        }
        for table in tables {
            let right = |column: &usize| table.columns[*column].align == Align::Right;
            for column in (0..table.columns.len()).filter(right) {
                for row in &table.rows {
                    assert!(
                        text.contains(&row[column].text),
                        "{what} at {columns}: {:?}\n{text}",
                        row[column].text
                    );
                }
            }
        }
    }
}

/// Two rows with numbers of every instrument, larger by a factor.
fn rows(factor: u64) -> Record {
    let readings = || {
        vec![
            clock(
                "a",
                &[
                    9_123_456_789 * factor,
                    9_223_456_789,
                    9_023_456_789 * factor,
                ],
            ),
            callgrind(123_456_789_012 * factor),
            dhat(9_876_543_210 * factor, 1_234_567 * factor),
        ]
    };
    let phases = [PHASE, "naive"];
    let rows = NAMES
        .iter()
        .flat_map(|name| phases.map(|phase| row(name, phase, readings())));
    record(rows.collect())
}

fn commit(number: u8) -> Commit {
    Commit {
        id: format!("{number:02x}").repeat(20),
        subject: "Make the product of a matrix and a vector read each row once, and never twice"
            .to_owned(),
        date: "2026-03-14T15:09:26Z".parse().expect("a date"),
        author: "N <n@example.org>".to_owned(),
    }
}

#[test]
fn tables_of_records_fit() {
    let (base, head) = (rows(1), rows(3));
    let anchors = ["naive".to_owned()];
    check("run", &crate::run_tables(&head, &anchors, false, None));
    let two = compare(RecordView::record(&base), RecordView::record(&head));
    check(
        "compare",
        &[comparisons::table("HEAD against BASE", &two, false)],
    );
    let phases = compare(
        RecordView::record(&head).phase("naive"),
        RecordView::record(&head).phase(PHASE),
    );
    check(
        "compare of phases",
        &[comparisons::table("", &phases, false)],
    );
    check("watch", &[watch_counts::counts_table(&two, Some(&two))]);
}

#[test]
fn tables_of_commands_fit() {
    let long = "./target/release/a-program-with-a-long-name --with-an-option=and-a-value input-1048576.txt";
    let readings = |milliseconds: u64| vec![clock("one", &[milliseconds * 1_000_000; 5])];
    let record = record(vec![
        row("commands", long, readings(10)),
        row("commands", "(an empty shell)", readings(1)),
    ]);
    let startup = Startup {
        phase: "(an empty shell)".to_owned(),
        is_shell: true,
    };
    check("run --", &[commands::table(&record, &startup, false)]);
    let slice = |side, nanoseconds| Slice {
        side,
        iterations: 1,
        nanoseconds,
        waited: 0,
    };
    let pair = Pair {
        seconds: 0.5,
        rounds: vec![vec![[
            slice(Side::Base, 100_000_000),
            slice(Side::Head, 130_000_000),
            slice(Side::Head, 130_000_000),
            slice(Side::Base, 100_000_000),
        ]]],
    };
    let pair = CommandPair {
        names: &[long.to_owned(), long.replace("10", "20")],
        measured: &WorkloadPairs {
            timed: TimedPhase {
                workload: "commands".to_owned(),
                phase: "command".to_owned(),
            },
            pairs: vec![pair; 30],
            failure: None,
        },
        rules: Rules::default(),
    };
    check("compare --", &[command_pair::table(&pair, false)]);
}

#[test]
fn tables_of_a_gate_fit() {
    let mut session = sample::session(&[]);
    session.measured = NAMES
        .iter()
        .zip(1..)
        .map(|(name, seed)| scattered(name, seed, 40, 0.25, (0.042, 0.008)))
        .collect();
    for measured in &mut session.measured {
        measured.timed.phase = PHASE.to_owned();
    }
    session.counted = Some(Counted {
        base: rows(1),
        head: rows(3),
        limits: harness_record::limits::DEFAULT_FILE.to_owned(),
    });
    let verdict = GateVerdict::of(&session).expect("valid rules");
    let replays = Replay::all(&session);
    check("explain", &[replay::overview(&replays, &verdict)]);
    check("explain WORKLOAD", &[replay::steps(&replays[..1], false)]);
    check(
        "explain --pair",
        &[slices::slices(&session.measured[0].pairs[0])],
    );
    let report = GateReport {
        verdict: &verdict,
        session: Some(&session),
        command: format!(
            "cargo harness gate --base 0123456789ab --filter '{}' --seed 1234567890123",
            NAMES[0]
        ),
        functions: vec![replay::overview(&replays, &verdict)],
        all: true,
    };
    for columns in [80, 100] {
        let text = anstream::adapter::strip_str(&report.terminal(Some(columns))).to_string();
        // A quoted word of a command is in one piece.
        for line in text.lines().filter(|line| !line.contains('\'')) {
            assert!(line.chars().count() <= columns, "gate at {columns}: {line}");
        }
    }
    assert_eq!(report.terminal(Some(200)), report.terminal(None));
}

#[test]
fn tables_of_histories_fit() {
    let series: Vec<Series> = NAMES
        .iter()
        .map(|name| Series {
            workload: (*name).to_owned(),
            phase: PHASE.to_owned(),
            unit: "token".to_owned(),
            points: [1_234_567_890.0, 2_234_567_890.0]
                .into_iter()
                .enumerate()
                .map(|(moment, value)| Point { moment, value })
                .collect(),
            jumps: vec![LevelChange {
                point: 1,
                from: 1_234_567_890.0,
                to: 2_234_567_890.0,
            }],
            redefined: 1,
        })
        .collect();
    let dated: Vec<DatedRecord> = [1, 2]
        .map(|number| DatedRecord {
            date: commit(number).date,
            commit: Some(commit(number)),
            record: rows(1),
        })
        .into();
    let choice = Choice::default();
    let question = HistoryQuery {
        metric: by_name("instructions").expect("a metric"),
        choice: &choice,
        phases: &[],
        anchor: Some("naive"),
    };
    check("history", &[history::trend_table(&series, &question)]);
    check(
        "change points",
        &[history::jumps_table(&series, &dated, &question)],
    );
    let change = |workload: &&str| Change {
        workload: (*workload).to_owned(),
        phase: PHASE.to_owned(),
        metric: by_name("instructions").expect("a metric"),
        from: 1_234_567_890.0,
        to: 2_234_567_890.0,
        source: Source::Counts,
        cause: Some("instructions equal, and more of everything else that is counted".to_owned()),
        acceptance: None,
    };
    let observed = Observed {
        commit: commit(2),
        date: commit(2).date,
        base: Some(commit(1).id),
        changes: NAMES.iter().map(change).collect(),
    };
    check(
        "triage",
        &triage::summary(&triaged(&[observed], &[], |_| true)),
    );
}

#[test]
fn tables_of_a_machine_fit() {
    let floors = NAMES.map(|name| {
        NoiseFloor::of(
            &scattered(name, 5, 40, 0.3, (0.0, 0.004)),
            Rules::default(),
            4,
        )
    });
    let finding = Finding {
        what: "busy processes",
        found: "rust-analyzer-proc-macro-srv-with-a-long-name (97 % of one CPU), rustc (55 %), cc1plus (41 %)".to_owned(),
        grade: Grade::Bad,
        advice: "End these programs, or wait until they have ended, before a gate judges time here.".to_owned(),
    };
    let diagnosis = Diagnosis {
        findings: vec![finding],
        floors: Ok(NoiseFloors::new(floors.to_vec(), 4, 13.5)),
    };
    check("doctor", &diagnosis::tables(&diagnosis));
    check("machine", &[system::system(&environment(), &[])]);
}
