//! Tests of the numbers of a sweep: each follows from the figures beside it.

use harness_record::sample::{clock, record, row};
use proptest::prelude::*;

use super::*;

/// A sweep over the position with these times in nanoseconds.
fn swept(times: &[u64]) -> ReportData {
    let rows = times.iter().enumerate().map(|(index, &time)| {
        let workload = format!("growth/token@position={}", 8 << index);
        row(&workload, "fast", vec![clock("s", &[time; 6])])
    });
    let commands = crate::Commands {
        ablation: String::new(),
        growth: String::new(),
        matrix: String::new(),
    };
    ReportData::new("", record(rows.collect()), &[], commands)
}

fn table(report_data: &ReportData) -> Table {
    groups(report_data).groups.remove(0).table
}

/// The cell of the only phase under a column.
fn cell<'a>(table: &'a Table, key: &str) -> &'a Cell {
    let place = table.columns.iter().position(|column| column.key == key);
    &table.rows[0][place.expect(key)]
}

#[test]
fn a_jump_at_the_last_size_has_no_exponent() {
    let report_data = swept(&[1000, 1000, 1000, 1000, 2910]);
    let table = table(&report_data);
    assert!(cell(&table, "exponent").value.is_null());
    assert_eq!(cell(&table, "exponent").text, "no power law");
    let says = groups(&report_data).says;
    assert!(
        says[0].contains("no power law (points deviate up to 191 %)"),
        "{says:?}"
    );
}

#[test]
fn three_sizes_have_a_ratio_only() {
    let report_data = swept(&[1000, 2000, 4000]);
    let table = table(&report_data);
    assert!(cell(&table, "exponent").value.is_null());
    let change = cell(&table, "change").value.as_f64().expect("a number");
    assert!((change - 4.0).abs() < 1e-9, "{change}");
}

proptest! {
    /// The ratio is the quotient of the figures at both ends, and the texts agree to within their digits.
    #[test]
    fn the_ratio_is_the_quotient_of_the_ends(times in prop::collection::vec(1000..1_000_000u64, 4..7)) {
        let table = table(&swept(&times));
        let number = |key: &str| cell(&table, key).value.as_f64().expect("a number");
        let last = format!("at_{}", 8 << (times.len() - 1));
        let quotient = number(&last) / number("at_8");
        prop_assert!((number("change") / quotient - 1.0).abs() < 1e-9);
        let expected = *times.last().expect("sizes") as f64 / times[0] as f64;
        prop_assert!((quotient / expected - 1.0).abs() < 1e-9);
    }
}
