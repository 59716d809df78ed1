//! Branch and cache misses on a machine that callgrind simulates. The counts explain why a time changed, and repeat on one
//! kind of machine: valgrind gives the simulated caches the sizes of the real ones.

use std::collections::BTreeMap;

use harness_probe::protocol::Description;
use harness_probe::{Case, Instrument};
use harness_record::{Data, Reading};

use super::{Callgrind, Definition, InstrumentReader, Taken, each_phase};

/// Makes callgrind simulate two levels of caches and a predictor of branches.
const SIMULATION: &str = "--cache-sim=yes --branch-sim=yes";

/// Counts misses, on one thread.
struct Misses<'a>(Callgrind<'a>);

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Misses,
    // Commands are processes of their own, which callgrind counts in another way.
    program: |suite| Callgrind::program(suite).filter(|_| suite.commands().is_empty()),
    reader: |measurement| match measurement.commands {
        [] => Some(Box::new(Misses(Callgrind::of(measurement)?))),
        _ => None,
    },
};

impl InstrumentReader for Misses<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Misses
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        // The simulation doubles the time of callgrind.
        2.0 * self.0.expected_seconds(runs)
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        each_phase(phases, step, |phase| {
            let case = Case {
                workload: workload.id.clone(),
                phase: phase.to_owned(),
            };
            self.count(&case).unwrap_or_else(Taken::failed)
        })
    }
}

impl Misses<'_> {
    fn count(&self, case: &Case) -> Result<Taken, String> {
        let output = self.0.output(case, SIMULATION)?;
        let values = events(&output.text)
            .filter(|values| values.contains_key("Bcm"))
            .ok_or_else(|| format!("callgrind left no misses of {case}"))?;
        let data = Data::Counts {
            counted_by: Instrument::Misses,
            values,
        };
        Ok(Taken {
            reading: Ok(Reading {
                isa: output.isa,
                threads: output.threads,
                data,
            }),
            check: Some(output.check),
        })
    }
}

/// The total of every event in a file of callgrind; none if it has no totals. Trailing zeros are left out in such a file.
fn events(text: &str) -> Option<BTreeMap<String, u64>> {
    let line = |name: &str| text.lines().rev().find_map(|line| line.strip_prefix(name));
    let names = line("events:")?.split_ascii_whitespace();
    let totals = line("totals:")?.split_ascii_whitespace().map(str::parse);
    let totals: Vec<u64> = totals.collect::<Result<_, _>>().ok()?;
    let padded = totals.into_iter().chain(std::iter::repeat(0));
    Some(names.map(str::to_owned).zip(padded).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_have_the_names_of_the_events() {
        let text =
            "version: 1\nevents: Ir Dr Bcm Bim\nfn=(1) a\n1 5 2\nsummary: 5 2\ntotals: 221 7 3\n";
        let events = events(text).expect("totals");
        assert_eq!(events["Ir"], 221);
        assert_eq!((events["Bcm"], events["Bim"]), (3, 0));
    }

    #[test]
    fn a_file_without_totals_has_no_events() {
        assert_eq!(events("events: Ir\n"), None);
        assert_eq!(events("events: Ir\ntotals: many\n"), None);
    }
}
