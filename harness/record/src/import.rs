//! Origin of numbers that another tool measured, and times that such a tool states without its samples.
//!
//! A record of an import must never pass for a measured one: its environment contains this origin, and numbers compare
//! with those of the same origin only.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The tool and the file that numbers were imported from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Name of the tool, such as `hyperfine`.
    pub tool: String,
    /// Version of the tool or of its format, as the file states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Name of the file or folder.
    pub file: String,
    /// Digest of its content.
    pub digest: String,
    /// Name of the machine in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Name that the user gave to machine and toolchain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Date of the commit in the file, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<String>,
}

impl Import {
    /// Returns the reason why numbers of the two origins do not compare: another tool, or an environment with another
    /// name.
    pub fn other_origin(&self, other: &Self) -> Option<String> {
        if self.tool != other.tool {
            return Some(format!("{self} against {other}"));
        }
        let name = |import: &Self| match &import.environment {
            Some(name) => format!("environment `{name}`"),
            None => "an environment without a name".to_owned(),
        };
        (self.environment != other.environment)
            .then(|| format!("{} against {}", name(self), name(other)))
    }

    /// The text that stands for an unknown part of the portable key, if the environment has a name.
    pub(crate) fn named_part(&self) -> Option<String> {
        let name = self.environment.as_ref()?;
        Some(format!("{} in `{name}`", self.tool))
    }

    /// The name of the machine, with the parts that its file states.
    pub(crate) fn machine_name(&self, mut parts: Vec<String>) -> String {
        parts.splice(0..0, self.machine.clone());
        parts.splice(
            0..0,
            self.environment
                .as_ref()
                .map(|name| format!("environment `{name}`")),
        );
        if parts.is_empty() {
            parts.push("unknown machine".to_owned());
        }
        format!("{} ({self})", parts.join(", "))
    }
}

impl fmt::Display for Import {
    /// `imported from hyperfine`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "imported from {}", self.tool)
    }
}

/// A statistic of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// The median.
    Median,
    /// The tool does not state which.
    Unstated,
}

/// The uncertainty of a statistic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Spread {
    /// A confidence interval.
    Interval {
        /// Lower end.
        lower_picoseconds: u64,
        /// Upper end.
        upper_picoseconds: u64,
        /// Level in thousandths: 950 is 95 %.
        confidence_permille: u32,
    },
    /// The standard deviation of samples.
    Deviation {
        /// Its value.
        picoseconds: u64,
        /// Number of samples.
        samples: u64,
    },
}

impl Spread {
    /// Refuses impossible values for a statistic with this value.
    ///
    /// # Errors
    /// A description of the first impossible value.
    pub fn check(&self, picoseconds: u64) -> Result<(), String> {
        match *self {
            Self::Interval {
                lower_picoseconds,
                upper_picoseconds,
                confidence_permille,
            } => {
                if !(lower_picoseconds..=upper_picoseconds).contains(&picoseconds) {
                    return Err("the interval of its time does not contain the time".to_owned());
                }
                match confidence_permille {
                    1..=999 => Ok(()),
                    level => Err(format!("the level of its interval is {level} thousandths")),
                }
            }
            Self::Deviation { samples: 0, .. } => Err("its time has no samples".to_owned()),
            Self::Deviation { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;

    fn import(tool: &str, environment: Option<&str>) -> Environment {
        Environment::of_import(Import {
            tool: tool.to_owned(),
            version: None,
            file: "results.json".to_owned(),
            digest: "0".to_owned(),
            machine: None,
            environment: environment.map(str::to_owned),
            committed: None,
        })
    }

    #[test]
    fn an_import_equals_imports_of_the_same_origin_only() {
        let measured = crate::sample::environment();
        let [one, named] = [None, Some("ci")].map(|name| import("hyperfine", name));
        assert!(!one.same_machine(&one), "the machine is unknown");
        assert!(named.same_machine(&named) && !named.same_machine(&one));
        assert!(!named.same_machine(&measured) && !measured.same_machine(&named));
        assert!(!named.same_machine(&import("asv", Some("ci"))));
        assert_eq!(
            measured.other_origin(&named).as_deref(),
            Some("measured by this harness against imported from hyperfine")
        );
        assert_eq!(
            one.other_origin(&named).as_deref(),
            Some("an environment without a name against environment `ci`")
        );
        assert_eq!(named.other_origin(&named), None);
    }

    #[test]
    fn a_name_stands_for_the_unknown_toolchain_of_an_import() {
        let [one, named] = [None, Some("ci")].map(|name| import("gungraun", name));
        assert!(!one.same_toolchain(&one) && named.same_toolchain(&named));
        assert!(!named.same_toolchain(&import("gungraun", Some("other"))));
        assert!(!named.same_toolchain(&crate::sample::environment()));
    }

    #[test]
    fn the_name_of_a_machine_contains_what_is_known() {
        let mut named = import("pytest-benchmark", Some("ci"));
        assert_eq!(
            named.machine(),
            "environment `ci` (imported from pytest-benchmark)"
        );
        (named.cpu, named.cpus) = ("Test CPU".to_owned(), 4);
        assert_eq!(
            named.machine(),
            "environment `ci`, Test CPU, 4 CPUs (imported from pytest-benchmark)"
        );
        assert_eq!(
            import("bmf", None).machine(),
            "unknown machine (imported from bmf)"
        );
    }

    #[test]
    fn impossible_intervals_are_refused() {
        let interval = |lower, upper, level| Spread::Interval {
            lower_picoseconds: lower,
            upper_picoseconds: upper,
            confidence_permille: level,
        };
        assert_eq!(interval(9, 11, 950).check(10), Ok(()));
        for wrong in [
            interval(11, 9, 950),
            interval(11, 12, 950),
            interval(9, 11, 0),
            interval(9, 11, 1000),
        ] {
            assert!(wrong.check(10).is_err(), "{wrong:?}");
        }
    }
}
