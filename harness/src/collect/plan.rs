//! What is to be measured: which workloads, in which phases, with which instruments.

use harness_probe::protocol::Description;
use harness_probe::{Instrument, Selection};
use harness_record::choice::{Choice, ChoiceError};
use thiserror::Error;

/// What a user asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Globs on workload ids; if there is none, all but those that are measured on demand only.
    pub filters: Vec<String>,
    /// Phases; all of them if there is none.
    pub phases: Vec<String>,
    /// Instruments that are asked.
    pub instruments: Vec<Instrument>,
    /// The short selection, and short budgets.
    pub quick: bool,
    /// The phases that the others are told against: with the last one, all that a short selection measures.
    pub anchors: Vec<String>,
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
    /// Every workload waits to be asked for by name.
    #[error("no workload is measured unless --filter names it; `harness list` shows which there are")]
    OnDemand,
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
        if self.filters.is_empty() && !workloads.iter().any(|one| self.takes_unasked(one)) {
            return Err(match (self.quick, workloads.is_empty()) {
                (true, _) => PlanError::NoWorkload(" in its short selection"),
                (false, true) => PlanError::NoWorkload(""),
                (false, false) => PlanError::OnDemand,
            });
        }
        let selected: Vec<Selected> = workloads
            .iter()
            // A filter outweighs the short selection.
            .filter(|one| choice.workload(&one.id) && (!self.filters.is_empty() || self.takes_unasked(one)))
            .map(|workload| {
                let kept = |phase: &&String| choice.phase(phase) && self.keeps(workload, phase);
                let phases = workload.phases.iter().filter(kept).cloned().collect();
                Selected { workload: workload.clone(), phases }
            })
            .filter(|selected: &Selected| !selected.phases.is_empty())
            .collect();
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

    /// Whether a phase of a workload is measured, as far as time is scarce: then the ends of the ladder are, where the
    /// workload has both of them.
    fn keeps(&self, workload: &Description, phase: &String) -> bool {
        let short = self.quick && self.filters.is_empty() && self.phases.is_empty();
        let ladder = workload.phases.iter().any(|phase| self.anchors.contains(phase));
        !short || !ladder || self.anchors.contains(phase) || workload.phases.last() == Some(phase)
    }

    /// Whether a workload is measured though no filter names it.
    fn takes_unasked(&self, workload: &Description) -> bool {
        match workload.selection {
            Selection::Quick => true,
            Selection::Standard => !self.quick,
            Selection::OnDemand => false,
        }
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
    use harness_probe::Unit;

    use super::*;

    fn workloads() -> Vec<Description> {
        let workload = |id: &str, phases: &[&str], selection| Description {
            id: id.to_owned(),
            unit: Unit { name: "token".to_owned(), per_run: 1 },
            definition: String::new(),
            answer: String::new(),
            phases: phases.iter().map(|&phase| phase.to_owned()).collect(),
            instruments: vec![Instrument::Clock, Instrument::Dhat],
            selection,
        };
        vec![
            workload("medium/inference", &["naive", "pooled", "optimized"], Selection::Quick),
            workload("medium/decode@32", &["naive", "pooled", "optimized"], Selection::Standard),
            workload("kernel/softmax", &["naive", "optimized"], Selection::Quick),
            workload("sweep/softmax@256", &["naive", "optimized"], Selection::OnDemand),
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
        Ok(selected.iter().map(|one| format!("{}: {}", one.workload.id, one.phases.join(" "))).collect())
    }

    #[test]
    fn globs_and_phases_narrow_the_suite() {
        assert_eq!(select(&[], &[], false).expect("all").len(), 3);
        assert_eq!(select(&["medium/*"], &["pooled"], false).expect("two").len(), 2);
        assert_eq!(select(&[], &["pooled"], true).expect("one"), ["medium/inference: pooled"]);
        assert_eq!(
            select(&[], &[], true).expect("the ends of the ladder"),
            ["medium/inference: naive optimized", "kernel/softmax: naive optimized"]
        );
        assert_eq!(
            select(&["*decode*"], &["optimized", "naive"], true).expect("a filter outweighs the short selection"),
            ["medium/decode@32: naive optimized"]
        );
    }

    #[test]
    fn what_is_measured_on_demand_is_measured_when_a_glob_matches_it() {
        assert_eq!(select(&["sweep/*"], &[], false).expect("one"), ["sweep/softmax@256: naive optimized"]);
        assert_eq!(select(&["*softmax*"], &["naive"], true).expect("two").len(), 2);
        let plan = Plan {
            filters: vec![],
            phases: vec![],
            instruments: vec![Instrument::Clock],
            quick: false,
            anchors: vec![],
        };
        let error = plan.select(&workloads()[3..]).expect_err("nothing unasked").to_string();
        assert_eq!(error, "no workload is measured unless --filter names it; `harness list` shows which there are");
    }

    #[test]
    fn a_workload_that_no_asked_instrument_takes_is_left_out() {
        let mut workloads = workloads();
        workloads[0].instruments.push(Instrument::Callgrind);
        let mut plan = Plan {
            filters: vec![],
            phases: vec![],
            instruments: vec![Instrument::Callgrind],
            quick: false,
            anchors: vec![],
        };
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
        let mut plan = Plan {
            filters: vec![],
            phases: vec![],
            instruments: vec![Instrument::Clock],
            quick: false,
            anchors: vec![],
        };
        assert_eq!(plan.select(&[]).expect_err("none").to_string(), "the probe has no workload");
        plan.quick = true;
        let long = &workloads()[1..2];
        assert_eq!(
            plan.select(long).expect_err("none is quick").to_string(),
            "the probe has no workload in its short selection"
        );
    }
}
