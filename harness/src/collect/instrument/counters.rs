//! Events that the processor counts: cycles, instructions, branch and cache misses.
//!
//! The harness reads the counters of the probe's process from outside, so that probes need no dependency for it, and
//! those of older revisions can be read, too. The few microseconds of the protocol are counted, and many runs between
//! two readings make them small.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use harness_probe::protocol::Description;
use harness_probe::{Instrument, Options};
use harness_record::metric::events::ITERATIONS;
use harness_record::{Data, Reading};

use super::{Definition, InstrumentReader, Settings, Taken, each_phase};
use crate::hardware::{ProcessCounters, Total};
use crate::probe::{Preparation, Probe, ProbeError};

/// Least duration of the runs that are counted together.
const RUNS: Duration = Duration::from_millis(200);
/// Most runs that are counted together.
const MOST_RUNS: f64 = 1e6;

/// Reads the counters of the processor while the probe runs a workload.
struct Counters<'a> {
    probe: &'a (dyn Fn() -> Command + Sync),
    settings: &'a Settings,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Counters,
    program: |suite| Some(&suite.probe),
    reader: |measurement| {
        Some(Box::new(Counters {
            probe: measurement.probe,
            settings: measurement.settings,
        }))
    },
};

impl InstrumentReader for Counters<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Counters
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        let seconds = |run: &Option<f64>| RUNS.as_secs_f64() + 2.0 * run.unwrap_or(0.1);
        runs.iter().map(seconds).sum()
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        each_phase(phases, step, |phase| {
            self.count(workload, phase)
                .unwrap_or_else(|error| Taken::failed(error.to_string()))
        })
    }
}

impl Counters<'_> {
    fn count(&self, workload: &Description, phase: &str) -> Result<Taken, ProbeError> {
        let mut probe = Probe::start((self.probe)(), self.settings.time_limit)?;
        // Opened before the probe prepares the workload: threads that it starts later are counted, too.
        let mut counters = ProcessCounters::open(probe.id()).map_err(ProbeError::Refused)?;
        let options = Options {
            threads: self.settings.threads,
            isa: self.settings.isa.clone(),
        };
        let Preparation { isa, threads, .. } = probe.prepare(&workload.id, phase, &options)?;
        let begun = Instant::now();
        probe.run(1)?;
        let each = begun.elapsed().as_secs_f64().max(1e-9);
        let iterations = (RUNS.as_secs_f64() / each).clamp(1.0, MOST_RUNS) as u64;
        counters.start().map_err(ProbeError::Refused)?;
        probe.run(iterations)?;
        let totals = counters.stop().map_err(ProbeError::Refused)?;
        let check = probe.check()?;
        let values = values(&totals, iterations).map_err(ProbeError::Refused)?;
        let data = Data::Counts {
            counted_by: Instrument::Counters,
            values,
        };
        Ok(Taken {
            reading: Ok(Reading { isa, threads, data }),
            check: Some(check),
        })
    }
}

/// The values of a record. A counter that never ran, because the processor has too few, is left out.
fn values(totals: &[Total], iterations: u64) -> Result<BTreeMap<String, u64>, String> {
    let counted = totals
        .iter()
        .filter_map(|total| Some((total.event.to_owned(), total.estimate()?)));
    let mut values: BTreeMap<String, u64> = counted.collect();
    if values.is_empty() {
        return Err(
            "no counter of the processor ran; another program may use all of them".to_owned(),
        );
    }
    values.insert(ITERATIONS.to_owned(), iterations);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use harness_record::metric::events::{CACHE_MISSES, CYCLES};

    use super::*;

    fn total(event: &'static str, count: u64, running: u64) -> Total {
        Total {
            event,
            count,
            enabled: Duration::from_millis(100),
            running: Duration::from_millis(running),
        }
    }

    #[test]
    fn a_counter_that_ran_for_a_part_of_the_time_is_extrapolated() {
        let totals = [total(CYCLES, 1000, 100), total(CACHE_MISSES, 30, 25)];
        let values = values(&totals, 7).expect("counted");
        assert_eq!(values[CYCLES], 1000);
        assert_eq!(values[CACHE_MISSES], 120);
        assert_eq!(values[ITERATIONS], 7);
    }

    #[test]
    fn counters_that_never_ran_are_no_zeros() {
        let one = values(&[total(CYCLES, 5, 100), total(CACHE_MISSES, 0, 0)], 1);
        assert!(!one.expect("one counted").contains_key(CACHE_MISSES));
        let none = values(&[total(CYCLES, 0, 0)], 1).expect_err("nothing ran");
        assert!(none.contains("no counter"), "{none}");
    }
}
