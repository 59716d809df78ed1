//! The steps multiply to the total, in the exact values and in the texts.

use harness_record::sample::{clock, dhat, record, row};
use harness_record::{Check, Record};
use proptest::prelude::*;

use super::*;
use crate::render::{Cell, Table};

const PHASES: [&str; 4] = ["naive", "pooled", "cached", "best"];

fn report_data(record: Record) -> ReportData {
    let commands = crate::Commands {
        ablation: String::new(),
        growth: String::new(),
        matrix: String::new(),
    };
    ReportData::new("", record, &[], commands)
}

/// A record of workloads; each has steady times and the heap bytes in every phase.
fn measured(workloads: &[Vec<(u64, u64)>]) -> Record {
    let steady = |costs: &Vec<(u64, u64)>| {
        let costs = costs.iter();
        costs.map(|&(time, bytes)| (vec![time; 8], bytes)).collect()
    };
    scattered(&workloads.iter().map(steady).collect::<Vec<_>>())
}

/// A record of workloads; each has times by round and the heap bytes in every phase.
fn scattered(workloads: &[Vec<(Vec<u64>, u64)>]) -> Record {
    let rows = workloads.iter().enumerate().flat_map(|(index, costs)| {
        PHASES
            .iter()
            .zip(costs)
            .map(move |(phase, (times, bytes))| {
                let readings = vec![clock("s", times), dhat(*bytes, 1)];
                row(&format!("w{index}"), phase, readings)
            })
    });
    record(rows.collect())
}

fn sections_of(record: Record) -> Section {
    section(&report_data(record)).expect("several phases")
}

/// The cells of a column from the first step to the row of all steps.
fn column<'a>(table: &'a Table, key: &str) -> Vec<&'a Cell> {
    let place = table
        .columns
        .iter()
        .position(|column| column.key == key)
        .expect(key);
    table.rows.iter().map(|row| &row[place]).collect()
}

/// The number that a text shows, and the share by which rounding may have changed it.
fn shown(cell: &Cell) -> (f64, f64) {
    let text = cell.text.split(" [").next().expect("a ratio");
    if text == "unchanged" {
        return (1.0, 0.0);
    }
    if let Some(percent) = text.strip_prefix("moved ") {
        let percent: f64 = percent.trim_end_matches(" %").parse().expect("a number");
        return (1.0 + percent / 100.0, 5e-5);
    }
    let digits = text.trim_matches('x');
    let (inverse, digits) = match digits.strip_prefix("1/") {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let (digits, factor) = match digits.strip_suffix('k') {
        Some(digits) => (digits, 1e3),
        None => (digits, 1.0),
    };
    let digits = digits.trim();
    let value: f64 = digits.parse().unwrap_or_else(|_| panic!("{text}"));
    // Zeros at the end of a whole number may stand for any digit, but two digits are always shown.
    let place = match digits.split_once('.') {
        Some((_, decimals)) => -(decimals.len() as i32),
        None => (digits.len() - digits.trim_end_matches('0').len()) as i32,
    };
    let rounding = (0.5 * 10f64.powi(place) / value).min(0.05);
    let value = value * factor;
    (if inverse { 1.0 / value } else { value }, rounding)
}

/// Compares the product of all cells but the last with the last one.
fn check(cells: &[&Cell]) -> Result<(), TestCaseError> {
    let (total, steps) = cells.split_last().expect("steps");
    let exact = |cell: &&Cell| cell.value.as_f64().expect("a number");
    let product: f64 = steps.iter().map(exact).product();
    prop_assert!((product / exact(total) - 1.0).abs() < 1e-9);
    let texts: Vec<(f64, f64)> = steps.iter().map(|cell| shown(cell)).collect();
    let (total, rounding) = shown(total);
    let product: f64 = texts.iter().map(|(value, _)| value).product();
    let most: f64 = texts.iter().map(|(_, rounding)| rounding).sum::<f64>() + rounding;
    prop_assert!(
        (product / total).ln().abs() <= 1.1 * most,
        "{product} {total} {most}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn steps_multiply_to_the_total(
        workloads in prop::collection::vec(
            prop::collection::vec((prop::collection::vec(100..1_000_000u64, 6), 10..1_000_000u64), 4),
            1..6,
        ),
    ) {
        let section = sections_of(scattered(&workloads));
        let [means, by_workload] = section.tables.as_slice() else { panic!("two tables") };
        for key in ["speed_over_before", "peak_over_before", "heap_over_before"] {
            check(&column(means, key))?;
        }
        for row in &by_workload.rows {
            check(&row[1..].iter().collect::<Vec<_>>())?;
        }
    }
}

#[test]
fn every_mean_has_the_same_workloads() {
    let mut record = measured(&[
        vec![(1000, 10), (500, 10), (250, 10), (100, 10)],
        vec![(1000, 10), (100, 10), (50, 10), (10, 10)],
    ]);
    // One wrong answer takes the workload out of every step.
    record.rows[5].check = Check::Failed("no".to_owned());
    let section = sections_of(record);
    let speed = column(&section.tables[0], "speed_over_before");
    let values: Vec<f64> = speed
        .iter()
        .map(|cell| cell.value.as_f64().expect("a number"))
        .collect();
    for (found, expected) in values.iter().zip([2.0, 2.0, 2.5, 10.0]) {
        assert!((found - expected).abs() < 1e-9, "{values:?}");
    }
    let note = &section.tables[0].notes[0];
    assert!(note.contains("without w1"), "{note}");
}

#[test]
fn a_cost_that_rose_is_named() {
    let says = |bytes: [u64; 4]| {
        let costs = bytes.map(|bytes| (1000, bytes));
        sections_of(measured(&[costs.to_vec()])).says
    };
    let risen = says([1000, 1000, 1800, 900]);
    assert!(
        risen[1].contains("peak heap") && risen[1].contains("in cached"),
        "{risen:?}"
    );
    let fallen = says([1000, 900, 800, 700]);
    assert!(fallen[1].starts_with("No cost rose"), "{fallen:?}");
}

#[test]
fn a_workload_that_reaches_zero_leaves_the_others_a_mean() {
    let costs = |bytes: [u64; 4]| bytes.map(|bytes| (1000, bytes)).to_vec();
    let all = sections_of(measured(&[costs([80, 80, 0, 0]), costs([80, 40, 20, 10])]));
    check(&column(&all.tables[0], "heap_over_before")).expect("the second workload");
    let zero = sections_of(measured(&[costs([80, 80, 0, 0])]));
    let texts: Vec<&str> = column(&zero.tables[0], "heap_over_before")
        .iter()
        .map(|cell| cell.text.as_str())
        .collect();
    assert_eq!(texts[1..], ["zero", "from zero", "zero"]);
}
