//! Condition of a trial: the change between the two sides, the background load, and the workloads to judge.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use harness_record::session::Injection;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The change from base to head.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Change {
    /// No change: both sides are the same program.
    Null,
    /// The head runs this many percent more iterations than it reports.
    Injected(f64),
}

/// The condition of a trial. Trials with equal conditions are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The difference from the expected answer.
    pub change: Change,
    /// The background load.
    pub hogs: BackgroundLoad,
    /// The workloads to judge.
    pub scope: Scope,
}

/// Programs that compute all the time beside the measurement, as a disturbance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum BackgroundLoad {
    /// No load
    None,
    /// One process on each core except the measured one
    Other,
    /// One process on each core
    Each,
}

/// The workloads that one trial judges, and its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One workload
    Workload,
    /// Four workloads in a short time
    Short,
    /// The whole timed suite within the default budget of a gate
    Full,
}

/// Text that is no condition.
#[derive(Debug, Error)]
#[error("{0:?} is no condition: write real, null, or inject:PERCENT with a percentage above 0 and at most 100")]
pub struct ChangeError(String);

impl Change {
    /// True if there is no slowdown to find.
    pub fn is_none(self) -> bool {
        matches!(self, Self::Null)
    }

    /// The slowdown to find, as a share; 0 if there is none.
    pub fn share(self) -> f64 {
        match self {
            Self::Injected(percent) => percent / 100.0,
            Self::Null => 0.0,
        }
    }

    /// The slowdown to inject into the head.
    pub fn injection(self) -> Option<Injection> {
        match self {
            Self::Injected(_) => Some(Injection { share: self.share() }),
            Self::Null => None,
        }
    }

    /// Budget for a single workload, in seconds: a larger slowdown has to be found sooner.
    pub fn seconds(self) -> f64 {
        match self.share() {
            0.05.. => 5.0,
            0.02.. => 8.0,
            _ => 15.0,
        }
    }

    /// Default scope of a trial: a slowdown is found in a single workload, whereas a false alarm is one of a whole
    /// gate.
    pub fn scope(self) -> Scope {
        match self {
            Self::Injected(_) => Scope::Workload,
            Self::Null => Scope::Short,
        }
    }
}

impl Condition {
    /// Budget of a trial, in seconds. A short trial has nine for each of its four workloads, two thirds of what a gate
    /// has for four. Background load on the same core takes half of that.
    pub fn seconds(&self) -> f64 {
        match self.scope {
            Scope::Workload => self.change.seconds(),
            Scope::Short => 36.0,
            Scope::Full => 60.0,
        }
    }

    /// File name, without its ending.
    pub fn file_name(&self) -> String {
        let change = self.change.to_string().replace(':', "-");
        format!("{change}_{}_{}", self.hogs.name(), self.scope.name())
    }
}

impl BackgroundLoad {
    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Other => "other",
            Self::Each => "each",
        }
    }

    /// Text in tables.
    pub fn told(self) -> &'static str {
        match self {
            Self::None => "-",
            Self::Other => "on the other core",
            Self::Each => "on each core",
        }
    }
}

impl Scope {
    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Short => "short",
            Self::Full => "full",
        }
    }

    /// Text in tables.
    pub fn told(self) -> &'static str {
        match self {
            Self::Workload => "one workload",
            Self::Short => "gate of 4",
            Self::Full => "gate of all",
        }
    }

    /// Largest number of workloads to judge.
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
