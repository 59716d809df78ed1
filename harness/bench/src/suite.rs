//! The suite of a program whose workloads are functions.

use harness_probe::protocol::Description;
use harness_probe::{
    Case, Instrument, Options, Prepared, Suite, Unit, WorkloadError, digest, or_exit, run_program,
};
use serde_json::{Value, json};

use crate::{Bencher, Function, declared};

/// Runs a program with these workloads and all declared ones. [`crate::main!`] calls it.
pub fn main(functions: Vec<Function>) {
    let mut all = declared::functions();
    all.extend(functions);
    let suite = or_exit(Functions::new(all));
    #[cfg(feature = "heap-meter")]
    let mut meter = harness_probe::Heap::new();
    #[cfg(not(feature = "heap-meter"))]
    let mut meter = harness_probe::Clock::new();
    or_exit(run_program(&suite, &mut meter));
}

/// The functions of a program. Functions of one id are the phases of one workload.
struct Functions(Vec<Function>);

impl Functions {
    fn new(functions: Vec<Function>) -> Result<Self, WorkloadError> {
        for (index, one) in functions.iter().enumerate() {
            let same = |other: &&Function| other.id == one.id;
            if let Some(first) = functions[..index].iter().find(same) {
                if functions[..index]
                    .iter()
                    .any(|other| same(&other) && other.phase == one.phase)
                {
                    return Err(WorkloadError::new(format!(
                        "two workloads have the id {} and the phase {}: give one of them another `id` or `phase`",
                        one.id, one.phase
                    )));
                }
                if first.unit != one.unit || first.argument != one.argument {
                    return Err(WorkloadError::new(format!(
                        "the phases {} and {} of {} do different work: their units or arguments differ",
                        first.phase, one.phase, one.id
                    )));
                }
            }
        }
        Ok(Self(functions))
    }
}

impl Suite for Functions {
    fn describe(&self) -> Vec<Description> {
        let mut described: Vec<Description> = Vec::new();
        for function in &self.0 {
            match described.iter_mut().find(|one| one.id == function.id) {
                Some(one) => one.phases.push(function.phase.clone()),
                None => described.push(describe(function)),
            }
        }
        described
    }

    fn with_prepared(
        &self,
        case: &Case,
        _options: &Options,
        measure: &mut dyn FnMut(&mut dyn Prepared),
    ) -> Result<(), WorkloadError> {
        let function = self
            .0
            .iter()
            .find(|one| one.id == case.workload && one.phase == case.phase);
        let function =
            function.ok_or_else(|| WorkloadError::new(format!("there is no workload {case}")))?;
        (function.run)(&mut Bencher::new(measure));
        Ok(())
    }
}

fn describe(function: &Function) -> Description {
    let (name, per_run) = function
        .unit
        .clone()
        .unwrap_or_else(|| ("call".to_owned(), 1));
    let definition = json!({"function": function.id, "argument": function.argument});
    Description {
        id: function.id.clone(),
        about: function.about.clone(),
        unit: Unit {
            name,
            per_run: per_run.max(1),
        },
        definition: digest(&definition),
        // A function has no stored answer: the check is part of its code.
        answer: digest(&Value::Null),
        phases: vec![function.phase.clone()],
        instruments: vec![Instrument::Clock, Instrument::Callgrind, Instrument::Dhat],
        selection: function.selection,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function;

    #[test]
    fn functions_of_one_id_are_phases_of_one_workload() {
        let number = |phase: &str| function("a", || 1, |n| *n + 1).phase(phase).items(3);
        let functions = Functions::new(vec![
            number("naive"),
            function("b", || (), |()| ()),
            number("fast"),
        ]);
        let described = functions.expect("two workloads").describe();
        let ids: Vec<&str> = described.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(described[0].phases, ["naive", "fast"]);
        assert_eq!(described[0].unit.per_run, 3);
    }

    #[test]
    fn twins_and_phases_of_different_work_are_refused() {
        let number = |phase: &str| function("a", || 1, |n| *n + 1).phase(phase);
        assert!(Functions::new(vec![number("x"), number("x")]).is_err());
        assert!(Functions::new(vec![number("x"), number("y").items(2)]).is_err());
        assert!(Functions::new(vec![number("x"), number("y").argument(2)]).is_err());
    }

    #[test]
    fn an_unknown_workload_is_an_error_and_a_known_one_is_measured_once() {
        let functions = Functions::new(vec![function("a", || 1, |n| *n + 1)]).expect("one");
        let options = Options {
            threads: 1,
            isa: None,
        };
        let mut measured = 0;
        for (workload, phase) in [("a", "current"), ("a", "other"), ("b", "current")] {
            let case = Case {
                workload: workload.to_owned(),
                phase: phase.to_owned(),
            };
            let result = functions.with_prepared(&case, &options, &mut |_| measured += 1);
            assert_eq!(
                result.is_ok(),
                (workload, phase) == ("a", "current"),
                "{case}"
            );
        }
        assert_eq!(measured, 1);
    }
}
