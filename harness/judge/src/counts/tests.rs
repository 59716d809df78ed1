use std::path::Path;

use harness_probe::Instrument;
use harness_record::sample::{callgrind, clock, dhat, record, row};
use harness_record::{Check, Data, Failure, Record, Row};

use crate::compare::{RecordView, compare};
use crate::counts::*;

/// The limits of this repository.
fn limits() -> Limits {
    Limits::parse(
        include_str!("../../../../baselines/limits.toml"),
        Path::new("limits.toml"),
    )
    .expect("valid")
}

fn verdict(base: &Record, head: &Record) -> CountsVerdict {
    judge(
        compare(RecordView::baseline(base), RecordView::record(head)),
        &limits(),
    )
}

fn one(row: Row) -> Record {
    record(vec![row])
}

fn report(verdict: &CountsVerdict) -> String {
    let lines: Vec<String> = verdict
        .rows
        .iter()
        .map(|row| format!("{}: {}", row.judgement.standing().name(), row.explanation()))
        .collect();
    format!("{}\n{}", lines.join("\n"), verdict.clause())
}

#[test]
fn this_repository_has_a_limit_for_every_count() {
    for metric in harness_record::metric::all()
        .iter()
        .filter(|metric| metric.portable())
    {
        assert!(limits().of(metric, "any").is_some(), "{}", metric.name());
    }
}

#[test]
fn equal_counts_pass() {
    let base = one(row("w", "naive", vec![callgrind(1000), dhat(64, 2)]));
    let verdict = verdict(&base, &base);
    assert_eq!(
        verdict.counts(),
        Tally {
            unchanged: 7,
            ..Tally::default()
        }
    );
    assert_eq!(verdict.conclusion(), SuiteVerdict::Passed);
}

#[test]
fn instructions_may_grow_by_a_tenth_of_a_percent_and_no_more() {
    let base = one(row("w", "naive", vec![callgrind(1_000_000)]));
    let conclusion = |instructions| {
        verdict(
            &base,
            &one(row("w", "naive", vec![callgrind(instructions)])),
        )
        .conclusion()
    };
    assert_eq!(conclusion(1_001_000), SuiteVerdict::Passed);
    assert_eq!(conclusion(1_001_001), SuiteVerdict::Regressed);
}

#[test]
fn one_more_allocation_is_a_regression_and_is_explained() {
    let base = one(row(
        "medium/decode@57",
        "optimized",
        vec![callgrind(1_234_567), dhat(0, 0)],
    ));
    let head = one(row(
        "medium/decode@57",
        "optimized",
        vec![callgrind(1_296_295), dhat(4096, 1)],
    ));
    let verdict = verdict(&base, &head);
    assert_eq!(verdict.conclusion(), SuiteVerdict::Regressed);
    insta::assert_snapshot!(report(&verdict));
}

#[test]
fn fewer_of_everything_is_an_improvement() {
    let base = one(row("w", "naive", vec![callgrind(1000), dhat(64, 2)]));
    let head = one(row("w", "naive", vec![callgrind(900), dhat(32, 1)]));
    let verdict = verdict(&base, &head);
    assert_eq!(verdict.conclusion(), SuiteVerdict::Passed);
    insta::assert_snapshot!(report(&verdict));
}

#[test]
fn a_regression_outranks_what_is_not_judged_and_both_are_told() {
    let base = record(vec![
        row("a", "naive", vec![callgrind(1000)]),
        row("b", "naive", vec![callgrind(1000)]),
    ]);
    let mut head = base.clone();
    head.rows[0].readings[0].data = Data::Callgrind { instructions: 2000 };
    head.rows[1].readings.clear();
    head.rows[1].failures.push(Failure {
        instrument: Instrument::Callgrind,
        message: "valgrind is missing".to_owned(),
    });
    let verdict = verdict(&base, &head);
    assert_eq!(verdict.conclusion(), SuiteVerdict::Regressed);
    insta::assert_snapshot!(report(&verdict));
}

#[test]
fn missing_new_removed_changed_or_failed_figures_never_pass() {
    let base = record(vec![
        row("keep", "naive", vec![callgrind(1)]),
        row("w", "naive", vec![callgrind(1)]),
    ]);
    type Change = fn(&mut Record);
    let changes: [(&str, Change); 7] = [
        ("missing", |head| head.rows[1].readings.clear()),
        ("new", |head| {
            head.rows.push(row("v", "naive", vec![callgrind(1)]))
        }),
        ("removed", |head| head.rows.truncate(1)),
        ("redefined", |head| head.rows[1].definition.push('x')),
        ("other answer", |head| head.rows[1].answer.push('x')),
        ("failed", |head| {
            head.rows[1].check = Check::Failed("wrong token".to_owned())
        }),
        ("other toolchain", |head| {
            head.environment.libc = "glibc 2.40".to_owned()
        }),
    ];
    for (name, change) in changes {
        let mut head = base.clone();
        change(&mut head);
        assert_eq!(
            verdict(&base, &head).conclusion(),
            SuiteVerdict::Unjudged,
            "{name}"
        );
    }
}

#[test]
fn nothing_to_judge_is_not_a_pass() {
    let verdict = verdict(&record(vec![]), &record(vec![]));
    assert_eq!(verdict.conclusion(), SuiteVerdict::Unjudged);
    assert_eq!(verdict.clause(), "no counts to judge");
}

#[test]
fn a_count_that_the_limits_do_not_name_is_judged_by_its_built_in_limit() {
    let of = |instructions| one(row("w", "naive", vec![callgrind(instructions)]));
    let conclusion = |head| {
        let (base, head) = (of(10_000), of(head));
        let comparisons = compare(RecordView::baseline(&base), RecordView::record(&head));
        judge(comparisons, &Limits::default()).conclusion()
    };
    assert_eq!(conclusion(10_019), SuiteVerdict::Passed);
    assert_eq!(conclusion(10_021), SuiteVerdict::Regressed);
}

#[test]
fn wall_times_are_left_alone() {
    let base = one(row(
        "w",
        "naive",
        vec![clock("a", &[1000; 8]), callgrind(1)],
    ));
    let head = one(row(
        "w",
        "naive",
        vec![clock("b", &[9000; 8]), callgrind(1)],
    ));
    let verdict = judge(
        compare(RecordView::record(&base), RecordView::record(&head)),
        &limits(),
    );
    assert_eq!(
        verdict.counts(),
        Tally {
            unchanged: 1,
            ..Tally::default()
        }
    );
}
