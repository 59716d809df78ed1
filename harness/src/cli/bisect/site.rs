//! Builds commits beside the checkout and tries them.

use std::time::Duration;

use anyhow::{Context, Error, Result};
use harness::bisect::{Answer, Build, Evidence, Finding, Next, Search, Threshold, Trial};
use harness::collect::Bar;
use harness::process;
use harness::project::Project;
use harness::terminal::notice;
use harness::vcs::{CheckoutError, MeasuringLock};
use harness_abtest::Interval;
use harness_probe::Instrument;
use harness_record::{Commit, number};

use super::show::{Tried, word};
use crate::cli::ready::{Builder, Ready};

/// The commits of a search, and the folder in which they are built.
pub(super) struct Site<'a> {
    pub(super) project: &'a Project,
    pub(super) builder: Builder<'a>,
    pub(super) good: &'a Commit,
    pub(super) bad: &'a Commit,
    pub(super) time_limit: Duration,
}

impl Site<'_> {
    /// Builds the programs of a commit that `instruments` need, and greets its probe. The inner error is the reason to
    /// skip the commit.
    fn ready(&self, commit: &Commit, instruments: &[Instrument]) -> Result<Result<Ready, String>> {
        let built = match self.builder.revision(commit, instruments) {
            Ok(built) => built,
            Err(
                error @ (CheckoutError::Build { .. }
                | CheckoutError::Missing { .. }
                | CheckoutError::NoHarness { .. }
                | CheckoutError::Project { .. }
                | CheckoutError::Settings { .. }),
            ) => return Ok(Err(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        match built.greet(self.time_limit) {
            Err(error) if process::stopped() => Err(error.into()),
            greeted => Ok(greeted.map_err(|error| error.to_string())),
        }
    }

    /// Builds GOOD and BAD, which must be measurable.
    pub(super) fn ends(&self, instruments: &[Instrument]) -> Result<(Ready, Ready)> {
        let end = |name: &str, commit: &Commit| {
            let ready = self.ready(commit, instruments)?;
            ready
                .map_err(Error::msg)
                .with_context(|| format!("{name} cannot be measured"))
        };
        Ok((end("GOOD", self.good)?, end("BAD", self.bad)?))
    }

    /// Measures a commit. Time is measured under the lock, so that no other harness measures here meanwhile.
    pub(super) fn tried(&self, trial: &Trial<'_>, ready: &Ready) -> Result<Answer> {
        let _turn = match trial.threshold {
            Threshold::Time { .. } => Some(MeasuringLock::wait(self.project, &notice)?),
            Threshold::Count { .. } => None,
        };
        Ok(trial.of(build(ready), &Bar::new())?)
    }

    /// Tries commits until the search ends, and prints each result at once. Returns the ended search.
    pub(super) fn search(
        &self,
        commits: &[Commit],
        trial: &Trial<'_>,
        confidence: f64,
        path: &mut Vec<Tried>,
    ) -> Result<Search> {
        let mut search = Search::new(commits.len(), confidence);
        while let Next::Try(number) = search.next() {
            let commit = &commits[number];
            notice(&format!(
                "about {} more to try; now {commit}",
                search.trials_left()
            ));
            let answer = match self.ready(commit, &trial.request.plan.instruments)? {
                Err(why) => Answer::skipped(why),
                Ok(ready) => self.tried(trial, &ready)?,
            };
            notice(&format!("{}: {}", word(answer.finding), answer.told));
            search.answer(number, answer.evidence);
            path.push(Tried {
                commit: commit.clone(),
                answer,
            });
        }
        Ok(search)
    }
}

/// Borrows the programs for a trial.
pub(super) fn build(ready: &Ready) -> Build<'_> {
    Build {
        measured: ready.measured(),
        greeting: &ready.greeting,
    }
}

/// GOOD, compared with itself.
pub(super) fn start(threshold: &Threshold<'_>) -> Answer {
    match threshold {
        // GOOD is exactly as slow as itself.
        Threshold::Time { .. } => Answer {
            finding: Finding::Good,
            told: "the base of the comparison".to_owned(),
            value: Some(1.0),
            interval: Some(Interval {
                low: 1.0,
                high: 1.0,
                level: 1.0,
            }),
            centre: None,
            evidence: Evidence::Good,
        },
        Threshold::Count { good, metric, .. } => {
            let value = good
                .rows
                .first()
                .and_then(|row| metric.figure(row))
                .map(|figure| figure.value);
            let told = value.map(number::exact).unwrap_or_default();
            Answer {
                finding: Finding::Good,
                told,
                value,
                interval: None,
                centre: None,
                evidence: Evidence::Good,
            }
        }
    }
}
