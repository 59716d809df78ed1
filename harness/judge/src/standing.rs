//! The word that a judged figure gets, one for times and counts.

/// The standing of a judged figure. The order is that of tables: what needs attention comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Worse by more than the limit, or confirmed slower. It makes the gate exit with 1.
    Regressed,
    /// Above its budget. It makes the gate exit with 1.
    OverBudget,
    /// Regressed or above its budget, and accepted.
    Accepted,
    /// Confirmed slower, but only one layout was timed, and layout alone may explain it.
    WithinLayoutLimit,
    /// A time that could not be measured.
    Failed,
    /// A count that is missing or not comparable, or a slowdown on a machine that is too noisy to judge time.
    NotJudged,
    /// A time that is neither slower nor not slower by the pairs so far.
    Inconclusive,
    /// A count that differs between runs of one program, on two sides that are no further apart than that.
    NotRepeatable,
    /// Better by more than the limit, or confirmed faster.
    Improved,
    /// A count that differs by no more than its limit.
    Moved,
    /// A time: a slowdown by the margin is rejected.
    NotSlower,
    /// A count that is equal on both sides.
    Unchanged,
}

impl Standing {
    /// True if it makes the gate exit with 1.
    pub fn is_regression(self) -> bool {
        matches!(self, Self::Regressed | Self::OverBudget)
    }

    /// The printed word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::OverBudget => "over budget",
            Self::Accepted => "accepted",
            Self::WithinLayoutLimit => "layout",
            Self::Failed => "failed",
            Self::NotJudged => "not judged",
            Self::Inconclusive => "inconclusive",
            Self::NotRepeatable => "not repeatable",
            Self::Improved => "improved",
            Self::Moved => "moved",
            Self::NotSlower => "not slower",
            Self::Unchanged => "unchanged",
        }
    }
}
