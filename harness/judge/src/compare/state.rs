//! Whether two figures may be compared, and if not, why.

use std::fmt;

use harness_abtest::Side;

/// Whether a figure of one side may be compared with its counterpart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparability {
    /// Both figures are there and mean the same.
    Comparable,
    /// The row is only on the head side.
    New,
    /// The row is only on the base side.
    Removed,
    /// The workload is not the same any more: its definition or its answer has another digest.
    Changed {
        /// The definition (model, seed, prompt, unit) differs; if not, only the answer does.
        definition: bool,
    },
    /// The workload did not give the right answer on one side, so none of its numbers count.
    FailedCheck {
        /// Which side.
        place: Side,
        /// What the check said.
        message: String,
    },
    /// One side has no number.
    Missing {
        /// Which side.
        place: Side,
        /// Why: what the instrument said, or that it was not asked.
        message: String,
    },
    /// Both numbers are there, but they are not of one kind.
    NotComparable(Obstacle),
}

/// Why two numbers of one metric do not compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Counts of another target, compiler, C library, valgrind or instruction set.
    OtherKey(String),
    /// Wall times of another machine.
    OtherMachine {
        /// The base side's machine.
        base: String,
        /// The head side's machine.
        head: String,
    },
    /// Another number of threads computed.
    OtherThreads {
        /// Threads on the base side.
        base: u32,
        /// Threads on the head side.
        head: u32,
    },
    /// Wall times of one machine, measured minutes apart: the machine drifts in between.
    Apart,
}

impl Comparability {
    /// The state in one word, for machines.
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
            Self::Changed { definition: true } => {
                f.write_str("changed: the workload is defined in another way, so its numbers do not compare")
            }
            Self::Changed { definition: false } => {
                f.write_str("changed: the workload is held to another answer, so its numbers do not compare")
            }
            Self::FailedCheck { place, message } => write!(f, "failed check on the {} side: {message}", place.name()),
            Self::Missing { place, message } => write!(f, "missing on the {} side: {message}", place.name()),
            Self::NotComparable(obstacle) => obstacle.fmt(f),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKey(differences) => write!(f, "not comparable: {differences}"),
            Self::OtherMachine { base, head } => write!(f, "not comparable: machine {base} against {head}"),
            Self::OtherThreads { base, head } => write!(f, "not comparable: threads {base} against {head}"),
            Self::Apart => f.write_str("not side by side: wall times measured apart are shown, never judged"),
        }
    }
}
