//! The outcome of a figure, or of everything together, in the few classes that other programs know.

use harness_judge::Standing;
use harness_judge::counts::SuiteVerdict;
use serde::Serialize;

/// The class of a verdict. The order is that of attention: what needs it most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Worse, and not accepted: exit status 1.
    Regressed,
    /// A number is missing, or could not be judged.
    NotJudged,
    /// Judged, but neither worse nor not worse was shown.
    Inconclusive,
    /// Better.
    Improved,
    /// Judged, and not worse, or worse and accepted.
    Passed,
    /// Measured or compared, and not judged by anything.
    Measured,
}

impl Outcome {
    /// The outcome of a judged figure. With `strict`, an inconclusive figure is one that could not be judged.
    pub(super) fn of(standing: Standing, strict: bool) -> Self {
        match standing {
            Standing::Regressed | Standing::OverBudget => Self::Regressed,
            Standing::Failed | Standing::NotJudged => Self::NotJudged,
            Standing::Inconclusive if strict => Self::NotJudged,
            Standing::Inconclusive | Standing::WithinLayoutLimit | Standing::NotRepeatable => {
                Self::Inconclusive
            }
            Standing::Improved => Self::Improved,
            Standing::Accepted | Standing::Moved | Standing::NotSlower | Standing::Unchanged => {
                Self::Passed
            }
        }
    }

    /// The exit status of a command that ends with this outcome.
    pub(super) fn status(self) -> u8 {
        match self {
            Self::Regressed => 1,
            Self::NotJudged => 2,
            Self::Inconclusive | Self::Improved | Self::Passed | Self::Measured => 0,
        }
    }

    /// Returns true if a person should look at it.
    pub(super) fn needs_attention(self) -> bool {
        matches!(self, Self::Regressed | Self::NotJudged | Self::Inconclusive)
    }
}

impl From<SuiteVerdict> for Outcome {
    fn from(verdict: SuiteVerdict) -> Self {
        match verdict {
            SuiteVerdict::Passed => Self::Passed,
            SuiteVerdict::Regressed => Self::Regressed,
            SuiteVerdict::Unjudged => Self::NotJudged,
        }
    }
}
