//! Events of a processor: those that callgrind simulates, and those that the processor counts.
//!
//! The names of the simulated events are callgrind's; they are counted in one run. The values of the processor are those
//! of all runs together.

use harness_probe::Instrument;

use super::program::value;
use crate::Row;

/// Number of runs that the processor counted.
pub const ITERATIONS: &str = "iterations";
/// Cycles of the cores.
pub const CYCLES: &str = "cycles";
/// Instructions that the cores completed.
pub const INSTRUCTIONS: &str = "instructions";
/// Branches whose direction or target the cores predicted wrongly.
pub const BRANCH_MISSES: &str = "branch-misses";
/// Accesses that missed the cache. The processor decides which cache it means, usually the last level.
pub const CACHE_MISSES: &str = "cache-misses";

/// Conditional branches with a wrong direction, and indirect jumps with a wrong target.
pub(super) fn branch_misses(row: &Row) -> Option<f64> {
    simulated(row, &["Bcm", "Bim"])
}

/// Reads and writes that miss the first-level data cache.
pub(super) fn l1_misses(row: &Row) -> Option<f64> {
    simulated(row, &["D1mr", "D1mw"])
}

/// Fetches, reads and writes that miss the last-level cache.
pub(super) fn ll_misses(row: &Row) -> Option<f64> {
    simulated(row, &["ILmr", "DLmr", "DLmw"])
}

pub(super) fn cycles(row: &Row) -> Option<f64> {
    counted(row, CYCLES)
}

pub(super) fn retired_instructions(row: &Row) -> Option<f64> {
    counted(row, INSTRUCTIONS)
}

pub(super) fn retired_branch_misses(row: &Row) -> Option<f64> {
    counted(row, BRANCH_MISSES)
}

pub(super) fn cache_misses(row: &Row) -> Option<f64> {
    counted(row, CACHE_MISSES)
}

/// The sum of simulated events, for each unit of a run; none if one of them was not simulated.
fn simulated(row: &Row, events: &[&str]) -> Option<f64> {
    let mut values = events
        .iter()
        .map(|event| value(row, Instrument::Misses, event));
    let sum: f64 = values.by_ref().sum::<Option<f64>>()?;
    Some(sum / row.unit.per_run as f64)
}

/// An event of the processor, for each unit of a run.
fn counted(row: &Row, event: &str) -> Option<f64> {
    let of = |name| value(row, Instrument::Counters, name);
    let runs = of(ITERATIONS).filter(|&runs| runs > 0.0)?;
    Some(of(event)? / runs / row.unit.per_run as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;
    use crate::sample::{counts, row};

    #[test]
    fn events_are_those_of_one_unit() {
        let simulated = [("Bcm", 30), ("Bim", 10), ("D1mr", 4), ("D1mw", 2)];
        let processor = [(ITERATIONS, 5), (CYCLES, 1000), (BRANCH_MISSES, 10)];
        let readings = vec![
            counts(Instrument::Misses, &simulated),
            counts(Instrument::Counters, &processor),
        ];
        let mut row = row("w", "p", readings);
        row.unit.per_run = 2;
        let value = |name: &str| {
            let figure = by_name(name).expect("a metric").figure(&row);
            figure.map(|figure| figure.value)
        };
        assert_eq!(value("simulated-branch-misses"), Some(20.0));
        assert_eq!(value("simulated-l1-misses"), Some(3.0));
        assert_eq!(value("simulated-ll-misses"), None, "it was not simulated");
        assert_eq!(value("cycles"), Some(100.0));
        assert_eq!(value("branch-misses"), Some(1.0));
        assert_eq!(value("cache-misses"), None);
    }
}
