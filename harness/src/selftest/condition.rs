//! What a trial is about: what differs between the two builds, who else computes meanwhile, and how much is judged.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::gate::Injection;

/// What differs between the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Change {
    /// Nothing: both sides are one and the same program.
    Null,
    /// The head runs this many percent more than it reports.
    Injected(f64),
}

/// Everything that trials are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// What differs.
    pub change: Change,
    /// Who else computes.
    pub hogs: BackgroundLoad,
    /// How much is judged.
    pub scope: Scope,
}

/// Programs that compute all the time beside the measurement, to be in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum BackgroundLoad {
    /// None that this program has started.
    None,
    /// One on each core that is not measured on.
    Other,
    /// One on each core.
    Each,
}

/// How much one trial judges, and how long it may measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One workload.
    Workload,
    /// Four workloads in a short time.
    Short,
    /// The whole timed suite in the time that a gate has.
    Full,
}

/// A change that is none.
#[derive(Debug, Error)]
#[error("{0:?} is no condition: write real, null, or inject:PERCENT with a percentage above 0 and at most 100")]
pub struct ChangeError(String);

impl Change {
    /// Whether there is no slowdown to be found.
    pub fn is_none(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The slowdown to be found, as a share; 0 where there is none.
    pub fn share(self) -> f64 {
        match self {
            Self::Injected(percent) => percent / 100.0,
            Self::Null => 0.0,
        }
    }

    /// What is put into the head.
    pub fn injection(self) -> Option<Injection> {
        match self {
            Self::Injected(_) => Some(Injection { share: self.share() }),
            Self::Null => None,
        }
    }

    /// Seconds of measuring in which a single workload is to be judged: a larger slowdown is to be found sooner.
    pub fn seconds(self) -> f64 {
        match self.share() {
            0.05.. => 5.0,
            0.02.. => 8.0,
            _ => 15.0,
        }
    }

    /// What is judged in one trial unless something else is asked for: a slowdown is found workload by workload, a false
    /// alarm is one of a whole gate.
    pub fn scope(self) -> Scope {
        match self {
            Self::Injected(_) => Scope::Workload,
            Self::Null => Scope::Short,
        }
    }
}

impl Condition {
    /// Seconds that a trial may measure. A short one has nine for each of its four workloads, two thirds of what a gate has for so few of
    /// them: a hog on the same core takes half.
    pub fn seconds(&self) -> f64 {
        match self.scope {
            Scope::Workload => self.change.seconds(),
            Scope::Short => 36.0,
            Scope::Full => 60.0,
        }
    }

    /// A name for a file.
    pub fn file_name(&self) -> String {
        let change = self.change.to_string().replace(':', "-");
        format!("{change}_{}_{}", self.hogs.name(), self.scope.name())
    }
}

impl BackgroundLoad {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Other => "other",
            Self::Each => "each",
        }
    }

    /// For a person.
    pub fn told(self) -> &'static str {
        match self {
            Self::None => "-",
            Self::Other => "on the other core",
            Self::Each => "on each core",
        }
    }
}

impl Scope {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Short => "short",
            Self::Full => "full",
        }
    }

    /// For a person.
    pub fn told(self) -> &'static str {
        match self {
            Self::Workload => "one workload",
            Self::Short => "gate of 4",
            Self::Full => "gate of all",
        }
    }

    /// How many workloads are judged at most.
    pub fn most(self) -> usize {
        match self {
            Self::Workload => 1,
            Self::Short => 4,
            Self::Full => usize::MAX,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Injected(percent) => write!(f, "inject:{percent}"),
        }
    }
}

impl FromStr for Change {
    type Err = ChangeError;

    fn from_str(text: &str) -> Result<Self, ChangeError> {
        let error = || ChangeError(text.to_owned());
        match text.split_once(':') {
            None if text == "null" => Ok(Self::Null),
            Some(("inject", percent)) => match percent.parse() {
                Ok(percent) if percent > 0.0 && percent <= 100.0 => Ok(Self::Injected(percent)),
                _ => Err(error()),
            },
            _ => Err(error()),
        }
    }
}

impl TryFrom<String> for Change {
    type Error = ChangeError;

    fn try_from(text: String) -> Result<Self, ChangeError> {
        text.parse()
    }
}

impl From<Change> for String {
    fn from(change: Change) -> Self {
        change.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_they_are_written() {
        for text in ["null", "inject:0.5", "inject:5"] {
            assert_eq!(text.parse::<Change>().expect("a condition").to_string(), text);
        }
        for text in
            ["", "nul", "inject", "inject:", "inject:0", "inject:-1", "inject:nan", "inject:101", "null:1", "moved"]
        {
            let error = text.parse::<Change>().expect_err(text).to_string();
            assert!(error.starts_with(&format!("{text:?} is no condition")), "{error}");
        }
    }

    #[test]
    fn larger_slowdowns_have_less_time() {
        let seconds = |text: &str| text.parse::<Change>().expect("a condition").seconds();
        assert_eq!(["inject:0.5", "inject:1", "inject:2", "inject:5"].map(seconds), [15.0, 15.0, 8.0, 5.0]);
    }
}
