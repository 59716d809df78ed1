//! One verdict, with all readings and terms it follows from.

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::gate::Session;

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
    use super::*;
    use crate::gate::{Accepted, Revision, Terms};
    use crate::paired::{Block, Pair, Rules, Side, Slice, TimedPhase, WorkloadPairs};
    use crate::record::Environment;
    use crate::selftest::{BackgroundLoad, Scope};

    /// A trial of one workload with these values of ln(head time / base time), one for each pair, measured in 100 ms
    /// each.
    pub(crate) fn trial(change: &str, log_ratios: &[f64]) -> Trial {
        let change: crate::selftest::Change = change.parse().expect("a condition");
        let condition = Condition { change, hogs: BackgroundLoad::None, scope: Scope::Workload };
        let slice = |side, nanoseconds| Slice { side, iterations: 10, nanoseconds, waited: 0 };
        let block = |log_ratio: f64| -> Block {
            let head = slice(Side::Head, (4e6 * log_ratio.exp()).round() as u64);
            [slice(Side::Base, 4_000_000), head, head, slice(Side::Base, 4_000_000)]
        };
        let pair = |log_ratio: &f64| Pair { seconds: 0.1, rounds: vec![vec![block(*log_ratio)]] };
        let revision = Revision { commit: "0".repeat(40), dirty: false };
        let session = Session {
            created: "2026-03-14T15:09:26Z".to_owned(),
            command: "cargo harness selftest gate".to_owned(),
            base: revision.clone(),
            head: revision,
            environment: Environment {
                cpu: "a CPU".to_owned(),
                cpus: 2,
                memory_bytes: 1 << 33,
                isa: "avx2".to_owned(),
                os: "Debian 12".to_owned(),
                kernel: "Linux 6.1".to_owned(),
                libc: "glibc 2.36".to_owned(),
                target: "x86_64-unknown-linux-gnu".to_owned(),
                rustc: "rustc 1.95.0".to_owned(),
                valgrind: None,
                rustflags: String::new(),
                revision: None,
                dirty: false,
            },
            terms: Terms {
                rules: Rules::default(),
                budget_seconds: condition.seconds(),
                floor_seconds: 0.0,
                seed: 1,
                core: Some(1),
                threads: 1,
                isa: "avx2".to_owned(),
                slice_nanoseconds: 4_000_000,
                warm: 1,
                injection: change.injection(),
                layouts: crate::layout::Layouts::Averaged(64),
                layout_limit: 0.02,
                strict: false,
            },
            measured: vec![WorkloadPairs {
                timed: TimedPhase { workload: "kernel/gelu".to_owned(), phase: "fast".to_owned() },
                pairs: log_ratios.iter().map(pair).collect(),
                failure: None,
            }],
            floor: Vec::new(),
            machine: None,
            counted: None,
            uncounted: false,
            identical: crate::gate::Identical::default(),
            unmatched: Vec::new(),
            accepted: Accepted::default(),
            amended: Vec::new(),
        };
        Trial { schema: Trial::SCHEMA, condition, session }
    }
}
