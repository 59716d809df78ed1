//! The program of a bench: a probe if a harness starts it, otherwise a short table.

use std::cell::OnceCell;

use harness_probe::protocol::Description;
use harness_probe::{
    Case, Instrument, ONLY_PHASE, Options, PROBE_ARGUMENT, Prepared, Selection, Suite,
    WorkloadError, digest, or_exit, serve_stdio,
};
use serde_json::{Value, json};

use crate::by_hand::{ByHand, arguments, fail, meter};
use crate::pass::{self, Found};

/// Runs a program with these groups. [`crate::criterion_main!`] calls it.
pub fn main(groups: &[&dyn Fn()]) {
    if arguments().any(|argument| argument == PROBE_ARGUMENT) {
        return or_exit(serve_stdio(&Benches::new(groups), &mut meter()));
    }
    let by_hand = ByHand::of(arguments()).unwrap_or_else(|error| fail(&error));
    pass::by_hand(by_hand, || {
        for group in groups {
            group();
        }
        pass::end();
    });
}

/// The benchmarks of a program.
struct Benches<'a> {
    groups: &'a [&'a dyn Fn()],
    found: OnceCell<Vec<Found>>,
}

impl<'a> Benches<'a> {
    fn new(groups: &'a [&'a dyn Fn()]) -> Self {
        Self {
            groups,
            found: OnceCell::new(),
        }
    }

    fn found(&self) -> &[Found] {
        self.found.get_or_init(|| {
            pass::list(|| {
                for (number, group) in self.groups.iter().enumerate() {
                    pass::group(number);
                    group();
                }
            })
        })
    }
}

impl Suite for Benches<'_> {
    fn describe(&self) -> Vec<Description> {
        self.found().iter().map(describe).collect()
    }

    fn with_prepared(
        &self,
        case: &Case,
        _options: &Options,
        measure: &mut dyn FnMut(&mut dyn Prepared),
    ) -> Result<(), WorkloadError> {
        let found = self.found().iter().find(|found| found.id == case.workload);
        let place = match found {
            Some(found) if case.phase == ONLY_PHASE => &found.place,
            _ => return Err(WorkloadError::new(format!("there is no workload {case}"))),
        };
        let number = place.scope.group;
        let is_reached = pass::measure(place, measure, || {
            pass::group(number);
            self.groups[number]();
        });
        match is_reached {
            true => Ok(()),
            false => Err(WorkloadError::new(format!(
                "the bench listed {} but did not add it again: a benchmark must be added every time its function runs",
                case.workload
            ))),
        }
    }
}

fn describe(found: &Found) -> Description {
    // The amount of work is part of the definition: another amount is another benchmark.
    let definition = json!({"benchmark": found.id, "unit": found.unit});
    Description {
        id: found.id.clone(),
        about: String::new(),
        unit: found.unit.clone(),
        definition: digest(&definition),
        answer: digest(&Value::Null),
        phases: vec![ONLY_PHASE.to_owned()],
        instruments: vec![Instrument::Clock, Instrument::Callgrind, Instrument::Dhat],
        selection: Selection::Standard,
    }
}
