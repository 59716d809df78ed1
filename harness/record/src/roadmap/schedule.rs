//! The schedule of a phase: who answers for it, when it is due, when it was reached, and its status.

use jiff::civil::Date;
use serde::Deserialize;

/// The schedule of a phase. Every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The role that answers for the phase; empty if none is named.
    pub owner: String,
    /// The planned date.
    pub date: Option<Date>,
    /// The date on which the phase was finished.
    pub reached: Option<Date>,
    /// The status.
    pub status: Option<PhaseStatus>,
}

/// The status of a phase, as its owner states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseStatus {
    /// Work has not begun.
    Planned,
    /// Work goes on.
    Active,
    /// Work is finished.
    Done,
    /// The phase was given up.
    Dropped,
}

impl PhaseStatus {
    /// The status, as written in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Active => "active",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

impl Schedule {
    /// Refuses a schedule that contradicts itself.
    pub(super) fn check(self) -> Result<Self, String> {
        match (self.reached, self.status) {
            (Some(_), Some(status)) if status != PhaseStatus::Done => Err(format!(
                "`reached` has a date but `status` is `{}`; write `done`, or remove the date",
                status.name()
            )),
            _ => Ok(self),
        }
    }
}

/// Reads a date, written as TOML date or as text.
pub(super) fn day(key: &str, value: &toml::Value) -> Result<Date, String> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse()
        .map_err(|_| format!("`{key}` is `{text}`; expected a date such as 2026-12-31"))
}
