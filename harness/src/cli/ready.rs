//! The programs of the checkout or of a revision, ready to be measured.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::collect::{self, Greeting, Measured, Request, instrument};
use harness::command;
use harness::layout::Timed;
use harness::probe::ProbeError;
use harness::programs::Programs;
use harness::project::{Config, Project};
use harness::terminal::notice;
use harness::vcs::{CargoOutput, Checkout, CheckoutError, Checkouts, Repository, WorkingTree};
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::suggestion::suggestion;
use harness_record::{Commit, Environment};

/// Builds the checkout and revisions in one folder and in the same way, so that they can be compared.
pub(super) struct Builder<'a> {
    project: &'a Project,
    checkouts: Checkouts,
    output: CargoOutput,
    /// The configuration that decides what the programs of the checkout get: variables and memory; none for its own.
    granted: Option<Config>,
}

/// Built programs and their sources.
pub(super) enum Built {
    /// The checkout, built in the folder of its user.
    Here(Project, Programs),
    /// The checkout, built like a revision.
    Tree(Project, WorkingTree),
    /// A revision, built beside the checkout.
    Revision(Checkout),
}

/// Built programs, and the greeting of their probe.
pub(super) struct Ready {
    built: Built,
    pub(super) greeting: Greeting,
}

impl<'a> Builder<'a> {
    pub(super) fn new(project: &'a Project, repository: &Repository, quiet: bool) -> Self {
        let output = if quiet {
            CargoOutput::Nothing
        } else {
            CargoOutput::Progress
        };
        Self {
            project,
            checkouts: Checkouts::new(project, repository),
            output,
            granted: None,
        }
    }

    /// Gives the programs of the checkout the variables and the memory that those of the base get: a change cannot get a
    /// secret by naming it.
    pub(super) fn with_environment_of(self, base: &Project) -> Self {
        Self {
            granted: Some(base.config.clone()),
            ..self
        }
    }

    /// Gives the checkout and every revision the benches of one revision.
    pub(super) fn with_benches(self, commit: Option<Commit>) -> Self {
        Self {
            checkouts: self.checkouts.with_benches(commit),
            ..self
        }
    }

    /// Builds the programs of the checkout that `instruments` need.
    pub(super) fn tree(&self, instruments: &[Instrument]) -> Result<Built, CheckoutError> {
        let mut project = self.project.clone();
        if let Some(granted) = &self.granted {
            project.config.environment.clone_from(&granted.environment);
            project.config.memory_limit = granted.memory_limit;
        }
        let programs = collect::needed(&project.config, instruments);
        let tree = self
            .checkouts
            .working_tree(&project, &programs, self.output, &notice)?;
        build_commands(&project)?;
        Ok(Built::Tree(project, tree))
    }

    /// Builds the programs of a revision that `instruments` need.
    pub(super) fn revision(
        &self,
        commit: &Commit,
        instruments: &[Instrument],
    ) -> Result<Built, CheckoutError> {
        let checkout = self.checkouts.checkout(
            commit,
            |config| collect::needed(config, instruments),
            self.output,
            &notice,
        )?;
        build_commands(&checkout.project)?;
        Ok(Built::Revision(checkout))
    }
}

/// Builds what the commands of a side need, in its checkout.
fn build_commands(project: &Project) -> Result<(), CheckoutError> {
    Ok(command::build(
        project.config.commands(),
        &project.root,
        &notice,
    )?)
}

impl Built {
    /// Builds the programs of the checkout that `instruments` need, for the model of the request.
    pub(super) fn here(
        project: &Project,
        instruments: &[Instrument],
        request: &Request,
    ) -> Result<Self> {
        let programs =
            collect::build(project, instruments, request.quiet)?.on_model(request.model.as_deref());
        Ok(Self::Here(project.clone(), programs))
    }

    /// The location of the sources, and their configuration.
    pub(super) fn project(&self) -> &Project {
        match self {
            Self::Here(project, _) | Self::Tree(project, _) => project,
            Self::Revision(checkout) => &checkout.project,
        }
    }

    /// Starts the probe for its list of workloads.
    pub(super) fn greet(self, time_limit: Duration) -> Result<Ready, ProbeError> {
        Ok(Ready {
            greeting: self.measured().greet(time_limit)?,
            built: self,
        })
    }

    fn measured(&self) -> Measured<'_> {
        let (programs, commit) = match self {
            Self::Here(_, programs) => (programs, None),
            Self::Tree(_, tree) => (&tree.programs, None),
            Self::Revision(checkout) => (&checkout.programs, Some(checkout.commit.id.as_str())),
        };
        Measured {
            project: self.project(),
            programs,
            commit,
        }
    }
}

impl Ready {
    /// Replaces the instruction set that the probe chose by a forced one, if there is one.
    pub(super) fn forced(mut self, isa: Option<&String>) -> Self {
        self.greeting.isa = isa.unwrap_or(&self.greeting.isa).clone();
        self
    }

    /// The location of the sources, and their configuration.
    pub(super) fn project(&self) -> &Project {
        self.built.project()
    }

    /// The programs, to be measured.
    pub(super) fn measured(&self) -> Measured<'_> {
        self.built.measured()
    }

    /// The probe of a workload, to be timed.
    pub(super) fn timed(&self, workload: &str) -> Timed<'_> {
        self.measured().timed(&self.greeting, workload)
    }

    /// The program that an instrument runs for a workload; none if the workload's suite has no program for it.
    pub(super) fn program(&self, instrument: Instrument, workload: &str) -> Option<Timed<'_>> {
        let Measured { programs, .. } = self.measured();
        let suite = self.measured().suite(&self.greeting, workload);
        let probe = instrument::program(instrument, suite)?;
        Some(Timed { programs, probe })
    }

    /// The machine and the revision.
    pub(super) fn environment(&self) -> Environment {
        self.measured().environment(&self.greeting)
    }

    /// The workload with this id.
    pub(super) fn workload(&self, id: &str) -> Result<&Description> {
        let all = &self.greeting.workloads;
        all.iter().find(|one| one.id == id).with_context(|| {
            format!(
                "there is no workload `{id}`; {}",
                suggestion(id, all.iter().map(|one| one.id.as_str()))
            )
        })
    }
}
