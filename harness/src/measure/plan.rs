//! What is to be measured: which workloads, in which phases, with which instruments.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use harness_probe::protocol::Description;
use harness_probe::{Instrument as On, Selection};
use thiserror::Error;

use crate::nearest::suggestion;
use crate::record::Instrument;

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
    /// The glob cannot be read.
    #[error("{glob:?} is no glob: {message}; write for example 'medium/*'")]
    Glob {
        /// What was written.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
    /// No workload matches.
    #[error("no workload matches {wanted:?}; {hint}")]
    Workload {
        /// What was asked for.
        wanted: String,
        /// The nearest name, or all there are.
        hint: String,
    },
    /// There is no such phase.
    #[error("there is no phase {wanted:?}; {hint}")]
    Phase {
        /// What was asked for.
        wanted: String,
        /// The nearest name, or all there are.
        hint: String,
    },
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
        let filter = self.filter(workloads)?;
        if filter.is_none() && !workloads.iter().any(|workload| self.takes_unasked(workload)) {
            return Err(PlanError::OnDemand);
        }
        let mut known: Vec<&str> = Vec::new();
        for phase in workloads.iter().flat_map(|workload| &workload.phases) {
            if !known.contains(&phase.as_str()) {
                known.push(phase);
            }
        }
        if let Some(wanted) = self.phases.iter().find(|phase| !known.contains(&phase.as_str())) {
            let hint = suggestion(wanted, known);
            return Err(PlanError::Phase { wanted: wanted.clone(), hint });
        }
        let selected: Vec<Selected> = workloads
            .iter()
            .filter(|workload| match &filter {
                Some(set) => set.is_match(&workload.id),
                None => self.takes_unasked(workload),
            })
            .map(|workload| {
                let wanted = |phase: &&String| self.phases.is_empty() || self.phases.contains(phase);
                let phases = workload.phases.iter().filter(wanted).cloned().collect();
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

    /// Whether a workload is measured though no filter names it.
    fn takes_unasked(&self, workload: &Description) -> bool {
        match workload.selection {
            Selection::Quick => true,
            Selection::Standard => !self.quick,
            Selection::OnDemand => false,
        }
    }

    fn filter(&self, workloads: &[Description]) -> Result<Option<GlobSet>, PlanError> {
        if self.filters.is_empty() {
            return Ok(None);
        }
        let mut set = GlobSetBuilder::new();
        for wanted in &self.filters {
            let failed =
                |error: globset::Error| PlanError::Glob { glob: wanted.clone(), message: error.kind().to_string() };
            let glob = GlobBuilder::new(wanted).build().map_err(failed)?;
            let matcher = glob.compile_matcher();
            if !workloads.iter().any(|workload| matcher.is_match(&workload.id)) {
                let hint = suggestion(wanted, workloads.iter().map(|workload| workload.id.as_str()));
                return Err(PlanError::Workload { wanted: wanted.clone(), hint });
            }
            set.add(glob);
        }
        let failed =
            |error: globset::Error| PlanError::Glob { glob: self.filters.join(" "), message: error.kind().to_string() };
        set.build().map(Some).map_err(failed)
    }
}

impl Selected {
    /// Whether the workload is small enough for an instrument.
    pub fn takes(&self, instrument: Instrument) -> bool {
        let on = match instrument {
            Instrument::Clock => On::Clock,
            Instrument::Criterion => On::Criterion,
            Instrument::Callgrind => On::Callgrind,
            Instrument::Dhat => On::Dhat,
        };
        self.workload.instruments.contains(&on)
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
            instruments: vec![On::Clock, On::Dhat],
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
    fn what_is_measured_on_demand_is_measured_when_a_glob_matches_it() {
        assert_eq!(select(&["sweep/*"], &[], false).expect("one"), ["sweep/softmax@256: naive optimized"]);
        assert_eq!(select(&["*softmax*"], &["naive"], true).expect("two").len(), 2);
        let plan = Plan { filters: vec![], phases: vec![], instruments: vec![Instrument::Clock], quick: false };
        let error = plan.select(&workloads()[3..]).expect_err("nothing unasked").to_string();
        assert_eq!(error, "no workload is measured unless --filter names it; `harness list` shows which there are");
    }

    #[test]
    fn a_workload_that_no_asked_instrument_takes_is_left_out() {
        let mut workloads = workloads();
        workloads[0].instruments.push(On::Callgrind);
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
            "no workload matches \"medium/inferense\"; did you mean `medium/inference`?"
        );
        assert_eq!(error(&[], &["optimised"]), "there is no phase \"optimised\"; did you mean `optimized`?");
        assert_eq!(error(&[], &["zzz"]), "there is no phase \"zzz\"; there are: naive, pooled, optimized");
        assert!(error(&["medium/["], &[]).starts_with("\"medium/[\" is no glob: "));
        assert_eq!(
            error(&["kernel/*"], &["pooled"]),
            "none of the selected workloads is measured in phase pooled; `harness list` shows which are"
        );
    }
}
