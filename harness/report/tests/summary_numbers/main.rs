//! Computes every number of the executive summary again from the raw readings. The code is independent of the report,
//! apart from the summary under test.

mod expected;
mod readings;
#[path = "../synthetic/mod.rs"]
mod synthetic;
mod written;

use expected::Expected;
use harness_report::{charts, sections, summary};
use written::numbers;

#[test]
fn every_number_of_the_summary_follows_from_the_readings() {
    let report_data = synthetic::everything();
    let text = summary(
        &report_data,
        &charts::all(&report_data),
        &sections(&report_data),
    );
    let expected = Expected {
        record: &report_data.record,
        report_data: &report_data,
    };
    let mut seen = 0;
    for line in text.lines() {
        let wanted = expected.of(line);
        let found = numbers(line);
        assert_eq!(
            found.len(),
            wanted.len(),
            "{line}\nfound {found:?}\nwanted {wanted:?}"
        );
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!(found.is(*wanted), "{line}\n{found:?} is not {wanted}");
        }
        seen += found.len();
    }
    assert!(
        seen > 80,
        "only {seen} numbers: the summary has become another one"
    );
}
