use std::path::Path;

use harness_judge::compare::{RecordView, compare};
use harness_judge::counts::{CountsVerdict, SuiteVerdict, judge};
use harness_record::limits::Limits;
use harness_record::machine::{Circumstances, Disturbance, MachineState};
use harness_record::sample::{self, callgrind, dhat, record, row, scattered};
use harness_record::session::{Counted, Identical, Layouts};
use harness_record::{Failure, Row};
use proptest::prelude::*;

use super::*;

const LIMITS: &str = include_str!("../../../../baselines/limits.toml");

/// A session with these workloads, each slower by a share and with a scatter, and these counts.
fn session(times: &[(&str, f64, f64)], base: Vec<Row>, head: Vec<Row>) -> Session {
    let measured = times
        .iter()
        .zip(1..)
        .map(|((workload, shift, scatter), seed)| {
            scattered(workload, seed, 40, 0.25, (*shift, *scatter))
        });
    let mut session = sample::session(&[]);
    session.measured = measured.collect();
    session.floor = vec![scattered("kernel/gelu", 9, 10, 0.25, (0.0, 0.003))];
    session.terms.floor_seconds = 1.5;
    session.terms.layouts = Layouts::Averaged(64);
    session.machine = Some(Circumstances {
        state: MachineState::default(),
        disturbance: Disturbance::default(),
    });
    session.counted = (!base.is_empty()).then(|| Counted {
        base: record(base),
        head: record(head),
        limits: LIMITS.to_owned(),
    });
    session
}

/// Two rows of counts.
fn counts(instructions: u64, blocks: u64) -> Vec<Row> {
    vec![
        row(
            "medium/decode@32",
            "optimized",
            vec![callgrind(instructions), dhat(64 * blocks, blocks)],
        ),
        row("kernel/gelu", "optimized", vec![callgrind(20_000)]),
    ]
}

const QUIET: [(&str, f64, f64); 2] = [
    ("medium/decode@32", 0.0, 0.004),
    ("kernel/gelu", 0.001, 0.004),
];

fn verdict(session: &Session) -> GateVerdict {
    GateVerdict::of(session).expect("valid rules")
}

fn report<'a>(verdict: &'a GateVerdict, session: Option<&'a Session>) -> GateReport<'a> {
    GateReport {
        verdict,
        session,
        command: "cargo harness gate --base 0123456789ab --seed 1".to_owned(),
        functions: Vec::new(),
        all: false,
    }
}

/// The exit status, and the text of both audiences.
fn shown(session: &Session) -> String {
    let verdict = verdict(session);
    let report = report(&verdict, Some(session));
    format!(
        "{:?}\n=== terminal\n{}=== Markdown\n{}",
        verdict.conclusion(),
        plain(&report),
        report.markdown()
    )
}

fn plain(report: &GateReport<'_>) -> String {
    anstream::adapter::strip_str(&report.terminal(None)).to_string()
}

#[test]
fn green() {
    let mut head = counts(1_000_000, 4);
    head[1].readings = vec![callgrind(20_010)];
    insta::assert_snapshot!(shown(&session(&QUIET, counts(1_000_000, 4), head)));
}

#[test]
fn one_slower() {
    let times = [QUIET[0], ("kernel/gelu", 0.042, 0.008)];
    insta::assert_snapshot!(shown(&session(
        &times,
        counts(1_000_000, 4),
        counts(1_000_000, 4)
    )));
}

#[test]
fn counts_worse_and_better() {
    insta::assert_snapshot!(shown(&session(
        &QUIET,
        counts(1_000_000, 4),
        counts(1_020_000, 2)
    )));
}

#[test]
fn accepted() {
    let mut session = session(
        &[("kernel/gelu", 0.042, 0.008)],
        counts(1_000_000, 4),
        counts(1_000_000, 4),
    );
    session.accepted.head = "# harness acceptances, schema 1\n\
        workload,phase,metric,from,to,accepted,expires,reason,key\n\
        kernel/gelu,optimized,time,1,1.05,2026-03-01,,exact for large inputs,\n"
        .to_owned();
    session.accepted.honour = true;
    insta::assert_snapshot!(shown(&session));
}

#[test]
fn inconclusive() {
    let mut session = session(
        &[QUIET[0], ("kernel/gelu", 0.01, 0.2)],
        Vec::new(),
        Vec::new(),
    );
    session.measured[1].pairs.truncate(12);
    insta::assert_snapshot!(shown(&session));
}

#[test]
fn identical_programs() {
    let mut session = session(&[], Vec::new(), Vec::new());
    session.identical = Identical {
        time: true,
        counts: true,
    };
    insta::assert_snapshot!(shown(&session));
}

#[test]
fn a_missing_number() {
    let mut head = counts(1_000_000, 4);
    head[1].readings.clear();
    head[1].failures.push(Failure {
        instrument: harness_probe::Instrument::Callgrind,
        message: "the probe crashed with signal 11".to_owned(),
    });
    let session = session(&QUIET, counts(1_000_000, 4), head);
    assert_eq!(verdict(&session).conclusion(), SuiteVerdict::Unjudged);
    insta::assert_snapshot!(shown(&session));
}

#[test]
fn a_slowdown_on_a_noisy_machine_is_nowhere_called_a_regression() {
    let mut session = session(&[("kernel/gelu", 0.1, 0.004)], Vec::new(), Vec::new());
    session.floor = vec![scattered("kernel/gelu", 9, 40, 0.25, (0.05, 0.003))];
    let verdict = verdict(&session);
    let text = plain(&report(&verdict, Some(&session)));
    assert_eq!(verdict.conclusion(), SuiteVerdict::Unjudged);
    assert!(
        text.contains("not judged") && !text.contains("regressed"),
        "{text}"
    );
}

/// Counts of many cases with the longest names of this repository.
fn long_names(cases: u64, factor: u64) -> Vec<Row> {
    let case = |number: u64| {
        let phase = format!(
            "optimized,embedding=element-wise{}",
            "+".repeat(number as usize % 3)
        );
        let workload = match number {
            0 => "kernel/matmul/32x256x1024".to_owned(),
            _ => format!("kernel/matmul/32x256x{}", 1024 + number / 3),
        };
        let bytes = 123_456 * factor;
        row(
            &workload,
            &phase,
            vec![callgrind(1_234_567 * factor), dhat(bytes, bytes / 16)],
        )
    };
    (0..cases).map(case).collect()
}

#[test]
fn a_terminal_of_100_columns_is_wide_enough_for_the_longest_names() {
    let name = "kernel/matmul/32x256x1024";
    let mut session = session(&[(name, -0.12, 0.02)], long_names(3, 1), long_names(3, 2));
    session.measured[0].timed.phase = "optimized,embedding=element-wise".to_owned();
    let verdict = verdict(&session);
    let report = GateReport {
        all: true,
        ..report(&verdict, Some(&session))
    };
    let text = plain(&report);
    for line in text
        .lines()
        .filter(|line| !line.starts_with("reproduce with"))
    {
        assert!(line.chars().count() <= 100, "{line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn names_cannot_leave_their_cell() {
    let name = "<script>|x|</script>";
    let rows = |instructions| vec![row(name, "a`b*", vec![callgrind(instructions)])];
    let session = session(&[(name, 0.05, 0.004)], rows(1000), rows(2000));
    let verdict = verdict(&session);
    let text = report(&verdict, Some(&session)).markdown();
    assert!(
        !text.contains("<script>") && !text.contains("|x|"),
        "{text}"
    );
}

#[test]
fn the_comment_fits_and_only_rows_are_cut() {
    let session = session(&QUIET, long_names(600, 1), long_names(600, 2));
    let verdict = verdict(&session);
    let text = report(&verdict, Some(&session)).markdown();
    assert!(text.chars().count() <= 65_000, "{}", text.chars().count());
    assert!(
        text.starts_with(&format!("**{}.**", verdict.headline())),
        "{text}"
    );
    assert!(text.contains(" more lines are cut to fit into a comment"));
    assert!(
        text.ends_with("cargo harness gate --base 0123456789ab --seed 1\n```\n\n</details>\n\n")
    );
    assert_eq!(
        text.matches("<details>").count(),
        text.matches("</details>").count()
    );
}

/// The number before these words in the headline; zero if they are not in it.
fn number_before(headline: &str, words: &str) -> usize {
    let clauses = headline.split("; ").flat_map(|clause| clause.split(", "));
    let mut numbers = clauses.filter_map(|clause| {
        let (count, rest) = clause.split_once(' ')?;
        rest.starts_with(words).then(|| count.parse().ok())?
    });
    numbers.next().unwrap_or(0)
}

/// Number of rows with the verdict `regressed`.
fn regressed_rows(table: &Table) -> usize {
    assert_eq!(
        table.columns[2].key, "verdict",
        "among the first three columns"
    );
    let regressed = |row: &&Vec<crate::render::Cell>| row[2].text == "regressed";
    table.rows.iter().filter(regressed).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The headline, the tables and the exit status agree, whatever was measured.
    #[test]
    fn regressed_rows_are_those_of_the_headline_and_of_the_exit_status(
        shifts in prop::collection::vec(-0.05..0.05f64, 0..5),
        factors in prop::collection::vec((900..1100_u64, 0..4_u64), 0..4),
    ) {
        let names: Vec<String> = (0..shifts.len()).map(|number| format!("w{number}")).collect();
        let times: Vec<(&str, f64, f64)> =
            names.iter().zip(&shifts).map(|(name, shift)| (name.as_str(), *shift, 0.004)).collect();
        let rows = |head: bool| -> Vec<Row> {
            factors.iter().zip(0..).map(|((factor, blocks), number)| {
                let (factor, blocks) = if head { (*factor, *blocks) } else { (1000, 2) };
                row(&format!("c{number}"), "optimized", vec![callgrind(1000 * factor), dhat(64 * blocks, blocks)])
            }).collect()
        };
        let session = session(&times, rows(false), rows(true));
        let verdict = verdict(&session);
        let report = report(&verdict, Some(&session));
        let headline = verdict.headline();
        let counts = number_before(&headline, "count worse") + number_before(&headline, "counts worse");
        let of = match times.len() {
            1 => "of 1 timed workload slower: ".to_owned(),
            all => format!("of {all} timed workloads slower: "),
        };
        let told = number_before(&headline, &of) + counts;
        let exact = report.tables(true).0;
        let rows: usize = exact.iter().map(regressed_rows).sum();
        prop_assert_eq!(rows, told, "{}", &headline);
        let moves = regressed_rows(&report.moves());
        prop_assert_eq!(moves, told.min(moves.max(MOVES * 3 / 5)), "{}", &headline);
        prop_assert_eq!(verdict.conclusion() == SuiteVerdict::Regressed, told > 0, "{}", &headline);
    }
}

#[test]
fn counts_against_the_stored_baseline_are_judged_by_the_same_object() {
    let (base, head) = (record(counts(1_000_000, 4)), record(counts(1_020_000, 4)));
    let limits = Limits::parse(LIMITS, Path::new("limits.toml")).expect("valid");
    let comparisons = compare(RecordView::baseline(&base), RecordView::baseline(&head));
    let verdict = GateVerdict::of_counts(judge(comparisons, &limits), Vec::new());
    assert_eq!(verdict.headline(), "1 count worse");
    assert_eq!(verdict.conclusion(), SuiteVerdict::Regressed);
    let none = GateVerdict::of_counts(CountsVerdict { rows: Vec::new() }, Vec::new());
    assert_eq!(none.headline(), "Not judged: there was nothing to judge");
    assert_eq!(none.conclusion(), SuiteVerdict::Unjudged);
}
