//! Condition of a trial on one program: the injected slowdown, the background load, and the workloads to judge.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use harness_record::session::Injection;
use strum::{Display, EnumString};

/// The change from base to head, which are the same program: none, or the head runs this many percent more iterations
/// than it reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change(pub Option<f64>);

/// The condition of a trial on one program. Trials with equal conditions are counted together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// The change from base to head.
    pub change: Change,
    /// The background load.
    pub hogs: BackgroundLoad,
    /// The workloads to judge.
    pub scope: Scope,
}

/// Programs that compute all the time beside the measurement, as a disturbance.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, ValueEnum, Display, EnumString,
)]
#[strum(serialize_all = "kebab-case")]
pub enum BackgroundLoad {
    /// No load
    #[default]
    None,
    /// One process on each core except the measured one
    Other,
    /// One process on each core
    Each,
}

/// The workloads that one trial judges, and its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Scope {
    /// One workload
    Workload,
    /// Four workloads in a short time
    Short,
    /// The whole timed suite within the default budget of a gate
    Full,
}

impl Change {
    /// The slowdown to inject into the head.
    pub fn injection(self) -> Option<Injection> {
        self.0.map(|percent| Injection {
            share: percent / 100.0,
        })
    }

    /// Default scope of a trial: a slowdown is found in a single workload, whereas a false alarm is one of a whole
    /// gate.
    pub fn scope(self) -> Scope {
        if self.0.is_some() {
            Scope::Workload
        } else {
            Scope::Short
        }
    }
}

impl Condition {
    /// Budget of a trial, in seconds. A larger slowdown of a single workload has to be found sooner. A short trial has
    /// nine seconds for each of its four workloads, two thirds of what a gate has for four. Background load on the same
    /// core takes half of that.
    pub fn seconds(self) -> u64 {
        match (self.scope, self.change.0.unwrap_or_default()) {
            (Scope::Workload, 5.0..) => 5,
            (Scope::Workload, 2.0..) => 8,
            (Scope::Workload, _) => 15,
            (Scope::Short, _) => 36,
            (Scope::Full, _) => 60,
        }
    }

    /// Name of a session file of this condition, with the seed of the trial.
    pub fn file_name(self, seed: u64) -> String {
        let change = self.change.to_string().replace(':', "-");
        format!("{change}_{}_{}_{seed}.json", self.hogs, self.scope)
    }

    /// The condition in the name of a session file; none if [`Self::file_name`] writes no such name.
    pub fn of_file(name: &str) -> Option<Self> {
        let mut parts = name.split('_');
        let change = parts.next()?.replace('-', ":").parse().ok()?;
        let condition = Self {
            change,
            hogs: parts.next()?.parse().ok()?,
            scope: parts.next()?.parse().ok()?,
        };
        let seed = parts.next()?.strip_suffix(".json")?.parse().ok()?;
        (condition.file_name(seed) == name).then_some(condition)
    }
}

impl BackgroundLoad {
    /// Text in tables.
    pub fn text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Other => "on the other core",
            Self::Each => "on each core",
        }
    }
}

impl Scope {
    /// Text in tables.
    pub fn text(self) -> &'static str {
        match self {
            Self::Workload => "one workload",
            Self::Short => "gate of 4",
            Self::Full => "gate of all",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("null"),
            Some(percent) => write!(f, "inject:{percent}"),
        }
    }
}

/// The condition and the scope, as `inject:2 workload`: the name of the change in a row.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.change, self.scope)
    }
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text
            .strip_prefix("inject:")
            .and_then(|percent| percent.parse().ok());
        match percent.filter(|&percent| percent > 0.0 && percent <= 100.0) {
            Some(percent) => Ok(Self(Some(percent))),
            None if text == "null" => Ok(Self(None)),
            None => Err(format!(
                "{text:?} is no condition: write real, null, or inject:PERCENT with a percentage above 0 and at most 100"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_they_are_written() {
        for text in ["null", "inject:0.5", "inject:5"] {
            assert_eq!(
                text.parse::<Change>().expect("a condition").to_string(),
                text
            );
        }
        for text in [
            "",
            "nul",
            "inject",
            "inject:",
            "inject:0",
            "inject:-1",
            "inject:nan",
            "inject:101",
            "null:1",
            "moved",
        ] {
            let error = text.parse::<Change>().expect_err(text);
            assert!(
                error.starts_with(&format!("{text:?} is no condition")),
                "{error}"
            );
        }
    }

    #[test]
    fn the_name_of_a_file_holds_the_condition() {
        for (change, hogs, scope, name) in [
            (
                Change(None),
                BackgroundLoad::None,
                Scope::Short,
                "null_none_short_7.json",
            ),
            (
                Change(Some(0.5)),
                BackgroundLoad::Each,
                Scope::Workload,
                "inject-0.5_each_workload_7.json",
            ),
        ] {
            let condition = Condition {
                change,
                hogs,
                scope,
            };
            assert_eq!(condition.file_name(7), name);
            assert_eq!(Condition::of_file(name), Some(condition));
        }
        for name in [
            "null_none_short.json",
            "null_none_short_x.json",
            "inject_none_short_7.json",
            "null_none_7.json",
        ] {
            assert_eq!(Condition::of_file(name), None, "{name}");
        }
    }

    #[test]
    fn larger_slowdowns_have_less_time() {
        let seconds = |text: &str| {
            let change = text.parse().expect("a condition");
            Condition {
                change,
                hogs: BackgroundLoad::None,
                scope: Scope::Workload,
            }
            .seconds()
        };
        assert_eq!(
            ["inject:0.5", "inject:1", "inject:2", "inject:5"].map(seconds),
            [15, 15, 8, 5]
        );
    }
}
