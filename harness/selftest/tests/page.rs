//! The committed page and chart of the self-test must be equal to those drawn from the rows beside them.

use std::fs;
use std::path::{Path, PathBuf};

use harness_selftest::{COMMITS, chart, log, page};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/selftest")
}

#[test]
fn the_page_and_the_chart_follow_from_the_rows() {
    let rows = log::read(&folder().join(COMMITS.rows)).expect("whole rows");
    if rows.is_empty() {
        return;
    }
    let kept = |name: &str| fs::read_to_string(folder().join(name)).expect(name);
    let hint =
        "run `cargo harness selftest gate --condition real --replay` and look at the difference";
    assert!(page(&COMMITS, &rows, "") == kept(COMMITS.page), "{hint}");
    assert!(
        chart(&rows).expect("trials").to_svg() == kept(COMMITS.chart),
        "{hint}"
    );
}
