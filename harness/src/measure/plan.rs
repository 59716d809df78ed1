//! What is to be measured: which workloads, in which phases, with which instruments.

use harness_probe::protocol::Description;
use thiserror::Error;

use crate::choice::{Choice, ChoiceError};
use crate::record::Instrument;

/// What a user asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Globs on workload ids; all of them if there is none.
    pub filters: Vec<String>,
    /// Phases; all of them if there is none.
    pub phases: Vec<String>,
    /// Instruments that are asked.
    pub instruments: Vec<Instrument>,
    /// The short selection, and short budgets.
    pub quick: bool,
}

/// One workload and the phases it is to be measured in.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// The workload.
    pub workload: Description,
    /// Its phases, in their order.
    pub phases: Vec<String>,
}

/// A plan that selects nothing, or something that there is not.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// There is no such workload or phase.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// There is nothing at all to select from.
    #[error("the probe has no workload{0}")]
    NoWorkload(&'static str),
    /// All names are known, but no workload is measured in such a phase.
    #[error("none of the selected workloads is measured in phase {0}; `harness list` shows which are")]
    Empty(String),
    /// The instruments that were asked for are too slow for all of the selected workloads.
    #[error("none of the selected workloads is small enough for {0}; `harness list` shows what each is measured with")]
    TooLarge(String),
}

impl Plan {
    /// Selects among the workloads of a probe.
    ///
    /// # Errors
    /// If a filter or a phase fits nothing.
    pub fn select(&self, workloads: &[Description]) -> Result<Vec<Selected>, PlanError> {
        let choice = Choice::new(&self.filters, &self.phases)?;
        let phases = workloads.iter().flat_map(|workload| &workload.phases);
        choice.check(workloads.iter().map(|workload| workload.id.as_str()), phases.map(String::as_str))?;
        // A filter outweighs the short selection.
        let quick = self.quick && self.filters.is_empty();
        let selected: Vec<Selected> = workloads
            .iter()
            .filter(|workload| choice.workload(&workload.id) && (workload.quick || !quick))
            .map(|workload| {
                let phases = workload.phases.iter().filter(|phase| choice.phase(phase)).cloned().collect();
                Selected { workload: workload.clone(), phases }
            })
            .filter(|selected: &Selected| !selected.phases.is_empty())
            .collect();
        if selected.is_empty() && self.phases.is_empty() {
            return Err(PlanError::NoWorkload(if quick { " in its short selection" } else { "" }));
        }
        if selected.is_empty() {
            return Err(PlanError::Empty(self.phases.join(", ")));
        }
        let readable = |one: &Selected| self.instruments.iter().any(|&instrument| one.takes(instrument));
        let selected: Vec<Selected> = selected.into_iter().filter(readable).collect();
        if selected.is_empty() {
            let names: Vec<&str> = self.instruments.iter().map(|instrument| instrument.name()).collect();
            return Err(PlanError::TooLarge(names.join(" or ")));
        }
        Ok(selected)
    }
}

impl Selected {
    /// Whether the workload is small enough for an instrument.
    pub fn takes(&self, instrument: Instrument) -> bool {
        self.workload.instruments.contains(&instrument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Unit;

    fn workloads() -> Vec<Description> {
        let workload = |id: &str, phases: &[&str], quick| Description {
            id: id.to_owned(),
            unit: Unit { name: "token".to_owned(), per_run: 1 },
            definition: String::new(),
            answer: String::new(),
            phases: phases.iter().map(|&phase| phase.to_owned()).collect(),
            instruments: vec![Instrument::Clock, Instrument::Dhat],
            quick,
        };
        vec![
            workload("medium/inference", &["naive", "pooled", "optimized"], true),
            workload("medium/decode@32", &["naive", "pooled", "optimized"], false),
            workload("kernel/softmax", &["naive", "optimized"], true),
        ]
    }

    fn select(filters: &[&str], phases: &[&str], quick: bool) -> Result<Vec<String>, PlanError> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let plan = Plan { filters: owned(filters), phases: owned(phases), instruments: vec![Instrument::Clock], quick };
        let selected = plan.select(&workloads())?;
        Ok(selected.iter().map(|one| format!("{}: {}", one.workload.id, one.phases.join(" "))).collect())
    }

    #[test]
    fn globs_and_phases_narrow_the_suite() {
        assert_eq!(select(&[], &[], false).expect("all").len(), 3);
        assert_eq!(select(&["medium/*"], &["pooled"], false).expect("two").len(), 2);
        assert_eq!(select(&[], &["pooled"], true).expect("one"), ["medium/inference: pooled"]);
        assert_eq!(
            select(&["*decode*"], &["optimized", "naive"], true).expect("a filter outweighs the short selection"),
            ["medium/decode@32: naive optimized"]
        );
    }

    #[test]
    fn a_workload_that_no_asked_instrument_takes_is_left_out() {
        let mut workloads = workloads();
        workloads[0].instruments.push(Instrument::Callgrind);
        let mut plan = Plan { filters: vec![], phases: vec![], instruments: vec![Instrument::Callgrind], quick: false };
        let selected = plan.select(&workloads).expect("one workload is small enough");
        assert_eq!(selected.len(), 1);
        plan.filters.push("kernel/*".to_owned());
        assert_eq!(
            plan.select(&workloads).expect_err("none is").to_string(),
            "none of the selected workloads is small enough for callgrind; `harness list` shows what each is measured with"
        );
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let error =
            |filters: &[&str], phases: &[&str]| select(filters, phases, false).expect_err("unknown").to_string();
        assert_eq!(
            error(&["medium/inferense"], &[]),
            "no workload matches `medium/inferense`; did you mean `medium/inference`?"
        );
        assert_eq!(error(&[], &["optimised"]), "there is no phase `optimised`; did you mean `optimized`?");
        assert_eq!(
            error(&["kernel/*"], &["pooled"]),
            "none of the selected workloads is measured in phase pooled; `harness list` shows which are"
        );
    }

    #[test]
    fn nothing_to_select_from_is_said() {
        let mut plan = Plan { filters: vec![], phases: vec![], instruments: vec![Instrument::Clock], quick: false };
        assert_eq!(plan.select(&[]).expect_err("none").to_string(), "the probe has no workload");
        plan.quick = true;
        let long = &workloads()[1..2];
        assert_eq!(
            plan.select(long).expect_err("none is quick").to_string(),
            "the probe has no workload in its short selection"
        );
    }
}
