use std::path::Path;

use harness_record::acceptance::{Acceptance, Acceptances, Loss};
use harness_record::sample::{callgrind, dhat, record, row};
use harness_record::{Check, Data};
use jiff::civil::date;

use super::*;
use crate::acceptance::Ledger;
use crate::compare::{RecordView, compare};
use crate::counts::{SuiteVerdict, judge};

/// A budget for instructions, beside a limit of 1 %.
fn limits(max: u64) -> Limits {
    let text = format!(
        "schema = 1\n[[limit]]\nmetric = \"instructions\"\ntolerance = \"1 %\"\nmax = {max}\nreason = \"of the device\"\n"
    );
    Limits::parse(&text, Path::new("limits.toml")).expect("valid")
}

fn counted(instructions: u64) -> Record {
    record(vec![row("w", "naive", vec![callgrind(instructions)])])
}

fn held(base: &Record, head: &Record, max: u64) -> CountsVerdict {
    let comparisons = compare(RecordView::baseline(base), RecordView::record(head));
    judge(comparisons, &limits(max)).hold(&limits(max), head)
}

#[test]
fn a_count_above_its_budget_is_a_regression_wherever_it_was_before() {
    for (base, head, conclusion, standing) in [
        (1000, 1000, SuiteVerdict::Passed, "unchanged"),
        (2000, 2000, SuiteVerdict::Regressed, "over budget"),
        (3000, 2000, SuiteVerdict::Regressed, "over budget"),
        (1000, 2000, SuiteVerdict::Regressed, "over budget"),
        (1000, 1400, SuiteVerdict::Regressed, "regressed"),
        (1500, 1500, SuiteVerdict::Passed, "unchanged"),
    ] {
        let verdict = held(&counted(base), &counted(head), 1500);
        assert_eq!(verdict.conclusion(), conclusion, "{base} to {head}");
        assert_eq!(verdict.rows[0].judgement.standing().name(), standing);
    }
}

#[test]
fn sentence_and_rule_tell_a_budget_from_a_limit() {
    let rows = |base, head| held(&counted(base), &counted(head), 1500).rows.remove(0);
    let over = rows(1000, 2000);
    assert_eq!(
        over.judgement.rule().as_deref(),
        Some("max 1,500 instructions")
    );
    assert_eq!(
        over.explanation(),
        "w in phase naive: instructions per token got worse by 100 % (+1,000), from 1,000 to 2,000; that is above its \
         budget of 1,500 instructions, because of the device"
    );
    assert_eq!(rows(1000, 1400).judgement.rule().as_deref(), Some("1 %"));
    let clause = held(&counted(1000), &counted(2000), 1500).clause();
    assert_eq!(clause, "1 count over budget");
}

#[test]
fn a_new_workload_has_a_budget_too() {
    let base = counted(1000);
    let mut head = base.clone();
    head.rows.push(row("new", "naive", vec![callgrind(9000)]));
    let verdict = held(&base, &head, 1500);
    assert_eq!(verdict.conclusion(), SuiteVerdict::Regressed);
    let sentences = verdict.regressions();
    assert!(
        sentences.len() == 1
            && sentences[0].contains("new in phase naive: instructions per token is 9,000"),
        "{sentences:?}"
    );
    // There is nothing that a line could accept it from.
    assert!(verdict.losses(&head).is_empty());
}

#[test]
fn a_wrong_answer_has_no_figures_to_hold() {
    let base = counted(1000);
    let mut head = counted(9000);
    head.rows[0].check = Check::Failed("wrong".to_owned());
    let verdict = held(&base, &head, 1500);
    assert_eq!(verdict.conclusion(), SuiteVerdict::Unjudged);
}

#[test]
fn counts_that_scatter_are_above_the_budget_only_if_all_are() {
    let (base, mut head) = (counted(1000), counted(1600));
    let verdict = held(&base, &head, 1500);
    assert_eq!(verdict.suspects().len(), 1, "it is counted again");
    head.rows[0].recounts = [1400, 1650].map(callgrind).to_vec();
    let is_over =
        |verdict: &CountsVerdict| matches!(verdict.rows[0].judgement, CountVerdict::OverBudget(..));
    assert!(!is_over(&held(&base, &head, 1500)));
    head.rows[0].recounts[0].data = Data::Callgrind { instructions: 1550 };
    assert!(is_over(&held(&base, &head, 1500)));
}

#[test]
fn a_line_excuses_a_budget_up_to_its_level() {
    let accepted = |from: f64, to: f64| {
        let key = counted(0).environment.portable_key("avx2").to_string();
        let mut lines = Acceptances::default();
        lines.add(Acceptance {
            loss: Loss {
                workload: "w".to_owned(),
                phase: "naive".to_owned(),
                metric: metric::by_name("instructions").expect("a metric"),
                from,
                to,
                key: Some(key),
            },
            accepted: date(2026, 1, 2),
            expires: None,
            reason: "it pays".to_owned(),
        });
        Ledger::stored(lines, date(2026, 1, 3))
    };
    for (base, head, from, to, standing) in [
        (1000, 2000, 1000.0, 2000.0, "accepted"),
        // Stored since then, and still above the budget.
        (2000, 2000, 1000.0, 2000.0, "accepted"),
        (2000, 2010, 1000.0, 2000.0, "over budget"),
        (1000, 2000, 1000.0, 1900.0, "over budget"),
        // The budget is excused, the loss of an improvement is not.
        (900, 2000, 1000.0, 2000.0, "regressed"),
    ] {
        let (base, head) = (counted(base), counted(head));
        let verdict = held(&base, &head, 1500).accept(&accepted(from, to), &head);
        let judgement = &verdict.rows[0].judgement;
        assert_eq!(judgement.standing().name(), standing, "{base:?} {head:?}");
    }
}

#[test]
fn a_budget_of_the_heap_is_held_in_bytes() {
    let text = "schema = 1\n[[limit]]\nmetric = \"peak-bytes\"\nmax = \"1 KB\"\nreason = \"of the device\"\n";
    let limits = Limits::parse(text, Path::new("limits.toml")).expect("valid");
    let head = record(vec![row("w", "naive", vec![dhat(2002, 1)])]);
    let comparisons = compare(RecordView::baseline(&head), RecordView::record(&head));
    let verdict = judge(comparisons, &limits).hold(&limits, &head);
    let over: Vec<_> = verdict.regressed().collect();
    assert_eq!(over.len(), 1);
    assert_eq!(over[0].judgement.rule().as_deref(), Some("max 1 KB"));
}
