//! Heap allocations by dhat. Each reading has its own process, because dhat counts a whole process and slows it down.

use std::process::Command;

use harness_probe::protocol::{Description, Reading as Read};
use harness_probe::{Instrument, Options};
use harness_record::{Data, Reading};

use crate::collect::instrument::{Definition, InstrumentReader, Settings, Taken, each_phase};
use crate::probe::{Preparation, Probe, ProbeError};

/// Counts heap allocations on one thread.
pub(super) struct Dhat<'a> {
    /// Creates the command that starts the probe with dhat.
    pub probe: &'a (dyn Fn() -> Command + Sync),
    /// Budgets and conditions.
    pub settings: &'a Settings,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Dhat,
    program: |suite| suite.heap.as_ref(),
    reader: |measurement| {
        Some(Box::new(Dhat {
            probe: measurement.heap?,
            settings: measurement.counts_settings,
        }))
    },
};

impl InstrumentReader for Dhat<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Dhat
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        runs.iter()
            .map(|seconds| 0.3 + 2.0 * seconds.unwrap_or(0.1))
            .sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        let read = |phase: &str| {
            self.count(workload, phase)
                .unwrap_or_else(|error| Taken::failed(error.to_string()))
        };
        each_phase(phases, step, read)
    }
}

impl Dhat<'_> {
    fn count(&self, workload: &Description, phase: &str) -> Result<Taken, ProbeError> {
        let mut probe = Probe::start((self.probe)(), self.settings.time_limit)?;
        let Preparation { isa, threads, .. } = probe.prepare(
            &workload.id,
            phase,
            &Options {
                threads: 1,
                isa: self.settings.isa.clone(),
            },
        )?;
        let Read::Heap {
            total_bytes,
            total_blocks,
            peak_bytes,
            leaked_bytes,
            tokens,
            token_bytes,
            token_blocks,
        } = probe.run(1)?
        else {
            return Err(ProbeError::Refused(
                "the probe for heap counts does not count the heap; harness.toml names the wrong program".to_owned(),
            ));
        };
        let check = probe.check()?;
        let data = Data::Dhat {
            total_bytes,
            total_blocks,
            peak_bytes,
            leaked_bytes,
            tokens,
            token_bytes,
            token_blocks,
        };
        Ok(Taken {
            reading: Ok(Reading { isa, threads, data }),
            check: Some(check),
        })
    }
}
