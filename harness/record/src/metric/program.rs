//! Properties of a program: its size, and the time of its build. They are rows of their own, whose unit is
//! [`UNIT`], because they belong to no workload.

use harness_probe::Instrument;

use crate::{Data, Row};

/// The unit of rows about a program.
pub const UNIT: &str = "program";
/// Bytes of machine code: the section `.text`.
pub const CODE: &str = "code-bytes";
/// Bytes of all sections that are loaded into memory. Debug information and symbols are not.
pub const LOADED: &str = "loaded-bytes";
/// Shortest time of a build, in nanoseconds.
pub const BUILD: &str = "nanoseconds";
/// Number of builds.
pub const BUILDS: &str = "builds";

pub(super) fn code(row: &Row) -> Option<f64> {
    value(row, Instrument::Size, CODE)
}

pub(super) fn loaded(row: &Row) -> Option<f64> {
    value(row, Instrument::Size, LOADED)
}

pub(super) fn build_time(row: &Row) -> Option<f64> {
    Some(value(row, Instrument::Build, BUILD)? / 1e9)
}

/// A value of an instrument whose readings are named counts.
pub(super) fn value(row: &Row, instrument: Instrument, name: &str) -> Option<f64> {
    match &row.reading(instrument)?.data {
        Data::Counts { values, .. } => values.get(name).map(|&value| value as f64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;
    use crate::sample::{counts, row};

    #[test]
    fn a_program_has_sizes_and_a_time_of_its_build() {
        let size = counts(Instrument::Size, &[(CODE, 4096), (LOADED, 9000)]);
        let build = counts(Instrument::Build, &[(BUILD, 1_500_000_000), (BUILDS, 3)]);
        let row = row("program/a", "release", vec![size, build]);
        let value = |name: &str| {
            let figure = by_name(name).expect("a metric").figure(&row);
            figure.map(|figure| figure.value)
        };
        assert_eq!(value("code-size"), Some(4096.0));
        assert_eq!(value("program-size"), Some(9000.0));
        assert_eq!(value("build-time"), Some(1.5));
        assert_eq!(value("cycles"), None);
    }
}
