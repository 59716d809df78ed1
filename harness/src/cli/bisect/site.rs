//! Builds commits beside the checkout and starts their probes.

use std::time::Duration;

use anyhow::{Result, bail};
use harness::bisect::{Answer, Build, Threshold, Trial};
use harness::collect::{self, Bar, Measured};
use harness::probe::Greeting;
use harness::process;
use harness::project::Project;
use harness::vcs::{CargoOutput, Checkout, CheckoutError, Checkouts, MeasuringLock};
use harness_probe::Instrument;
use harness_record::Commit;

use harness::terminal::notice;

/// Builds commits and greets their probes.
pub(super) struct Site<'a> {
    pub(super) project: &'a Project,
    pub(super) checkouts: Checkouts,
    pub(super) instruments: Vec<Instrument>,
    pub(super) time_limit: Duration,
    pub(super) output: CargoOutput,
}

/// A built commit, and the greeting of its probe.
pub(super) struct Built {
    pub(super) checkout: Checkout,
    pub(super) greeting: Greeting,
}

impl Site<'_> {
    /// Builds a commit and greets its probe. The inner error is the reason to skip the commit.
    pub(super) fn ready(&self, commit: &Commit) -> Result<Result<Built, String>> {
        let print = |message: &str| notice(message);
        let instruments = &self.instruments;
        let built = self.checkouts.checkout(commit, |config| collect::needed(config, instruments), self.output, &print);
        let checkout = match built {
            Ok(checkout) => checkout,
            Err(
                error @ (CheckoutError::Build { .. }
                | CheckoutError::Missing { .. }
                | CheckoutError::NoHarness { .. }
                | CheckoutError::Project { .. }
                | CheckoutError::Settings { .. }),
            ) => return Ok(Err(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        let Checkout { project, programs, commit, .. } = &checkout;
        match (Measured { project, programs, commit: Some(&commit.id) }).greet(self.time_limit) {
            Ok(greeting) => Ok(Ok(Built { greeting, checkout })),
            Err(error) if process::stopped() => Err(error.into()),
            Err(error) => Ok(Err(error.to_string())),
        }
    }
}

impl Site<'_> {
    /// Builds an end of the search, which must be measurable.
    pub(super) fn end(&self, name: &str, commit: &Commit) -> Result<Built> {
        match self.ready(commit)? {
            Ok(built) => Ok(built),
            Err(why) => bail!("{name} cannot be measured: {why}"),
        }
    }

    /// Measures a commit. Time is measured under the lock, so that no other harness measures here meanwhile.
    pub(super) fn tried(&self, trial: &Trial<'_>, built: &Built) -> Result<Answer> {
        let _turn = match trial.threshold {
            Threshold::Time { .. } => Some(MeasuringLock::wait(self.project, &|message| notice(message))?),
            Threshold::Count { .. } => None,
        };
        Ok(trial.of(built.side(), &Bar::new())?)
    }
}

impl Built {
    /// Borrows the build for a trial.
    pub(super) fn side(&self) -> Build<'_> {
        let Checkout { project, programs, commit, .. } = &self.checkout;
        Build { measured: Measured { project, programs, commit: Some(&commit.id) }, greeting: &self.greeting }
    }
}
