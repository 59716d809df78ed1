//! Selection of workloads, phases and instruments.

use harness_probe::protocol::Description;
use harness_probe::{Instrument, Selection};
use harness_record::choice::{Choice, ChoiceError};
use harness_record::metric::program::UNIT;
use thiserror::Error;

/// The selection that a user requests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Globs on workload ids. If empty, all workloads except those that are measured on demand only.
    pub filters: Vec<String>,
    /// Phases. If empty, all phases.
    pub phases: Vec<String>,
    /// Instruments to run.
    pub instruments: Vec<Instrument>,
    /// True for the short selection and short budgets.
    pub quick: bool,
    /// Phases that others are compared with. A short selection measures these and the last phase only.
    pub anchors: Vec<String>,
}

/// A workload and the phases to measure it in.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// The workload.
    pub workload: Description,
    /// The phases, in the order of the workload.
    pub phases: Vec<String>,
}

/// A plan that selects nothing or names something unknown.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// There is no such workload or phase.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The probe has no workload to select from.
    #[error("the probe has no workload{0}")]
    NoWorkload(&'static str),
    /// All workloads are measured on demand only.
    #[error(
        "all workloads are measured on demand only; name some with --filter (`harness list` shows them)"
    )]
    OnDemand,
    /// The selected workloads do not have the selected phases.
    #[error(
        "none of the selected workloads is measured in phase {0}; `harness list --phases` shows which are"
    )]
    Empty(String),
    /// The selected instruments are too slow for all of the selected workloads.
    #[error(
        "none of the selected workloads is small enough for {0}; `harness list` shows the instruments of each"
    )]
    TooLarge(String),
}

impl Plan {
    /// Selects among the workloads of a probe.
    ///
    /// # Errors
    /// If a filter or a phase matches nothing.
    pub fn select(&self, workloads: &[Description]) -> Result<Vec<Selected>, PlanError> {
        let choice = Choice::new(&self.filters, &self.phases)?;
        let phases = workloads.iter().flat_map(|workload| &workload.phases);
        choice.check(
            workloads.iter().map(|workload| workload.id.as_str()),
            phases.map(String::as_str),
        )?;
        let is_work = |one: &&Description| one.unit.name != UNIT;
        let in_default = |one| self.in_default_selection(one);
        if self.filters.is_empty() && !workloads.iter().filter(is_work).any(in_default) {
            return Err(match (self.quick, workloads.is_empty()) {
                (true, _) => PlanError::NoWorkload(" in its short selection"),
                (false, true) => PlanError::NoWorkload(""),
                (false, false) => PlanError::OnDemand,
            });
        }
        let selected: Vec<Selected> = workloads
            .iter()
            // A filter takes precedence over the short selection.
            .filter(|one| {
                choice.workload(&one.id)
                    && (!self.filters.is_empty() || self.in_default_selection(one))
            })
            .map(|workload| {
                let kept = |phase: &&String| choice.phase(phase) && self.keeps(workload, phase);
                let phases = workload.phases.iter().filter(kept).cloned().collect();
                Selected {
                    workload: workload.clone(),
                    phases,
                }
            })
            .filter(|selected: &Selected| !selected.phases.is_empty())
            .collect();
        if selected.is_empty() {
            return Err(PlanError::Empty(self.phases.join(", ")));
        }
        let readable = |one: &Selected| {
            self.instruments
                .iter()
                .any(|&instrument| one.takes(instrument))
        };
        let selected: Vec<Selected> = selected.into_iter().filter(readable).collect();
        if selected.is_empty() {
            let names: Vec<&str> = self
                .instruments
                .iter()
                .map(|instrument| instrument.name())
                .collect();
            return Err(PlanError::TooLarge(names.join(" or ")));
        }
        Ok(selected)
    }

    /// Returns true if a phase of a workload is measured. A short selection keeps only the anchors and the last phase,
    /// if the workload has an anchor.
    fn keeps(&self, workload: &Description, phase: &String) -> bool {
        let short = self.quick && self.filters.is_empty() && self.phases.is_empty();
        let has_anchor = workload
            .phases
            .iter()
            .any(|phase| self.anchors.contains(phase));
        !short
            || !has_anchor
            || self.anchors.contains(phase)
            || workload.phases.last() == Some(phase)
    }

    /// Returns true if a workload is measured without a filter.
    fn in_default_selection(&self, workload: &Description) -> bool {
        match workload.selection {
            Selection::Quick => true,
            Selection::Standard => !self.quick,
            Selection::OnDemand => false,
        }
    }
}

impl Selected {
    /// Returns true if the workload is small enough for an instrument.
    pub fn takes(&self, instrument: Instrument) -> bool {
        self.workload.instruments.contains(&instrument)
    }
}

#[cfg(test)]
mod tests {
    use harness_probe::Unit;

    use super::*;

    fn workloads() -> Vec<Description> {
        let workload = |id: &str, phases: &[&str], selection| Description {
            id: id.to_owned(),
            about: String::new(),
            unit: Unit {
                name: "token".to_owned(),
                per_run: 1,
            },
            definition: String::new(),
            answer: String::new(),
            phases: phases.iter().map(|&phase| phase.to_owned()).collect(),
            instruments: vec![Instrument::Clock, Instrument::Dhat],
            selection,
        };
        vec![
            workload(
                "medium/inference",
                &["naive", "pooled", "optimized"],
                Selection::Quick,
            ),
            workload(
                "medium/decode@32",
                &["naive", "pooled", "optimized"],
                Selection::Standard,
            ),
            workload("kernel/softmax", &["naive", "optimized"], Selection::Quick),
            workload(
                "sweep/softmax@256",
                &["naive", "optimized"],
                Selection::OnDemand,
            ),
        ]
    }

    fn select(filters: &[&str], phases: &[&str], quick: bool) -> Result<Vec<String>, PlanError> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let plan = Plan {
            filters: owned(filters),
            phases: owned(phases),
            instruments: vec![Instrument::Clock],
            quick,
            anchors: owned(&["naive"]),
        };
        let selected = plan.select(&workloads())?;
        Ok(selected
            .iter()
            .map(|one| format!("{}: {}", one.workload.id, one.phases.join(" ")))
            .collect())
    }

    #[test]
    fn globs_and_phases_narrow_the_suite() {
        assert_eq!(select(&[], &[], false).expect("all").len(), 3);
        assert_eq!(
            select(&["medium/*"], &["pooled"], false)
                .expect("two")
                .len(),
            2
        );
        assert_eq!(
            select(&[], &["pooled"], true).expect("one"),
            ["medium/inference: pooled"]
        );
        assert_eq!(
            select(&[], &[], true).expect("the anchor and the last phase"),
            [
                "medium/inference: naive optimized",
                "kernel/softmax: naive optimized"
            ]
        );
        assert_eq!(
            select(&["*decode*"], &["optimized", "naive"], true)
                .expect("a filter takes precedence"),
            ["medium/decode@32: naive optimized"]
        );
    }

    #[test]
    fn workloads_on_demand_are_measured_if_a_glob_matches() {
        assert_eq!(
            select(&["sweep/*"], &[], false).expect("one"),
            ["sweep/softmax@256: naive optimized"]
        );
        assert_eq!(
            select(&["*softmax*"], &["naive"], true).expect("two").len(),
            2
        );
        let plan = Plan {
            filters: vec![],
            phases: vec![],
            instruments: vec![Instrument::Clock],
            quick: false,
            anchors: vec![],
        };
        assert_eq!(
            plan.select(&workloads()[3..]).expect_err("all on demand"),
            PlanError::OnDemand
        );
    }

    #[test]
    fn workloads_without_a_selected_instrument_are_left_out() {
        let mut workloads = workloads();
        workloads[0].instruments.push(Instrument::Callgrind);
        let mut plan = Plan {
            filters: vec![],
            phases: vec![],
            instruments: vec![Instrument::Callgrind],
            quick: false,
            anchors: vec![],
        };
        let selected = plan
            .select(&workloads)
            .expect("one workload is small enough");
        assert_eq!(selected.len(), 1);
        plan.filters.push("kernel/*".to_owned());
        assert_eq!(
            plan.select(&workloads).expect_err("none is").to_string(),
            "none of the selected workloads is small enough for callgrind; `harness list` shows the instruments of each"
        );
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let error = |filters: &[&str], phases: &[&str]| {
            select(filters, phases, false)
                .expect_err("unknown")
                .to_string()
        };
        assert_eq!(
            error(&["medium/inferense"], &[]),
            "no workload matches `medium/inferense`; did you mean `medium/inference`?"
        );
        assert_eq!(
            error(&[], &["optimised"]),
            "there is no phase `optimised`; did you mean `optimized`?"
        );
        assert_eq!(
            error(&["kernel/*"], &["pooled"]),
            "none of the selected workloads is measured in phase pooled; `harness list --phases` shows which are"
        );
    }

    #[test]
    fn an_empty_list_of_workloads_is_an_error() {
        let mut plan = Plan {
            filters: vec![],
            phases: vec![],
            instruments: vec![Instrument::Clock],
            quick: false,
            anchors: vec![],
        };
        assert_eq!(
            plan.select(&[]).expect_err("none").to_string(),
            "the probe has no workload"
        );
        plan.quick = true;
        let long = &workloads()[1..2];
        assert_eq!(
            plan.select(long).expect_err("none is quick").to_string(),
            "the probe has no workload in its short selection"
        );
    }
}
