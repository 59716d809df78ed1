//! The outcome of one timed workload of a trial.

use std::fmt;

use glob::Pattern;
use harness_abtest::Verdict;
use harness_judge::gate::{TimeOutcome, TimeVerdict};
use strum::{Display, EnumString, VariantArray};

use crate::columns::{Fields, exact, wrong};
use crate::{Milli, Variant};

/// The outcome of one timed workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadResult {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The verdict.
    pub verdict: TimeOutcome,
    /// The estimate of the change in percent; none without pairs.
    pub estimate: Option<Milli>,
    /// The number of pairs.
    pub pairs: usize,
    /// The role of the workload in the change.
    pub role: Role,
}

/// The role of a workload in a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// It is slower by the stated percentage.
    Slowed,
    /// It is slower by an unknown percentage.
    Touched,
    /// It does not change.
    Same,
}

/// The parts of an outcome as text.
const PARTS: [&str; 6] = [
    "a workload",
    "a phase",
    "a verdict",
    "an estimate",
    "the number of pairs",
    "a role",
];
const WORDS: [TimeOutcome; 7] = [
    TimeOutcome::Verdict(Verdict::Regressed),
    TimeOutcome::Verdict(Verdict::Improved),
    TimeOutcome::Verdict(Verdict::NotSlower),
    TimeOutcome::Verdict(Verdict::Inconclusive),
    TimeOutcome::Accepted,
    TimeOutcome::WithinLayoutLimit,
    TimeOutcome::Failed,
];

impl WorkloadResult {
    /// The outcome of a timed workload.
    pub fn of(time: &TimeVerdict, role: Role) -> Self {
        Self {
            workload: plain(&time.workload),
            phase: plain(&time.phase),
            verdict: time.outcome,
            estimate: time.found.map(|found| Milli::of(100.0 * found.change)),
            pairs: time.pairs,
            role,
        }
    }

    /// Parses the text that `Display` writes.
    ///
    /// # Errors
    /// If the text is no outcome; the message contains it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let malformed = || {
            format!(
                "`workloads` has `{text}`, which is no `workload|phase|verdict|estimate|pairs|role`"
            )
        };
        if text.split('|').count() != PARTS.len() {
            return Err(malformed());
        }
        let mut parts = Fields(PARTS.into_iter().zip(text.split('|')));
        Ok(Self {
            workload: parts.words()?,
            phase: parts.words()?,
            verdict: {
                let (part, text) = parts.next()?;
                *WORDS
                    .iter()
                    .find(|one| one.name() == text)
                    .ok_or_else(|| wrong(part, text))?
            },
            estimate: match parts.next()? {
                (_, "") => None,
                (part, text) => Some(exact(part, text.strip_suffix('%').ok_or_else(malformed)?)?),
            },
            pairs: parts.exact()?,
            role: parts.exact()?,
        })
    }
}

impl fmt::Display for WorkloadResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let estimate = self
            .estimate
            .map_or_else(String::new, |percent| format!("{percent}%"));
        let Self {
            workload,
            phase,
            verdict,
            pairs,
            role,
            ..
        } = self;
        write!(
            f,
            "{workload}|{phase}|{}|{estimate}|{pairs}|{role}",
            verdict.name()
        )
    }
}

impl Role {
    /// The role of a workload in a change.
    pub fn of(workload: &str, variant: &Variant) -> Self {
        let is_in = |globs: &[String]| {
            globs
                .iter()
                .flat_map(|glob| Pattern::new(glob))
                .any(|glob| glob.matches(workload))
        };
        match &variant.change {
            change if is_in(&change.slows) => Self::Slowed,
            change if is_in(&change.touches) => Self::Touched,
            _ => Self::Same,
        }
    }
}

/// A name without the characters that separate the parts of a cell.
fn plain(name: &str) -> String {
    name.replace(['|', ';'], "_")
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Any outcomes of a trial.
    pub(crate) fn outcomes() -> impl Strategy<Value = Vec<WorkloadResult>> {
        let estimate = prop::option::of((-100_000..100_000_i64).prop_map(Milli));
        let words = (
            prop::sample::select(&WORDS[..]),
            prop::sample::select(Role::VARIANTS),
        );
        let one = (
            "[a-z/@, \"]{1,12}",
            "[a-z]{1,8}",
            words,
            estimate,
            0..999_usize,
        );
        let one =
            one.prop_map(
                |(workload, phase, (verdict, role), estimate, pairs)| WorkloadResult {
                    workload,
                    phase,
                    verdict,
                    estimate,
                    pairs,
                    role,
                },
            );
        prop::collection::vec(one, 0..4)
    }
}
