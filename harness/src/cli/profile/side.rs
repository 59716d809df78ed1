//! A side of a profile: the programs of the checkout or of a revision, in a phase.

use std::rc::Rc;

use anyhow::{Context, Result, bail};
use harness::collect::{self, Measured, Request, Target};
use harness::probe::Greeting;
use harness::programs::Programs;
use harness::project::Project;
use harness::vcs::{CargoOutput, Checkout, Checkouts, Repository, WorkingTree};
use harness_probe::protocol::Description;
use harness_record::profile::{Profile as Seen, View};
use harness_record::suggestion::suggestion;
use harness_record::{Commit, Environment};

use super::Profile;
use harness::terminal::notice;

/// Name of the current sources.
const CHECKOUT: &str = "checkout";

/// A side that is ready to be profiled.
pub(super) struct Side {
    /// The name that the user gave it.
    pub(super) name: String,
    /// The phase, if that name is one.
    phase: Option<String>,
    ready: Rc<Ready>,
}

/// Built programs, and the greeting of their probe.
struct Ready {
    source: Source,
    greeting: Greeting,
}

enum Source {
    /// The checkout, built in the folder of its user.
    Here {
        project: Project,
        programs: Programs,
    },
    /// The checkout, built like a revision, to be compared with one.
    Tree {
        project: Project,
        tree: WorkingTree,
    },
    Revision(Checkout),
}

/// The workload of the checkout with this id, or the first one without an id. Builds the probe only.
pub(super) fn workload(id: Option<&str>, project: &Project, request: &Request) -> Result<Description> {
    let programs = collect::build(project, &[], request.quiet)?.on_model(request.model.as_deref());
    let here = Ready::new(CHECKOUT, Source::Here { project: project.clone(), programs }, request)?;
    match id {
        None => here.greeting.workloads.first().cloned().context("the probe has no workload"),
        Some(id) => here.workload(id).cloned(),
    }
}

impl Side {
    /// One side, or the two sides of `--diff`.
    pub(super) fn of(
        arguments: &Profile,
        workload: &Description,
        project: &Project,
        request: &Request,
    ) -> Result<Vec<Self>> {
        let phases = &workload.phases;
        let is_here = |name: &String| name == CHECKOUT || phases.contains(name);
        let here = match &arguments.diff {
            Some(names) if !names.iter().all(is_here) => {
                // An unknown name is an error before anything is built.
                names
                    .iter()
                    .filter(|name| !is_here(name))
                    .try_for_each(|name| commit(name, phases, project).map(drop))?;
                Ready::tree(project, request)
            }
            _ => Ready::here(project, request),
        }?;
        let Some(names) = &arguments.diff else {
            return Ok(vec![Self { name: CHECKOUT.to_owned(), phase: None, ready: here }]);
        };
        let mut sides: Vec<Self> = Vec::new();
        for name in names {
            // If a phase has the same name as a branch, the phase is meant.
            let phase = phases.contains(name).then(|| name.clone());
            let ready = match phase.is_some() || name == CHECKOUT {
                true => Rc::clone(&here),
                false => Ready::revision(name, phases, project, request)?,
            };
            sides.push(Self { name: name.clone(), phase, ready });
        }
        if sides.iter().all(|side| side.phase.is_some()) && arguments.phase.is_some() {
            bail!("--phase has no effect if both sides of --diff are phases; leave it out");
        }
        Ok(sides)
    }

    /// Profiles the workload in the phase that names the side, or else in `phase`, or else in its last phase.
    pub(super) fn profile(&self, id: &str, phase: Option<&str>, view: View, request: &Request) -> Result<Seen> {
        let workload = self.ready.workload(id)?;
        let phase = self.phase.as_deref().or(phase).or(workload.phases.last().map(String::as_str));
        let phase = phase.context("the workload has no phase")?;
        if !workload.phases.iter().any(|one| one == phase) {
            let hint = suggestion(phase, workload.phases.iter().map(String::as_str));
            bail!("{id} has no phase `{phase}`; {hint}");
        }
        let Ready { source, greeting } = &*self.ready;
        Ok(source.measured().profile(greeting, Target { workload, phase }, view, request)?)
    }

    /// The machine and the revision.
    pub(super) fn environment(&self) -> Environment {
        self.ready.source.measured().environment(&self.ready.greeting)
    }
}

impl Ready {
    fn new(name: &str, source: Source, request: &Request) -> Result<Rc<Self>> {
        let greeting = source.measured().greet(request.time_limit);
        let greeting = greeting.with_context(|| format!("the probe of {name} does not answer"))?;
        Ok(Rc::new(Self { source, greeting }))
    }

    fn here(project: &Project, request: &Request) -> Result<Rc<Self>> {
        let programs = collect::build(project, &request.plan.instruments, request.quiet)?;
        let programs = programs.on_model(request.model.as_deref());
        Self::new(CHECKOUT, Source::Here { project: project.clone(), programs }, request)
    }

    fn tree(project: &Project, request: &Request) -> Result<Rc<Self>> {
        let repository = Repository::open(project)?;
        let programs = collect::needed(&project.config, &request.plan.instruments);
        let checkouts = Checkouts::new(project, &repository);
        let tree = checkouts.working_tree(project, &programs, output(request), &|message| notice(message))?;
        Self::new(CHECKOUT, Source::Tree { project: project.clone(), tree }, request)
    }

    fn revision(name: &str, phases: &[String], project: &Project, request: &Request) -> Result<Rc<Self>> {
        let (repository, commit) = commit(name, phases, project)?;
        if request.model.is_some() {
            bail!("--model goes with the programs of the checkout only; leave it out where a revision is named");
        }
        let checkout = Checkouts::new(project, &repository).checkout(
            &commit,
            |config| collect::needed(config, &request.plan.instruments),
            output(request),
            &|message| notice(message),
        )?;
        Self::new(name, Source::Revision(checkout), request)
    }

    fn workload(&self, id: &str) -> Result<&Description> {
        let all = &self.greeting.workloads;
        all.iter().find(|one| one.id == id).with_context(|| {
            format!("there is no workload `{id}`; {}", suggestion(id, all.iter().map(|one| one.id.as_str())))
        })
    }
}

/// Resolves a name that is no phase to a commit.
fn commit(name: &str, phases: &[String], project: &Project) -> Result<(Repository, Commit)> {
    let hint = || {
        let hint = suggestion(name, phases.iter().map(String::as_str));
        format!("`{name}` is no phase of the workload ({hint}), so it was taken for a revision")
    };
    let repository = Repository::open(project).with_context(hint)?;
    let commit = repository.resolve(name).with_context(hint)?;
    Ok((repository, commit))
}

fn output(request: &Request) -> CargoOutput {
    if request.quiet { CargoOutput::Nothing } else { CargoOutput::Progress }
}

impl Source {
    fn measured(&self) -> Measured<'_> {
        match self {
            Self::Here { project, programs } => Measured { project, programs, commit: None },
            Self::Tree { project, tree } => Measured { project, programs: &tree.programs, commit: None },
            Self::Revision(checkout) => {
                Measured { project: &checkout.project, programs: &checkout.programs, commit: Some(&checkout.commit.id) }
            }
        }
    }
}
