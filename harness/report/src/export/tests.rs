//! The JSON Schema of the JSON export, and small functions.

use std::path::PathBuf;

use super::Results;
use super::open_metrics::name;

#[test]
fn the_committed_schema_is_that_of_the_type() {
    let schema = schemars::schema_for!(Results).to_value();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema/results.json");
    let text = format!("{schema:#}\n");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        harness_record::atomic_file::write(&path, text.as_bytes()).expect("written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{} is not up to date: run this test with UPDATE_SCHEMAS=1",
        path.display()
    );
}

#[test]
fn a_unit_is_the_end_of_the_name_or_no_unit() {
    let named = |metric, suffix, unit| name(metric, suffix, unit);
    assert_eq!(
        named("time", "", "s"),
        ("harness_time_seconds".to_owned(), Some("seconds"))
    );
    assert_eq!(
        named("peak-bytes", "_base", "B"),
        ("harness_peak_base_bytes".to_owned(), Some("bytes"))
    );
    assert_eq!(
        named("instructions", "", "Ir"),
        ("harness_instructions".to_owned(), Some("instructions"))
    );
    assert_eq!(
        named("bytes-per-unit", "_low", "B"),
        ("harness_bytes_per_unit_low".to_owned(), None)
    );
    assert_eq!(
        named("tokens-per-second", "", "1/s"),
        ("harness_tokens_per_second".to_owned(), None)
    );
}
