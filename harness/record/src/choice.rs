//! A selection of workloads by globs on their ids, and of phases by name.

use glob::Pattern;
use thiserror::Error;

use crate::distinct::distinct;
use crate::suggestion::suggestion;

/// A selection of workloads and phases. An empty list selects everything.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    workloads: Vec<Pattern>,
    phases: Vec<String>,
}

/// An invalid selection: one sentence with the glob or the name, and the remedy.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct ChoiceError(String);

impl Choice {
    /// Selects the workloads that match any of the globs, and these phases.
    ///
    /// # Errors
    /// If a glob is invalid.
    pub fn new(globs: &[String], phases: &[String]) -> Result<Self, ChoiceError> {
        let compile = |glob: &String| {
            let wrong = |message| {
                format!("`{glob}` is not a valid glob: {message}; write for example 'parse/*'")
            };
            Pattern::new(glob).map_err(|error| ChoiceError(wrong(error.msg)))
        };
        Ok(Self {
            workloads: globs.iter().map(compile).collect::<Result<_, _>>()?,
            phases: phases.to_vec(),
        })
    }

    /// Checks that every glob and every phase selects something.
    ///
    /// # Errors
    /// If a glob matches none of the workloads, or a phase is not among the phases.
    pub fn check<'a>(
        &self,
        workloads: impl IntoIterator<Item = &'a str>,
        phases: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), ChoiceError> {
        let (workloads, phases) = (distinct(workloads), distinct(phases));
        if let Some(glob) = self
            .workloads
            .iter()
            .find(|glob| !workloads.iter().any(|id| glob.matches(id)))
        {
            return Err(ChoiceError(format!(
                "no workload matches `{glob}`; {}",
                suggestion(glob.as_str(), workloads)
            )));
        }
        match self
            .phases
            .iter()
            .find(|phase| !phases.contains(&phase.as_str()))
        {
            None => Ok(()),
            Some(phase) => Err(ChoiceError(format!(
                "there is no phase `{phase}`; {}",
                suggestion(phase, phases)
            ))),
        }
    }

    /// Returns true if the workload is selected.
    pub fn workload(&self, id: &str) -> bool {
        self.workloads.is_empty() || self.workloads.iter().any(|glob| glob.matches(id))
    }

    /// Returns true if the phase is selected.
    pub fn phase(&self, name: &str) -> bool {
        self.phases.is_empty() || self.phases.iter().any(|phase| phase == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(globs: &[&str], phases: &[&str]) -> Result<Choice, ChoiceError> {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        Choice::new(&owned(globs), &owned(phases))
    }

    #[test]
    fn an_empty_selection_selects_everything() {
        let all = choice(&[], &[]).expect("valid");
        assert!(all.workload("anything") && all.phase("any"));
        assert_eq!(all.check([], []), Ok(()));
    }

    #[test]
    fn a_workload_matches_any_of_the_globs() {
        let some = choice(&["medium/*", "*gelu"], &["naive"]).expect("valid");
        assert_eq!(
            ["medium/decode", "kernel/gelu", "kernel/softmax"].map(|id| some.workload(id)),
            [true, true, false]
        );
        assert!(some.phase("naive") && !some.phase("pooled"));
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let error = |globs: &[&str], phases: &[&str]| {
            let there = (
                ["medium/decode", "kernel/gelu", "kernel/gelu"],
                ["naive", "optimized"],
            );
            choice(globs, phases)
                .and_then(|choice| choice.check(there.0, there.1))
                .expect_err("unknown")
                .to_string()
        };
        assert_eq!(
            error(&["medium/decod"], &[]),
            "no workload matches `medium/decod`; did you mean `medium/decode`?"
        );
        assert_eq!(
            error(&["zzz"], &[]),
            "no workload matches `zzz`; there are: medium/decode, kernel/gelu"
        );
        assert_eq!(
            error(&[], &["optimised"]),
            "there is no phase `optimised`; did you mean `optimized`?"
        );
        assert_eq!(
            error(&[], &["zzz"]),
            "there is no phase `zzz`; there are: naive, optimized"
        );
        assert!(error(&["a["], &[]).starts_with("`a[` is not a valid glob: "));
    }
}
