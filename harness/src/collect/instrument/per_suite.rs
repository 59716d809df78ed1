//! One instrument for workloads of several suites: each suite has a reader of its own, or none.

use harness_probe::Instrument;
use harness_probe::protocol::Description;

use super::{InstrumentReader, Taken};
use crate::collect::Greeting;

/// The readers of one instrument.
pub(super) struct PerSuite<'a> {
    pub(super) instrument: Instrument,
    /// The reader of each suite, in the order of the configuration; none if the suite has no program for it.
    pub(super) readers: Vec<Option<Box<dyn InstrumentReader + 'a>>>,
    pub(super) greeting: &'a Greeting,
}

impl InstrumentReader for PerSuite<'_> {
    fn instrument(&self) -> Instrument {
        self.instrument
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        let mut readers = self.readers.iter().flatten();
        readers
            .next()
            .map_or(0.0, |reader| reader.expected_seconds(runs))
    }

    fn read(&self, workload: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        match self.readers.get(self.greeting.place(&workload.id)) {
            Some(Some(reader)) => reader.read(workload, phases, step),
            _ => {
                let instrument = self.instrument.name();
                let missing = || {
                    Taken::failed(format!(
                        "the suite of the workload has no program for {instrument} in harness.toml"
                    ))
                };
                phases.iter().map(|_| missing()).collect()
            }
        }
    }
}
