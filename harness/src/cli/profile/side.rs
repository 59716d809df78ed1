//! What is looked into: a phase of the checkout's programs, or of a revision's.

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

/// The name of the sources as they are here.
const CHECKOUT: &str = "checkout";

/// A side that is ready to be looked into.
pub(super) struct Side {
    /// What it was called.
    pub(super) name: String,
    /// The phase, where it was called by one.
    phase: Option<String>,
    ready: Rc<Ready>,
}

/// Programs that were built, and what their probe says of itself.
struct Ready {
    source: Source,
    greeting: Greeting,
}

enum Source {
    /// The checkout, built where its user builds it.
    Here {
        project: Project,
        programs: Programs,
    },
    /// The checkout, built as a revision is, to be held against one.
    Tree {
        project: Project,
        tree: WorkingTree,
    },
    Revision(Checkout),
}

/// The workload of that id in the checkout; the first one where none is named. Only its probe is built for that.
pub(super) fn workload(id: Option<&str>, project: &Project, request: &Request) -> Result<Description> {
    let programs = collect::build(project, &[], request.quiet)?.on_model(request.model.as_deref());
    let here = Ready::new(CHECKOUT, Source::Here { project: project.clone(), programs }, request)?;
    match id {
        None => here.greeting.workloads.first().cloned().context("the probe has no workload"),
        Some(id) => here.workload(id).cloned(),
    }
}

impl Side {
    /// One side, or two to be held against each other.
    pub(super) fn of(
        asked: &Profile,
        workload: &Description,
        project: &Project,
        request: &Request,
    ) -> Result<Vec<Self>> {
        let phases = &workload.phases;
        let is_here = |name: &String| name == CHECKOUT || phases.contains(name);
        let here = match &asked.diff {
            Some(names) if !names.iter().all(is_here) => {
                // A name that means nothing is refused before anything is built.
                names
                    .iter()
                    .filter(|name| !is_here(name))
                    .try_for_each(|name| commit(name, phases, project).map(drop))?;
                Ready::tree(project, request)
            }
            _ => Ready::here(project, request),
        }?;
        let Some(names) = &asked.diff else {
            return Ok(vec![Self { name: CHECKOUT.to_owned(), phase: None, ready: here }]);
        };
        let mut sides: Vec<Self> = Vec::new();
        for name in names {
            // A phase may be called as a branch is: it is what is meant more often.
            let phase = phases.contains(name).then(|| name.clone());
            let ready = match phase.is_some() || name == CHECKOUT {
                true => Rc::clone(&here),
                false => Ready::revision(name, phases, project, request)?,
            };
            sides.push(Self { name: name.clone(), phase, ready });
        }
        if sides.iter().all(|side| side.phase.is_some()) && asked.phase.is_some() {
            bail!("--phase says nothing where both sides of --diff are phases; leave it out");
        }
        Ok(sides)
    }

    /// Looks into the workload, in the phase that the side was called by, or else `phase`, or else its last one.
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
        let tree = checkouts.working_tree(project, &programs, output(request), &|told| notice(told))?;
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
            &|told| notice(told),
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

/// The commit that a name means which is no phase.
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
