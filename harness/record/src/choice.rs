//! Which workloads and phases somebody asked for: globs on ids, and names.

use glob::Pattern;
use thiserror::Error;

use crate::distinct::distinct;
use crate::suggestion::suggestion;

/// A choice of workloads and phases; without any, everything.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    workloads: Vec<Pattern>,
    phases: Vec<String>,
}

/// A choice that fits nothing.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ChoiceError {
    /// The glob cannot be read.
    #[error("`{glob}` is no glob: {message}; write for example 'medium/*'")]
    Glob {
        /// What was written.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
    /// No workload matches.
    #[error("no workload matches `{wanted}`; {hint}")]
    Workload {
        /// What was asked for.
        wanted: String,
        /// The nearest name, or all there are.
        hint: String,
    },
    /// There is no such phase.
    #[error("there is no phase `{wanted}`; {hint}")]
    Phase {
        /// What was asked for.
        wanted: String,
        /// The nearest name, or all there are.
        hint: String,
    },
}

impl Choice {
    /// Chooses workloads that match any of the globs, and these phases.
    ///
    /// # Errors
    /// [`ChoiceError::Glob`] if a glob cannot be read.
    pub fn new(globs: &[String], phases: &[String]) -> Result<Self, ChoiceError> {
        let compile = |glob: &String| {
            Pattern::new(glob).map_err(|error| ChoiceError::Glob { glob: glob.clone(), message: error.msg.to_owned() })
        };
        Ok(Self { workloads: globs.iter().map(compile).collect::<Result<_, _>>()?, phases: phases.to_vec() })
    }

    /// Refuses a choice of something that there is not.
    ///
    /// # Errors
    /// If a glob fits none of the workloads, or a phase is none of the phases.
    pub fn check<'a>(
        &self,
        workloads: impl IntoIterator<Item = &'a str>,
        phases: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), ChoiceError> {
        let (workloads, phases) = (distinct(workloads), distinct(phases));
        for glob in &self.workloads {
            if !workloads.iter().any(|id| glob.matches(id)) {
                let wanted = glob.as_str().to_owned();
                return Err(ChoiceError::Workload { hint: suggestion(&wanted, workloads), wanted });
            }
        }
        match self.phases.iter().find(|phase| !phases.contains(&phase.as_str())) {
            None => Ok(()),
            Some(phase) => Err(ChoiceError::Phase { wanted: phase.clone(), hint: suggestion(phase, phases) }),
        }
    }

    /// Whether the choice takes a workload.
    pub fn workload(&self, id: &str) -> bool {
        self.workloads.is_empty() || self.workloads.iter().any(|glob| glob.matches(id))
    }

    /// Whether the choice takes a phase.
    pub fn phase(&self, name: &str) -> bool {
        self.phases.is_empty() || self.phases.iter().any(|phase| phase == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(globs: &[&str], phases: &[&str]) -> Result<Choice, ChoiceError> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Choice::new(&owned(globs), &owned(phases))
    }

    #[test]
    fn nothing_chosen_is_everything() {
        let all = choice(&[], &[]).expect("valid");
        assert!(all.workload("anything") && all.phase("any"));
        assert_eq!(all.check([], []), Ok(()));
    }

    #[test]
    fn any_of_the_globs_takes_a_workload() {
        let some = choice(&["medium/*", "*gelu"], &["naive"]).expect("valid");
        assert_eq!(["medium/decode", "kernel/gelu", "kernel/softmax"].map(|id| some.workload(id)), [true, true, false]);
        assert!(some.phase("naive") && !some.phase("pooled"));
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let said = |globs: &[&str], phases: &[&str]| {
            let there = (["medium/decode", "kernel/gelu", "kernel/gelu"], ["naive", "optimized"]);
            choice(globs, phases).and_then(|choice| choice.check(there.0, there.1)).expect_err("unknown").to_string()
        };
        assert_eq!(said(&["medium/decod"], &[]), "no workload matches `medium/decod`; did you mean `medium/decode`?");
        assert_eq!(said(&["zzz"], &[]), "no workload matches `zzz`; there are: medium/decode, kernel/gelu");
        assert_eq!(said(&[], &["optimised"]), "there is no phase `optimised`; did you mean `optimized`?");
        assert_eq!(said(&[], &["zzz"]), "there is no phase `zzz`; there are: naive, optimized");
        assert!(said(&["a["], &[]).starts_with("`a[` is no glob: "));
    }
}
