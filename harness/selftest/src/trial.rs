//! One verdict, with all readings and terms it follows from.

use harness_record::session::Session;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;

/// One verdict, with all readings and terms it follows from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Version of the line; see [`Trial::SCHEMA`].
    pub schema: u32,
    /// The condition.
    pub condition: Condition,
    /// The readings, and the terms that they are judged by.
    pub session: Session,
}

impl Trial {
    /// The schema version that this build writes, and the only one that it reads.
    pub const SCHEMA: u32 = 4;
}

#[cfg(test)]
pub(crate) mod tests {
    use harness_record::sample;

    use super::*;
    use crate::condition::{BackgroundLoad, Scope};

    /// A trial of one workload with these values of ln(head time / base time), one for each pair, measured in 100 ms
    /// each.
    pub(crate) fn trial(change: &str, log_ratios: &[f64]) -> Trial {
        let change: crate::condition::Change = change.parse().expect("a condition");
        let condition = Condition { change, hogs: BackgroundLoad::None, scope: Scope::Workload };
        let mut session = sample::session(log_ratios);
        session.terms.budget_seconds = condition.seconds();
        session.terms.injection = change.injection();
        Trial { schema: Trial::SCHEMA, condition, session }
    }
}
