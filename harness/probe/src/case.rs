//! Cases: a workload in one phase, named by id, never by its position in a registry.

use std::fmt;

use crate::workload::variable;
use crate::{Instrument, Registry, Workload, WorkloadError};

/// A workload in one of its phases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
}

impl Case {
    /// The environment variable with the id of the workload.
    pub const WORKLOAD_VARIABLE: &str = "HARNESS_WORKLOAD";
    /// The environment variable with the phase.
    pub const PHASE_VARIABLE: &str = "HARNESS_PHASE";

    /// The case that `HARNESS_WORKLOAD` and `HARNESS_PHASE` name; none if neither variable is set.
    ///
    /// # Errors
    /// If only one of them is set, or one is not Unicode.
    pub fn from_environment() -> Result<Option<Self>, WorkloadError> {
        Self::of_variables(
            variable(Self::WORKLOAD_VARIABLE)?,
            variable(Self::PHASE_VARIABLE)?,
        )
    }

    fn of_variables(
        workload: Option<String>,
        phase: Option<String>,
    ) -> Result<Option<Self>, WorkloadError> {
        match (workload, phase) {
            (Some(workload), Some(phase)) => Ok(Some(Self { workload, phase })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(incomplete(Self::WORKLOAD_VARIABLE, Self::PHASE_VARIABLE)),
            (None, Some(_)) => Err(incomplete(Self::PHASE_VARIABLE, Self::WORKLOAD_VARIABLE)),
        }
    }
}

fn incomplete(set: &str, missing: &str) -> WorkloadError {
    WorkloadError::new(format!(
        "{set} is set, but {missing} is not: set both or neither"
    ))
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in phase {}", self.workload, self.phase)
    }
}

impl Registry {
    /// All cases that an instrument can measure, in the order of the registry.
    pub fn cases(&self, instrument: Instrument) -> Vec<Case> {
        let workloads = self
            .workloads()
            .iter()
            .filter(|workload| workload.instruments().contains(&instrument));
        let cases = |id: &str, phases: Vec<String>| {
            let workload = id.to_owned();
            phases.into_iter().map(move |phase| Case {
                workload: workload.clone(),
                phase,
            })
        };
        workloads
            .flat_map(|workload| cases(workload.id(), workload.phases()))
            .collect()
    }

    /// The workload of a case.
    ///
    /// # Errors
    /// If the workload does not exist, has no such phase, or cannot be measured with the instrument.
    pub fn select(
        &self,
        case: &Case,
        instrument: Instrument,
    ) -> Result<&dyn Workload, WorkloadError> {
        let Case {
            workload: id,
            phase,
        } = case;
        let workload = self
            .get(id)
            .ok_or_else(|| WorkloadError::new(format!("there is no workload {id}")))?;
        let instruments = workload.instruments();
        if !instruments.contains(&instrument) {
            let names: Vec<&str> = instruments.iter().map(|one| one.name()).collect();
            let (wanted, names) = (instrument.name(), names.join(", "));
            return Err(WorkloadError::new(format!(
                "{id} is not measured with {wanted}, only with {names}"
            )));
        }
        let phases = workload.phases();
        if !phases.contains(phase) {
            let names = phases.join(" ");
            return Err(WorkloadError::new(format!(
                "{id} has no phase {phase}; its phases are {names}"
            )));
        }
        Ok(workload)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Options, Prepared, Selection, Unit};

    struct Named(&'static str, Instrument);

    impl Workload for Named {
        fn id(&self) -> &str {
            self.0
        }
        fn unit(&self) -> Unit {
            Unit {
                name: "call".to_owned(),
                per_run: 1,
            }
        }
        fn definition(&self) -> Value {
            json!(self.0)
        }
        fn answer(&self) -> Value {
            json!(self.0)
        }
        fn phases(&self) -> Vec<String> {
            vec!["naive".to_owned(), "naive,matmul=simd".to_owned()]
        }
        fn instruments(&self) -> Vec<Instrument> {
            vec![self.1]
        }
        fn selection(&self) -> Selection {
            Selection::Quick
        }
        fn prepare(&self, _: &str, _: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
            Err(WorkloadError::new("only listed here"))
        }
    }

    fn registry(ids: &[&'static str]) -> Registry {
        let workload = |id: &&'static str| {
            let instrument = if *id == "timed" {
                Instrument::Clock
            } else {
                Instrument::Callgrind
            };
            Box::new(Named(id, instrument)) as Box<dyn Workload>
        };
        Registry::new("plain", ids.iter().map(workload).collect()).expect("unique ids")
    }

    fn case(workload: &str, phase: &str) -> Case {
        Case {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
        }
    }

    #[test]
    fn a_selected_case_is_the_same_wherever_its_workload_stands() {
        let selected = case("a", "naive,matmul=simd");
        for ids in [&["a", "b"][..], &["new", "a", "b"], &["b", "timed", "a"]] {
            let registry = registry(ids);
            let workload = registry
                .select(&selected, Instrument::Callgrind)
                .expect("there");
            assert_eq!(
                (workload.id(), workload.definition()),
                ("a", json!("a")),
                "{ids:?}"
            );
        }
    }

    #[test]
    fn all_cases_of_the_instrument_are_listed() {
        let cases = registry(&["b", "timed", "a"]).cases(Instrument::Callgrind);
        let listed: Vec<String> = cases.iter().map(Case::to_string).collect();
        let expected = [
            "b in phase naive",
            "b in phase naive,matmul=simd",
            "a in phase naive",
            "a in phase naive,matmul=simd",
        ];
        assert_eq!(listed, expected);
    }

    #[test]
    fn a_selection_that_cannot_be_measured_is_refused() {
        let refused = |workload: &str, phase: &str| {
            let registry = registry(&["a", "timed"]);
            registry
                .select(&case(workload, phase), Instrument::Callgrind)
                .err()
                .expect("refused")
                .to_string()
        };
        assert_eq!(refused("c", "naive"), "there is no workload c");
        assert_eq!(
            refused("timed", "naive"),
            "timed is not measured with callgrind, only with clock"
        );
        assert_eq!(
            refused("a", "fast"),
            "a has no phase fast; its phases are naive naive,matmul=simd"
        );
    }

    #[test]
    fn both_variables_are_needed() {
        let of = |workload: Option<&str>, phase: Option<&str>| {
            Case::of_variables(workload.map(str::to_owned), phase.map(str::to_owned))
        };
        assert_eq!(of(None, None).expect("nothing is selected"), None);
        assert_eq!(
            of(Some("a"), Some("naive")).expect("a case"),
            Some(case("a", "naive"))
        );
        let refused = of(Some("a"), None).expect_err("no phase").to_string();
        assert_eq!(
            refused,
            "HARNESS_WORKLOAD is set, but HARNESS_PHASE is not: set both or neither"
        );
        assert!(of(None, Some("naive")).is_err());
    }
}
