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
        possible(
            (total_bytes, total_blocks),
            tokens,
            (token_bytes, token_blocks),
        )
        .map_err(ProbeError::Refused)?;
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

/// Refuses counts that contradict each other: the tokens are a part of the run. Pairs are bytes and blocks.
fn possible(run: (u64, u64), tokens: u64, of_tokens: (u64, u64)) -> Result<(), String> {
    let problem = if of_tokens.0 > run.0 || of_tokens.1 > run.1 {
        "the tokens of a run allocated more than the run"
    } else if tokens == 0 && of_tokens != (0, 0) {
        "a run without tokens allocated for its tokens"
    } else {
        return Ok(());
    };
    Err(format!("the heap counts contradict each other: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_contradict_each_other_are_refused() {
        assert_eq!(possible((64, 2), 1, (64, 2)), Ok(()));
        assert_eq!(possible((0, 0), 0, (0, 0)), Ok(()));
        assert!(possible((64, 2), 1, (65, 2)).is_err());
        assert!(possible((64, 2), 1, (64, 3)).is_err());
        assert!(possible((64, 2), 0, (1, 0)).is_err());
    }
}
