use harness_abtest::Side;
use harness_probe::Instrument;
use harness_record::sample::{callgrind, clock, dhat, record, row};
use harness_record::{Check, Failure};

use crate::compare::*;

/// Formats comparisons as lines: `workload phase/phase metric: base -> head x ratio state`.
fn lines(comparisons: &[Comparison]) -> String {
    let value = |figure: Option<Figure>| {
        figure.map_or_else(|| "-".to_owned(), |figure| format!("{:.6}", figure.value))
    };
    comparisons
        .iter()
        .map(|c| {
            let metric = c.metric.map_or("(row)", |metric| metric.name());
            let (base, head, ratio) = (value(c.base), value(c.head), value(c.ratio));
            format!(
                "{} {}/{} {metric}: {base} -> {head} x {ratio} {}\n",
                c.workload, c.base_phase, c.head_phase, c.state
            )
        })
        .collect()
}

fn find<'a>(comparisons: &'a [Comparison], metric: &str) -> &'a Comparison {
    comparisons
        .iter()
        .find(|c| c.metric.is_some_and(|m| m.name() == metric))
        .expect(metric)
}

#[test]
fn counts_of_two_records_compare_and_their_times_are_only_shown() {
    let base = record(vec![row(
        "w",
        "naive",
        vec![clock("a", &[1000; 8]), callgrind(1000), dhat(64, 2)],
    )]);
    let head = record(vec![row(
        "w",
        "naive",
        vec![clock("b", &[2000; 8]), callgrind(1010), dhat(0, 0)],
    )]);
    insta::assert_snapshot!(lines(&compare(
        RecordView::record(&base),
        RecordView::record(&head)
    )));
}

#[test]
fn phases_of_one_record_compare_in_pairs() {
    let one = record(vec![
        row(
            "w",
            "naive",
            vec![clock("a", &[1000, 4000, 1000, 1000]), callgrind(1000)],
        ),
        row(
            "w",
            "fast",
            vec![clock("a", &[100, 400, 100, 100]), callgrind(100)],
        ),
        row("other", "naive", vec![callgrind(5)]),
    ]);
    insta::assert_snapshot!(lines(&compare(
        RecordView::record(&one).phase("naive"),
        RecordView::record(&one).phase("fast")
    )));
}

#[test]
fn times_are_not_compared_with_a_baseline() {
    let base = record(vec![row("w", "naive", vec![callgrind(1000)])]);
    let head = record(vec![
        row("w", "naive", vec![clock("b", &[2000; 8]), callgrind(1000)]),
        row("only timed", "naive", vec![clock("b", &[2000; 8])]),
    ]);
    let comparisons = compare(RecordView::baseline(&base), RecordView::record(&head));
    assert_eq!(comparisons.len(), 1, "{}", lines(&comparisons));
    assert_eq!(
        find(&comparisons, "instructions").state,
        Comparability::Comparable
    );
}

#[test]
fn rows_of_one_side_and_changed_rows_keep_their_place() {
    let base = record(vec![
        row("removed", "naive", vec![callgrind(1)]),
        row("redefined", "naive", vec![callgrind(1)]),
        row("other answer", "naive", vec![callgrind(1)]),
        row("other unit", "naive", vec![callgrind(1)]),
    ]);
    let mut head = base.clone();
    head.rows[0].workload = "new".to_owned();
    head.rows[1].definition = "another".to_owned();
    head.rows[2].answer = "another".to_owned();
    head.rows[3].unit.per_run = 2;
    insta::assert_snapshot!(lines(&compare(
        RecordView::record(&base),
        RecordView::record(&head)
    )));
}

#[test]
fn a_missing_number_says_why() {
    let base = record(vec![
        row("w", "naive", vec![callgrind(1000), dhat(64, 2)]),
        row("v", "naive", vec![]),
    ]);
    let mut head = record(vec![row("w", "naive", vec![]), row("v", "naive", vec![])]);
    let failure = |message: &str| Failure {
        instrument: Instrument::Callgrind,
        message: message.to_owned(),
    };
    head.rows[0]
        .failures
        .push(failure("valgrind is not installed"));
    head.rows[1].failures.push(failure("the probe crashed"));
    let comparisons = compare(RecordView::record(&base), RecordView::record(&head));
    insta::assert_snapshot!(lines(&comparisons));
    let swapped = compare(RecordView::record(&head), RecordView::record(&base));
    assert_eq!(
        find(&swapped, "instructions").state,
        Comparability::Missing {
            place: Side::Base,
            message: "valgrind is not installed".to_owned()
        }
    );
}

#[test]
fn a_failed_check_takes_every_number_with_it() {
    let base = record(vec![row("w", "naive", vec![callgrind(1000)])]);
    let mut head = base.clone();
    head.rows[0].check = Check::Failed("token 3 is 17, not 12".to_owned());
    // The definition differs too, but a wrong answer takes precedence.
    head.rows[0].definition = "another".to_owned();
    head.rows.push(row("w", "fast", vec![]));
    head.rows[1].check = Check::NotRun("the probe crashed".to_owned());
    insta::assert_snapshot!(lines(&compare(
        RecordView::record(&base),
        RecordView::record(&head)
    )));
    insta::assert_snapshot!(lines(&compare(
        RecordView::record(&head),
        RecordView::record(&base)
    )));
}

#[test]
fn counts_of_another_toolchain_and_times_of_another_machine_do_not_compare() {
    let base = record(vec![row(
        "w",
        "naive",
        vec![clock("a", &[1000; 8]), callgrind(1000), dhat(64, 2)],
    )]);
    let mut head = base.clone();
    head.environment.rustc = "rustc 1.96.0".to_owned();
    head.environment.cpu = "Other CPU".to_owned();
    head.rows[0].readings[0] = clock("b", &[1000; 8]);
    head.rows[0].readings[1].isa = "avx512".to_owned();
    insta::assert_snapshot!(lines(&compare(
        RecordView::record(&base),
        RecordView::record(&head)
    )));
}

#[test]
fn times_with_other_threads_do_not_compare() {
    let base = record(vec![row("w", "naive", vec![clock("a", &[1000; 8])])]);
    let mut head = record(vec![row("w", "naive", vec![clock("b", &[1000; 8])])]);
    head.rows[0].readings[0].threads = 2;
    let comparisons = compare(RecordView::record(&base), RecordView::record(&head));
    assert_eq!(
        find(&comparisons, "time").state,
        Comparability::NotComparable(Obstacle::OtherThreads { base: 1, head: 2 })
    );
}

#[test]
fn a_place_contains_what_one_run_yields() {
    let mut one = record(vec![row("kernel/gelu", "naive", vec![callgrind(1000)])]);
    one.rows[0].unit.name = "call".to_owned();
    let comparisons = compare(RecordView::record(&one), RecordView::record(&one));
    assert_eq!(
        comparisons[0].place(),
        "kernel/gelu in phase naive: instructions per call"
    );
}
