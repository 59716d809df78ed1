//! Every export of every kind of results, as snapshots, and what must hold for each of them.

mod sample;

use std::sync::LazyLock;

use harness_report::export::{ExportFormat, Outcome, Results};
use proptest::prelude::*;
use serde_json::Value;

fn export(format: &str, results: &Results) -> String {
    ExportFormat::named(format).expect(format).export(results)
}

/// All samples, computed once: the power analysis of a gate takes a while.
static ALL: LazyLock<Vec<(&str, Results)>> = LazyLock::new(sample::all);

fn named(name: &str) -> Results {
    let found = ALL.iter().find(|(one, _)| *one == name);
    found.expect(name).1.clone()
}

#[test]
fn every_format_of_every_kind_of_results() {
    for format in ExportFormat::all() {
        let parts = ALL
            .iter()
            .map(|(name, results)| format!("==== {name}\n{}", format.export(results)));
        insta::assert_snapshot!(format.name(), parts.collect::<String>());
    }
}

#[test]
fn formats_are_found_by_unique_names_and_a_misspelled_one_gets_the_nearest() {
    for format in ExportFormat::all() {
        let found = ExportFormat::named(format.name()).expect("registered");
        assert_eq!(found.help(), format.help(), "another format has this name");
    }
    let error = ExportFormat::named("juint").expect_err("no such format");
    assert!(
        error.contains("did you mean `junit`?") && error.contains("openmetrics, bencher"),
        "{error}"
    );
}

#[test]
fn json_is_json() {
    for format in [
        "json",
        "sarif",
        "gitlab-codequality",
        "bencher",
        "benchmark-action-smaller",
        "benchmark-action-bigger",
    ] {
        for (name, results) in ALL.iter() {
            let read: Result<Value, _> = serde_json::from_str(&export(format, results));
            assert!(read.is_ok(), "{format} of {name}");
        }
    }
}

#[test]
fn what_was_not_judged_passes_nowhere() {
    let failed = named("error");
    assert_eq!(failed.outcome, Outcome::NotJudged);
    assert!(export("junit", &failed).contains(" errors=\"1\""));
    assert!(export("github-annotations", &failed).starts_with("::error "));
    let sarif: Value = serde_json::from_str(&export("sarif", &failed)).expect("JSON");
    let run = &sarif["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert_eq!(run["results"][0]["ruleId"], "not-judged");
    assert!(export("gitlab-codequality", &failed).contains("not-judged"));
    assert!(export("openmetrics", &failed).contains("harness_exit_status 2\n"));
    let nothing = export("junit", &named("nothing"));
    assert!(
        nothing.contains("<error message=\"nothing was measured\""),
        "{nothing}"
    );
}

#[test]
fn junit_has_a_case_for_each_figure_and_its_numbers_agree() {
    let results = named("gate");
    let text = export("junit", &results);
    let count = |start: &str| text.matches(start).count();
    assert_eq!(
        count("<testcase "),
        results.rows.len() + results.unmatched.len() + 1
    );
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Start(tag) if tag.name().as_ref() == b"testsuites" => {
                for attribute in tag.attributes() {
                    let attribute = attribute.expect("well-formed");
                    let value = String::from_utf8_lossy(&attribute.value).into_owned();
                    names.push((
                        String::from_utf8_lossy(attribute.key.as_ref()).into_owned(),
                        value,
                    ));
                }
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    let number = |name: &str| {
        let found = names.iter().find(|(one, _)| one == name);
        found.and_then(|(_, value)| value.parse::<usize>().ok())
    };
    assert_eq!(number("tests"), Some(count("<testcase ")));
    assert_eq!(number("failures"), Some(count("<failure")));
    assert_eq!(number("errors"), Some(count("<error")));
    assert_eq!(number("skipped"), Some(count("<skipped")));
}

/// Results with so many regressed figures, each with a long name.
fn many(rows: usize) -> Results {
    let mut results = named("gate");
    let regressed = results
        .rows
        .iter()
        .find(|row| row.outcome == Outcome::Regressed);
    let regressed = regressed.expect("there is one").clone();
    results.rows = (0..rows)
        .map(|number| {
            let mut row = regressed.clone();
            row.workload = format!("{} {number}", row.workload);
            row
        })
        .collect();
    results
}

#[test]
fn annotations_are_at_most_ten_of_a_kind_and_the_last_counts_the_others() {
    let text = export("github-annotations", &many(40));
    let errors: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("::error "))
        .collect();
    assert_eq!(errors.len(), 10);
    assert!(
        errors[9].contains("32 more figures are left out"),
        "{}",
        errors[9]
    );
    assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
}

#[test]
fn a_step_summary_is_cut_below_its_limit_on_the_border_of_a_row() {
    let results = many(20_000);
    let text = export("github-summary", &results);
    assert!(text.len() < 600 * 1024, "{}", text.len());
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| cells(row) == 9), "no row is cut");
    let left = results.rows.len() - (rows.len() - 2);
    assert!(
        text.contains(&format!("\n{left} of 20000 figures are left out")),
        "{left}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a workload is called, no name ends what it is written into.
    #[test]
    fn any_name_stays_in_its_place(name in any::<String>(), phase in "\\PC{0,8}") {
        let mut results = named("gate");
        for row in &mut results.rows {
            row.workload.clone_from(&name);
            row.phase.clone_from(&phase);
            row.reason = Some(name.clone());
        }
        results.headline.clone_from(&name);
        let rows = results.rows.len();
        for format in ["json", "sarif", "gitlab-codequality", "bencher", "benchmark-action-smaller"] {
            prop_assert!(serde_json::from_str::<Value>(&export(format, &results)).is_ok(), "{format}");
        }
        let junit = export("junit", &results);
        let mut reader = quick_xml::Reader::from_str(&junit);
        let mut cases = 0;
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Start(tag)) if tag.name().as_ref() == b"testcase" => cases += 1,
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => prop_assert!(false, "{error}: {junit}"),
            }
        }
        prop_assert_eq!(cases, rows + results.unmatched.len() + 1);
        let text = export("csv", &results);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.records().map(|record| record.expect("as many fields")[0].to_owned());
        prop_assert!(names.eq(std::iter::repeat_n(name.clone(), rows)));
        let annotations = export("github-annotations", &results);
        prop_assert!(annotations.lines().all(|line| line.starts_with("::")), "{}", annotations);
        let metrics = export("openmetrics", &results);
        let samples = metrics.lines().filter(|line| line.starts_with("harness_verdict_info{")).count();
        prop_assert_eq!(samples, rows);
        prop_assert!(metrics.lines().all(|line| line.starts_with("harness_") || line.starts_with("# ")), "{}", metrics);
    }
}
