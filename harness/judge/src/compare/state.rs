//! Comparability of two figures, with the reason if they are not comparable.

use std::fmt;

use harness_abtest::Side;

/// Comparability of a figure with its counterpart on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparability {
    /// Both figures exist and have the same meaning.
    Comparable,
    /// The row is only on the head side.
    New,
    /// The row is only on the base side.
    Removed,
    /// The workload has changed: the digest of its definition or of its expected answer differs.
    Changed {
        /// True if the definition (model, seed, prompt, unit) differs; false if only the answer does.
        definition: bool,
    },
    /// The workload gave a wrong answer on one side, so none of its numbers count.
    FailedCheck {
        /// The side.
        place: Side,
        /// Message of the check.
        message: String,
    },
    /// One side has no number.
    Missing {
        /// The side.
        place: Side,
        /// The reason: message of the instrument, or that it was not used.
        message: String,
    },
    /// Both numbers exist, but are not of the same kind.
    NotComparable(Obstacle),
}

/// Reason why two numbers of one metric are not comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Numbers of another build or environment: target, compiler, C library, valgrind, instruction set, settings.
    OtherKey(String),
    /// Numbers of another tool, or of an environment with another name.
    OtherOrigin(String),
    /// Wall times of another machine.
    OtherMachine {
        /// The base side's machine.
        base: String,
        /// The head side's machine.
        head: String,
    },
    /// Times with different numbers of threads.
    OtherThreads {
        /// Threads on the base side.
        base: u32,
        /// Threads on the head side.
        head: u32,
    },
    /// Wall times of one machine from separate runs: the machine drifts in between.
    Apart,
}

impl Comparability {
    /// The state as one word, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Comparable => "comparable",
            Self::New => "new",
            Self::Removed => "removed",
            Self::Changed { .. } => "changed",
            Self::FailedCheck { .. } => "failed-check",
            Self::Missing { .. } => "missing",
            Self::NotComparable(Obstacle::Apart) => "not-side-by-side",
            Self::NotComparable(_) => "not-comparable",
        }
    }
}

impl fmt::Display for Comparability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comparable => f.write_str("comparable"),
            Self::New => f.write_str("new: the base side does not have it"),
            Self::Removed => f.write_str("removed: the head side does not have it"),
            Self::Changed { definition: true } => f.write_str(
                "changed: the workload's definition differs, so its numbers do not compare",
            ),
            Self::Changed { definition: false } => f.write_str(
                "changed: the workload's expected answer differs, so its numbers do not compare",
            ),
            Self::FailedCheck { place, message } => {
                write!(f, "failed check on the {} side: {message}", place.name())
            }
            Self::Missing { place, message } => {
                write!(f, "missing on the {} side: {message}", place.name())
            }
            Self::NotComparable(obstacle) => obstacle.fmt(f),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKey(differences) => write!(f, "not comparable: {differences}"),
            Self::OtherOrigin(difference) => write!(f, "not comparable: {difference}"),
            Self::OtherMachine { base, head } => {
                write!(f, "not comparable: machine {base} against {head}")
            }
            Self::OtherThreads { base, head } => {
                write!(f, "not comparable: threads {base} against {head}")
            }
            Self::Apart => {
                f.write_str("not side by side: wall times of separate runs are shown, never judged")
            }
        }
    }
}
