//! Profiles of a run: the parts of the program that its time, instructions or allocations come from.

use std::process::Command;
use std::time::Duration;

use harness_abtest::{median, median_interval};
use harness_probe::protocol::{Description, PROFILES_SINCE, Reading, VERSION};
use harness_probe::{Instrument, Options};
use harness_record::Check;
use harness_record::metric::LEVEL;
use harness_record::profile::{Cost, Profile, Sites, SitesError, SpansError, Tree, View};
use thiserror::Error;

use crate::collect::instrument::{self, Callgrind, Settings};
use crate::collect::{Greeting, Measured, Request, isa_under_valgrind, settings};
use crate::probe::{CLOCK_STANDS_STILL, Probe, ProbeError};

/// Duration of a slice. Slices with and without spans alternate.
const SLICE: Duration = Duration::from_millis(20);
/// Total duration of all slices.
const BUDGET: Duration = Duration::from_millis(2500);
/// Duration above which a run is profiled only once.
const LONG: Duration = Duration::from_secs(1);
/// Minimum number of pairs of slices for an estimate of the overhead of spans; fewer give no interval.
const LEAST_PAIRS: usize = 6;

/// The workload and phase of a profile.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The workload, as the probe describes it.
    pub workload: &'a Description,
    /// The phase.
    pub phase: &'a str,
}

/// A profile that failed.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The workload, by its id, is too large for the instrument.
    #[error("{0} is too large for {1}; `harness list` shows which workloads are small enough")]
    TooLarge(String, &'static str),
    /// The suite of the workload has no program for the instrument.
    #[error("the suite of {0} has no program for {1} in harness.toml")]
    NoProgram(String, &'static str),
    /// The probe's protocol, in this version, has no profiles by this view.
    #[error(
        "the probe speaks protocol {0}, which has no profile by {1}; it came with protocol {PROFILES_SINCE}, this harness speaks {VERSION}"
    )]
    Protocol(u32, &'static str),
    /// The probe failed.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The probe returned another kind of reading.
    #[error(
        "the probe cannot profile {0}: it reads something else; harness.toml names the wrong program"
    )]
    OtherReading(&'static str),
    /// The spans are invalid.
    #[error(transparent)]
    Spans(#[from] SpansError),
    /// The allocations cannot be read.
    #[error(transparent)]
    Sites(#[from] SitesError),
    /// Instructions cannot be counted.
    #[error("{0}")]
    Callgrind(String),
    /// The profiled run, of this workload and phase, gave an answer with this difference from the expected one.
    #[error("{0} gave a wrong answer: {1}")]
    Wrong(String, String),
}

impl Measured<'_> {
    /// Profiles a workload in a phase.
    ///
    /// # Errors
    /// If the workload is too large for the instrument, a program fails, or the answer is wrong.
    pub fn profile(
        &self,
        greeting: &Greeting,
        target: Target<'_>,
        view: View,
        request: &Request,
    ) -> Result<Profile, ProfileError> {
        let instrument = view.instrument();
        let workload = target.workload.id.clone();
        if instrument::program(instrument, self.suite(greeting, &workload)).is_none() {
            return Err(ProfileError::NoProgram(workload, instrument.name()));
        }
        if !target.workload.instruments.contains(&instrument) {
            return Err(ProfileError::TooLarge(workload, instrument.name()));
        }
        let protocol = greeting.protocol(&target.workload.id);
        if view != View::Instructions && protocol < PROFILES_SINCE {
            return Err(ProfileError::Protocol(protocol, view.name()));
        }
        let settings = settings(request);
        match view {
            View::Time => self.time(greeting, target, &settings),
            View::Instructions => self.instructions(greeting, target, request, &settings),
            View::Allocations => self.allocations(greeting, target, &settings),
        }
    }

    fn time(
        &self,
        greeting: &Greeting,
        target: Target<'_>,
        settings: &Settings,
    ) -> Result<Profile, ProfileError> {
        let command = self.probe(greeting, &target.workload.id);
        let mut probe = Probe::start(command, settings.time_limit)?;
        let options = Options {
            threads: settings.threads,
            isa: settings.isa.clone(),
        };
        let ready = probe.prepare(&target.workload.id, target.phase, &options)?;
        let mut spans = Spans {
            probe: &mut probe,
            tree: Tree::default(),
            runs: 0,
            ratios: Vec::new(),
            spent: 0,
        };
        spans.measure()?;
        let Spans {
            tree, runs, ratios, ..
        } = spans;
        check(&mut probe, target)?;
        let (pairs, figure) = (
            ratios.len(),
            median(&ratios).zip(median_interval(&ratios, LEVEL)),
        );
        let cost = figure
            .filter(|_| pairs >= LEAST_PAIRS)
            .map(|(ratio, interval)| Cost {
                ratio,
                interval,
                pairs,
            });
        Ok(Profile {
            runs,
            cost,
            tree,
            ..target.profile(View::Time, ready.isa, ready.threads)
        })
    }

    fn instructions(
        &self,
        greeting: &Greeting,
        target: Target<'_>,
        request: &Request,
        settings: &Settings,
    ) -> Result<Profile, ProfileError> {
        let id = &target.workload.id;
        let suite = self.suite(greeting, id);
        let isa = isa_under_valgrind(self.probe(greeting, id), request, settings);
        let bench = suite.callgrind.as_ref();
        let bench = bench.map(|program| || self.programs.command(program));
        let callgrind = Callgrind {
            bench: bench
                .as_ref()
                .map(|bench| bench as &(dyn Fn() -> Command + Sync)),
            probe: &|| self.probe(greeting, id),
            workloads: &greeting.workloads_of(greeting.place(id)),
            isa: isa.clone(),
            settings,
        };
        // The bench checks the answer itself.
        let graph = callgrind
            .graph(&target.workload.id, target.phase)
            .map_err(ProfileError::Callgrind)?;
        let isa = isa.map_err(ProfileError::Callgrind)?;
        Ok(Profile {
            tree: graph.tree(),
            ..target.profile(View::Instructions, isa, 1)
        })
    }

    fn allocations(
        &self,
        greeting: &Greeting,
        target: Target<'_>,
        settings: &Settings,
    ) -> Result<Profile, ProfileError> {
        let suite = self.suite(greeting, &target.workload.id);
        let Some(heap) = &suite.heap else {
            let workload = target.workload.id.clone();
            return Err(ProfileError::NoProgram(workload, Instrument::Dhat.name()));
        };
        let mut probe = Probe::start(self.programs.command(heap), settings.time_limit)?;
        let options = Options {
            threads: 1,
            isa: settings.isa.clone(),
        };
        let ready = probe.prepare(&target.workload.id, target.phase, &options)?;
        let Reading::Sites { dhat } = probe.profile(1)? else {
            return Err(ProfileError::OtherReading("allocations"));
        };
        check(&mut probe, target)?;
        let Sites { tree, sites } = Sites::read(&dhat)?;
        Ok(Profile {
            tree,
            sites,
            ..target.profile(View::Allocations, ready.isa, ready.threads)
        })
    }
}

impl Target<'_> {
    /// Creates an empty profile of one run.
    fn profile(&self, view: View, isa: String, threads: u32) -> Profile {
        Profile {
            view,
            workload: self.workload.id.clone(),
            phase: self.phase.to_owned(),
            unit: self.workload.unit.clone(),
            runs: 1,
            isa,
            threads,
            tree: Tree::default(),
            sites: Vec::new(),
            cost: None,
        }
    }
}

/// Alternating slices with and without spans. Their ratio is the overhead of spans, without the drift of the machine.
struct Spans<'a> {
    probe: &'a mut Probe,
    tree: Tree,
    runs: u64,
    ratios: Vec<f64>,
    /// Nanoseconds of all slices so far.
    spent: u64,
}

impl Spans<'_> {
    fn measure(&mut self) -> Result<(), ProfileError> {
        // Warms caches and pools, and measures the duration of a run.
        let first = self.plain(1)?;
        if u128::from(first) >= LONG.as_nanos() {
            self.spans(1)?;
            return Ok(());
        }
        // The first run may be slower than the others.
        let once = self.plain(1)?.min(first);
        let iterations = (SLICE.as_nanos() as u64 / once).clamp(1, 100_000);
        while u128::from(self.spent) < BUDGET.as_nanos() {
            let (plain, spans) = if self.ratios.len().is_multiple_of(2) {
                let plain = self.plain(iterations)?;
                (plain, self.spans(iterations)?)
            } else {
                let spans = self.spans(iterations)?;
                (self.plain(iterations)?, spans)
            };
            self.spent = self.spent.saturating_add(plain).saturating_add(spans);
            self.ratios.push(spans as f64 / plain as f64);
        }
        Ok(())
    }

    /// Runs without spans and returns the nanoseconds.
    fn plain(&mut self, iterations: u64) -> Result<u64, ProfileError> {
        match self.probe.run(iterations)? {
            Reading::Clock { nanoseconds: 0, .. } => {
                Err(ProbeError::Refused(CLOCK_STANDS_STILL.to_owned()).into())
            }
            Reading::Clock { nanoseconds, .. } => Ok(nanoseconds),
            _ => Err(ProfileError::OtherReading(TIME)),
        }
    }

    /// Runs with spans, adds them to the tree, and returns the nanoseconds.
    fn spans(&mut self, iterations: u64) -> Result<u64, ProfileError> {
        let Reading::Spans { nanoseconds, spans } = self.probe.profile(iterations)? else {
            return Err(ProfileError::OtherReading(TIME));
        };
        self.tree.add(Tree::of_spans(nanoseconds, &spans)?);
        self.runs += iterations;
        Ok(nanoseconds)
    }
}

/// Name of the reading that the timed probe should return.
const TIME: &str = "time";

fn check(probe: &mut Probe, target: Target<'_>) -> Result<(), ProfileError> {
    let place = format!("{} in phase {}", target.workload.id, target.phase);
    match probe.check()? {
        Check::Failed(wrong) => Err(ProfileError::Wrong(place, wrong)),
        _ => Ok(()),
    }
}
