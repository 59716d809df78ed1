//! What is drawn from a record, as a reader sees it.

mod synthetic;

use harness::render::Format;
use harness::report::run_tables;

#[test]
fn the_tables_of_a_run_fit_a_terminal() {
    let text = Format::Table.render(&run_tables(&synthetic::record(), &synthetic::anchors()));
    let text = anstream::adapter::strip_str(&text).to_string();
    let tabular = text.lines().filter(|line| !line.contains(": ") && !line.starts_with('±'));
    let widest = tabular.map(|line| line.chars().count()).max().unwrap_or_default();
    assert!((60..=140).contains(&widest), "{widest} columns");
    insta::assert_snapshot!("run_table", text);
}

#[test]
fn the_tables_of_a_run_in_every_format() {
    let tables = run_tables(&synthetic::record(), &synthetic::anchors());
    insta::assert_snapshot!("run_csv", Format::Csv.render(&tables));
    insta::assert_snapshot!("run_markdown", Format::Markdown.render(&tables));
    let json: serde_json::Value = serde_json::from_str(&Format::Json.render(&tables)).expect("valid JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(tables.len()));
    insta::assert_snapshot!("run_json", serde_json::to_string_pretty(&json[0]).expect("JSON"));
}
