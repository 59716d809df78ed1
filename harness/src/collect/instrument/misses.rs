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
            .map_err(|problem| format!("the output of callgrind for {case} {problem}"))?;
        if !values.contains_key("Bcm") {
            return Err(format!("callgrind left no misses of {case}"));
        }
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

/// Events of misses, each with the events that can miss.
const MISSES_OF: [(&str, &str); 10] = [
    ("I1mr", "Ir"),
    ("D1mr", "Dr"),
    ("D1mw", "Dw"),
    ("ILmr", "Ir"),
    ("DLmr", "Dr"),
    ("DLmw", "Dw"),
    ("Bc", "Ir"),
    ("Bi", "Ir"),
    ("Bcm", "Bc"),
    ("Bim", "Bi"),
];

/// The total of every event in a file of callgrind. Trailing zeros are left out in such a file.
///
/// # Errors
/// The problem, as a predicate: the file has no totals, or they are impossible.
fn events(text: &str) -> Result<BTreeMap<String, u64>, String> {
    let line = |name: &str| {
        let found = text.lines().rev().find_map(|line| line.strip_prefix(name));
        found.ok_or_else(|| format!("has no line `{name}`"))
    };
    let names: Vec<&str> = line("events:")?.split_ascii_whitespace().collect();
    let totals = line("totals:")?.split_ascii_whitespace().map(str::parse);
    let totals: Vec<u64> = totals
        .collect::<Result<_, _>>()
        .map_err(|_| "has totals that are no numbers".to_owned())?;
    if totals.len() > names.len() {
        return Err(format!(
            "has {} totals of {} events",
            totals.len(),
            names.len()
        ));
    }
    let count = names.len();
    let padded = totals.into_iter().chain(std::iter::repeat(0));
    let events: BTreeMap<String, u64> = names.into_iter().map(str::to_owned).zip(padded).collect();
    if events.len() < count {
        return Err("names an event twice".to_owned());
    }
    for (misses, all) in MISSES_OF {
        if let (Some(few), Some(many)) = (events.get(misses), events.get(all))
            && few > many
        {
            return Err(format!("has {few} {misses} of {many} {all}"));
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_totals_have_the_names_of_the_events() {
        let text = "version: 1\nevents: Ir Dr Bc Bcm Bi Bim\nfn=(1) a\n1 5 2\nsummary: 5 2\ntotals: 221 7 9 3\n";
        let events = events(text).expect("totals");
        assert_eq!(events["Ir"], 221);
        assert_eq!((events["Bcm"], events["Bim"]), (3, 0));
    }

    #[test]
    fn a_file_without_totals_or_with_impossible_ones_has_no_events() {
        for (text, problem) in [
            ("events: Ir\n", "has no line `totals:`"),
            ("events: Ir\ntotals: many\n", "no numbers"),
            ("events: Ir\ntotals: -5\n", "no numbers"),
            ("events: Ir\ntotals: 5 6\n", "2 totals of 1 events"),
            ("events: Ir Ir\ntotals: 5 6\n", "twice"),
            ("events: Ir Dr D1mr\ntotals: 50 6 7\n", "7 D1mr of 6 Dr"),
        ] {
            let error = events(text).expect_err(problem);
            assert!(error.contains(problem), "{error}");
        }
    }

    proptest! {
        /// No text panics, and what is read never has more misses than accesses.
        #[test]
        fn any_totals_are_refused_or_possible(
            names in prop::collection::vec("Ir|Dr|Dw|D1mr|D1mw|DLmr|Bc|Bcm", 0..6),
            totals in prop::collection::vec("[0-9]{1,21}|-1|NaN|1e9", 0..7),
        ) {
            let text = format!("events: {}\ntotals: {}\n", names.join(" "), totals.join(" "));
            if let Ok(events) = events(&text) {
                prop_assert_eq!(events.len(), names.len());
                for (misses, all) in MISSES_OF {
                    if let (Some(few), Some(many)) = (events.get(misses), events.get(all)) {
                        prop_assert!(few <= many);
                    }
                }
            }
        }
    }
}
