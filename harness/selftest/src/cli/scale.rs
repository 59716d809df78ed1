//! `harness selftest scale`: commands stay within limits with many records of many workloads.

use anyhow::Result;
use clap::Args;
use harness::terminal::{Status, notice, show};
use harness_selftest::scale::{self, Limits, Size};

use super::at_least_one;
use super::robustness::Program;

/// Measures the time and memory of commands on many records of many workloads
///
/// The records lie in a temporary folder, with a state of the baselines in git for each. They take two gigabytes by default,
/// and are removed in the end. Exits with 1 if a command exceeds a limit. The limits are for a release build on a machine
/// without other load.
#[derive(Args)]
pub(super) struct Scale {
    /// Number of records
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = at_least_one)]
    records: usize,
    /// Number of workloads in each record
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = at_least_one)]
    workloads: usize,
    /// Number of phases of each workload, up to 4
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = phases)]
    phases: usize,
    /// Number of rounds of each phase
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = at_least_one)]
    rounds: usize,
    /// Factor on the limits of time: 1 s for `list`, 2 s for `compare`, 3 s for `gate`, 20 s for `report`, 10 s for `history`
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0)]
    slack: f64,
    /// Limit of the memory of each command, in MB
    #[arg(long, value_name = "MB", default_value_t = 400)]
    memory: u64,
    #[command(flatten)]
    program: Program,
}

impl Scale {
    pub(super) fn run(self) -> Result<Status> {
        let size = Size {
            records: self.records,
            workloads: self.workloads,
            phases: self.phases,
            rounds: self.rounds,
        };
        let limits = Limits {
            slack: self.slack,
            memory_bytes: self.memory * 1_000_000,
        };
        let measured = scale::run(&self.program.path()?, &size, &limits, &mut notice)?;
        show(
            &[scale::table(&measured, &size, &limits)],
            self.program.format,
        )?;
        Ok(match measured.iter().all(|one| one.exceeded.is_none()) {
            true => Status::Fine,
            false => Status::Regressed,
        })
    }
}

fn phases(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=4) => Ok(number),
        _ => Err("write a number from 1 to 4".to_owned()),
    }
}
