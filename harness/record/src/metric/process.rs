//! Resources of a process: the names of their values in a record, and the metrics that are computed from them.
//!
//! Times and counts are those of all runs together, so they are divided by the number of runs.

use harness_probe::Instrument;

use crate::{Data, Row};

/// Number of runs.
pub const ITERATIONS: &str = "iterations";
/// Time on a core outside the kernel, in nanoseconds.
pub const USER: &str = "user-nanoseconds";
/// Time on a core inside the kernel, in nanoseconds.
pub const SYSTEM: &str = "system-nanoseconds";
/// Peak of the resident memory, in bytes.
pub const PEAK_RSS: &str = "peak-rss-bytes";
/// Pages that were made available without reading a file.
pub const MINOR_FAULTS: &str = "minor-faults";
/// Pages that were read from a file.
pub const MAJOR_FAULTS: &str = "major-faults";
/// Times that the process gave up its core to wait.
pub const VOLUNTARY_SWITCHES: &str = "voluntary-switches";
/// Times that the process was taken off its core.
pub const INVOLUNTARY_SWITCHES: &str = "involuntary-switches";
/// The exit status of the last process, if it is that of a command.
pub const EXIT_STATUS: &str = "exit-status";

/// A value of the reading of processes, for all runs together; none if the row has no such reading.
fn total(row: &Row, name: &str) -> Option<f64> {
    match &row.reading(Instrument::Process)?.data {
        Data::Counts { values, .. } => values.get(name).map(|&value| value as f64),
        _ => None,
    }
}

/// A value of one run.
fn per_run(row: &Row, name: &str) -> Option<f64> {
    Some(total(row, name)? / total(row, ITERATIONS).filter(|&count| count > 0.0)?)
}

pub(super) fn peak_rss(row: &Row) -> Option<f64> {
    total(row, PEAK_RSS)
}

pub(super) fn user_time(row: &Row) -> Option<f64> {
    Some(per_run(row, USER)? / 1e9)
}

pub(super) fn system_time(row: &Row) -> Option<f64> {
    Some(per_run(row, SYSTEM)? / 1e9)
}

/// Page faults of one run.
pub fn page_faults(row: &Row) -> Option<f64> {
    Some(per_run(row, MINOR_FAULTS)? + per_run(row, MAJOR_FAULTS)?)
}

/// The exit status of the last run of a command; none for other workloads.
pub fn exit_status(row: &Row) -> Option<f64> {
    total(row, EXIT_STATUS)
}

/// Context switches of one run.
pub fn context_switches(row: &Row) -> Option<f64> {
    Some(per_run(row, VOLUNTARY_SWITCHES)? + per_run(row, INVOLUNTARY_SWITCHES)?)
}

#[cfg(test)]
mod tests {
    use harness_probe::Unit;

    use super::*;
    use crate::metric::by_name;
    use crate::{Check, Reading};

    fn row(values: &[(&str, u64)]) -> Row {
        let data = Data::Counts {
            counted_by: Instrument::Process,
            values: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
        };
        Row {
            workload: "grep".to_owned(),
            phase: "command".to_owned(),
            unit: Unit {
                name: "run".to_owned(),
                per_run: 1,
            },
            definition: String::new(),
            answer: String::new(),
            check: Check::Passed,
            readings: vec![Reading {
                isa: "x".to_owned(),
                threads: 1,
                data,
            }],
            failures: Vec::new(),
            recounts: Vec::new(),
        }
    }

    #[test]
    fn times_are_those_of_one_run_and_memory_is_a_peak() {
        let row = row(&[
            (ITERATIONS, 4),
            (USER, 2_000_000_000),
            (SYSTEM, 1_000_000_000),
            (PEAK_RSS, 4096),
            (MINOR_FAULTS, 6),
            (MAJOR_FAULTS, 2),
        ]);
        let value = |name: &str| {
            let figure = by_name(name).expect("a metric").figure(&row);
            figure.map(|figure| figure.value)
        };
        assert_eq!(value("user-time"), Some(0.5));
        assert_eq!(value("system-time"), Some(0.25));
        assert_eq!(value("peak-rss"), Some(4096.0));
        assert_eq!(page_faults(&row), Some(2.0));
        assert_eq!(context_switches(&row), None, "an incomplete reading");
    }

    #[test]
    fn without_a_run_there_is_no_time() {
        let row = row(&[(ITERATIONS, 0), (USER, 1)]);
        assert_eq!(user_time(&row), None);
    }
}
