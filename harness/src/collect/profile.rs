//! Looks into a run: where its time, its instructions or its allocations come from.

use std::time::Duration;

use harness_abtest::{median, median_interval};
use harness_probe::Options;
use harness_probe::protocol::{Description, PROFILES_SINCE, Reading, VERSION};
use harness_record::metric::LEVEL;
use harness_record::profile::{Cost, Profile, Sites, SitesError, SpansError, Tree, View};
use thiserror::Error;

use crate::collect::instrument::{Callgrind, Settings};
use crate::collect::{Measured, Request, isa_under_valgrind, settings};
use crate::probe::{Greeting, Probe, ProbeError};

/// So long a slice of runs is, with spans or without, before the other kind has its turn.
const SLICE: Duration = Duration::from_millis(20);
/// So long the slices are, all together.
const BUDGET: Duration = Duration::from_millis(2500);
/// A run that takes longer is looked at once.
const LONG: Duration = Duration::from_secs(1);
/// What keeping spans costs is told of so many pairs of slices at least: fewer give no interval.
const LEAST_PAIRS: usize = 6;

/// What is looked into.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The workload, as the probe describes it.
    pub workload: &'a Description,
    /// The phase.
    pub phase: &'a str,
}

/// A run that could not be looked into.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The workload is too large for the instrument.
    #[error("{workload} is too large for {instrument}; `harness list` shows which workloads are small enough")]
    TooLarge {
        /// Its id.
        workload: String,
        /// The instrument.
        instrument: &'static str,
    },
    /// The probe knows no profiles.
    #[error(
        "the probe speaks protocol {found}, which has no profile by {view}; it came with protocol {PROFILES_SINCE}, this harness speaks {VERSION}"
    )]
    Protocol {
        /// Its version.
        found: u32,
        /// What was to be looked at.
        view: &'static str,
    },
    /// The probe did not answer as it should.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The probe answered with something else.
    #[error("the probe that is to show {0} reads something else; harness.toml names the wrong program")]
    OtherReading(&'static str),
    /// Its spans make no sense.
    #[error(transparent)]
    Spans(#[from] SpansError),
    /// Its allocations cannot be read.
    #[error(transparent)]
    Sites(#[from] SitesError),
    /// Instructions cannot be counted.
    #[error("{0}")]
    Callgrind(String),
    /// What was looked into computed something else.
    #[error("{place} gave a wrong answer: {wrong}")]
    Wrong {
        /// Workload and phase.
        place: String,
        /// What is wrong with it.
        wrong: String,
    },
}

impl Measured<'_> {
    /// Looks into a workload in a phase.
    ///
    /// # Errors
    /// If the workload is too large for it, a program does not answer as it should, or the answer is wrong.
    pub fn profile(
        &self,
        greeting: &Greeting,
        target: Target<'_>,
        view: View,
        request: &Request,
    ) -> Result<Profile, ProfileError> {
        let instrument = view.instrument();
        if !target.workload.instruments.contains(&instrument) {
            let workload = target.workload.id.clone();
            return Err(ProfileError::TooLarge { workload, instrument: instrument.name() });
        }
        if view != View::Instructions && greeting.protocol < PROFILES_SINCE {
            return Err(ProfileError::Protocol { found: greeting.protocol, view: view.name() });
        }
        let settings = settings(request);
        match view {
            View::Time => self.time(target, &settings),
            View::Instructions => self.instructions(greeting, target, request, &settings),
            View::Allocations => self.allocations(target, &settings),
        }
    }

    fn time(&self, target: Target<'_>, settings: &Settings) -> Result<Profile, ProfileError> {
        let mut probe = Probe::start(self.programs.command(&self.project.config.probe), settings.time_limit)?;
        let options = Options { threads: settings.threads, isa: settings.isa.clone() };
        let ready = probe.prepare(&target.workload.id, target.phase, &options)?;
        let mut seen = Spans { probe: &mut probe, tree: Tree::default(), runs: 0, ratios: Vec::new(), spent: 0 };
        seen.look()?;
        let Spans { tree, runs, ratios, .. } = seen;
        check(&mut probe, target)?;
        let cost = median(&ratios).zip(median_interval(&ratios, LEVEL)).map(|(ratio, interval)| Cost {
            ratio,
            interval,
            pairs: ratios.len(),
        });
        let cost = cost.filter(|cost| cost.pairs >= LEAST_PAIRS);
        Ok(Profile { runs, cost, tree, ..target.profile(View::Time, ready.isa, ready.threads) })
    }

    fn instructions(
        &self,
        greeting: &Greeting,
        target: Target<'_>,
        request: &Request,
        settings: &Settings,
    ) -> Result<Profile, ProfileError> {
        let config = &self.project.config;
        let isa = isa_under_valgrind(self.programs.command(&config.probe), request, settings);
        let callgrind = Callgrind {
            bench: &|| self.programs.command(&config.callgrind),
            workloads: &greeting.workloads,
            isa: isa.clone(),
            settings,
        };
        // The bench checks the answer itself.
        let graph = callgrind.graph(&target.workload.id, target.phase).map_err(ProfileError::Callgrind)?;
        let isa = isa.map_err(ProfileError::Callgrind)?;
        Ok(Profile { tree: graph.tree(), ..target.profile(View::Instructions, isa, 1) })
    }

    fn allocations(&self, target: Target<'_>, settings: &Settings) -> Result<Profile, ProfileError> {
        let mut command = self.programs.command(&self.project.config.heap);
        command.arg("--probe");
        let mut probe = Probe::start(command, settings.time_limit)?;
        let options = Options { threads: 1, isa: settings.isa.clone() };
        let ready = probe.prepare(&target.workload.id, target.phase, &options)?;
        let Reading::Sites { dhat } = probe.profile(1)? else {
            return Err(ProfileError::OtherReading("where memory is allocated"));
        };
        check(&mut probe, target)?;
        let Sites { tree, sites } = Sites::read(&dhat)?;
        Ok(Profile { tree, sites, ..target.profile(View::Allocations, ready.isa, ready.threads) })
    }
}

impl Target<'_> {
    /// A profile of one run in which nothing was seen.
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

/// Runs with spans and without by turns, so that what they cost is known of the same moment.
struct Spans<'a> {
    probe: &'a mut Probe,
    tree: Tree,
    runs: u64,
    ratios: Vec<f64>,
    /// Nanoseconds of all slices so far.
    spent: u64,
}

impl Spans<'_> {
    fn look(&mut self) -> Result<(), ProfileError> {
        // Warms caches and pools, and tells how long a run is.
        let first = self.plain(1)?;
        if u128::from(first) >= LONG.as_nanos() {
            self.spans(1)?;
            return Ok(());
        }
        // The first run may have been slow for being the first.
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

    /// Nanoseconds of runs without spans.
    fn plain(&mut self, iterations: u64) -> Result<u64, ProfileError> {
        match self.probe.run(iterations)? {
            Reading::Clock { nanoseconds: 0, .. } => {
                Err(ProbeError::Refused("the probe's clock stands still: its times make no sense".to_owned()).into())
            }
            Reading::Clock { nanoseconds, .. } => Ok(nanoseconds),
            _ => Err(ProfileError::OtherReading(TIME)),
        }
    }

    /// Nanoseconds of runs with spans, which are added to what was seen.
    fn spans(&mut self, iterations: u64) -> Result<u64, ProfileError> {
        let Reading::Spans { nanoseconds, spans } = self.probe.profile(iterations)? else {
            return Err(ProfileError::OtherReading(TIME));
        };
        self.tree.add(Tree::of_spans(nanoseconds, &spans)?);
        self.runs += iterations;
        Ok(nanoseconds)
    }
}

/// What the probe that is timed is to show.
const TIME: &str = "where time goes";

fn check(probe: &mut Probe, target: Target<'_>) -> Result<(), ProfileError> {
    match probe.check()? {
        None => Ok(()),
        Some(wrong) => {
            Err(ProfileError::Wrong { place: format!("{} in phase {}", target.workload.id, target.phase), wrong })
        }
    }
}
