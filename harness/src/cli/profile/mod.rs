//! `harness profile`: hot paths of a workload by time, instructions and allocations, of one phase or of two side by
//! side.

mod export;
pub(super) mod picture;
mod side;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use export::Export;
use harness::collect::{self, Bar, Plan, Progress, Request};
use harness::project::Project;
use harness::terminal::{Status, exact, notice, problem, show};
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::profile::{Kinds, Profile as Seen, Summary, View};
use harness_report::render::{Format, Table};
use harness_report::tables::{profile, profile_difference, system};
use side::Side;

use super::options::{ProbeOptions, available, configured, model};
use super::report::PROFILES;
use super::{file_name, writable};
use crate::cli::call;

/// Shows where a workload spends time, instructions and allocations, as tables and flame graphs
///
/// By time: the operations that the probe names, repeated for two and a half seconds. The overhead of recording them is
/// measured and shown. By instructions: functions, counted by callgrind, separately for each chain of callers. By
/// allocations: the call sites that allocate, found by dhat. The last two profile one run on one thread. Flame graphs
/// are written to `reports/profile/`, a summary of each profile for the report to `records/profiles/`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  harness profile parse/large --phase simple
  harness profile parse/large --by instructions
  harness profile parse/large --diff simple fast
  harness profile parse/large --diff main checkout")]
pub(crate) struct Profile {
    /// Workload to profile [default: the first one that `harness list` shows]
    workload: Option<String>,
    /// Phase of the workload [default: its last one]
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    /// Views, separated by commas [default: all that the workload is small enough for]
    #[arg(long, value_delimiter = ',', value_parser = view_parser())]
    by: Vec<View>,
    /// Compare B with A: each is a phase of the workload, a revision such as main or HEAD~3, or `checkout` for the
    /// current sources
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    diff: Option<Vec<String>>,
    /// Threads that compute in the view by time; the other views always use one [default: one for each CPU]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Profile the workloads of the checkpoint in this folder, as Hugging Face saves it
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Also write the profiles for another viewer: speedscope=FILE (JSON, both sides of --diff) or pprof=FILE (one side);
    /// may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = export::parse)]
    export: Vec<Export>,
    #[command(flatten)]
    probe: ProbeOptions,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Reads the name of a view, and lists all of them with their description in the help.
fn view_parser() -> impl TypedValueParser<Value = View> {
    let names = View::ALL.map(|view| PossibleValue::new(view.name()).help(view.description()));
    let by_name = |name: String| View::ALL.into_iter().find(|view| view.name() == name);
    PossibleValuesParser::new(names).try_map(move |name| by_name(name).ok_or("unknown view"))
}

impl Profile {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        writable(&project.reports().join("profile/flame.svg"))?;
        export::check(&self.export, self.diff.is_some())?;
        let views = self.views(project)?;
        let plan = Plan {
            anchors: project.config.anchors.clone(),
            ..Plan::default()
        };
        let mut request = Request {
            model: model(self.model.as_ref())?,
            ..self.probe.request(plan, self.threads)
        };
        let workload = side::workload(self.workload.as_deref(), project, &request)?;
        let views = self.affordable(views, &workload)?;
        // The views decide which programs have to be built.
        request.plan.instruments = views.iter().map(|view| view.instrument()).collect();
        let names = self.diff.as_deref().unwrap_or_default();
        if self.phase.is_some()
            && !names.is_empty()
            && names.iter().all(|name| workload.phases.contains(name))
        {
            bail!("--phase has no effect if both sides of --diff are phases; leave it out");
        }
        let sides = Side::of(names, &workload.phases, project, &request)?;

        let seen = self.profiles(&views, &sides, &workload.id, &request);
        let is_exact = exact(self.format);
        let kinds = Kinds::new(project.config.kinds.clone());
        let folder = project.reports().join("profile");
        let mut all: Vec<Table> = Vec::new();
        let mut drawn = Vec::new();
        for both in &seen {
            match both.as_slice() {
                [base, head] => {
                    let names = [sides[0].name.as_str(), sides[1].name.as_str()];
                    all.push(difference(names, base, head, is_exact));
                    drawn.extend(draw_difference(&folder, names, base, head)?);
                }
                [one] => {
                    store(one, &sides[0], project)?;
                    all.extend(profile::tables(one, &kinds, is_exact));
                    drawn.extend(picture::draw(&folder, one, &kinds)?);
                }
                _ => {}
            }
        }
        if !seen.is_empty() {
            let last: Vec<Seen> = seen
                .iter()
                .filter_map(|both| both.last().cloned())
                .collect();
            all.push(system::system(&sides[sides.len() - 1].environment(), &last));
        }
        show(&all, self.format)?;
        if !seen.is_empty() {
            export::write(&self.export, &seen, &sides)?;
        }
        drawn
            .iter()
            .for_each(|path| notice(&format!("drew {}", path.display())));
        Ok(if seen.len() < views.len() || seen.is_empty() {
            Status::Unjudged
        } else {
            Status::Fine
        })
    }

    /// Profiles every side in every view. A view that fails on one side is left out, with a notice.
    fn profiles(
        &self,
        views: &[View],
        sides: &[Side],
        workload: &str,
        request: &Request,
    ) -> Vec<Vec<Seen>> {
        let progress = Bar::new();
        progress.begin(views.len() * sides.len());
        let mut seen = Vec::new();
        for &view in views {
            // Both sides of a view in a row, so that conditions differ little.
            let mut both = Vec::new();
            for side in sides {
                progress.step(&format!("{} by {}", side.name, view.name()));
                match side.profile(workload, self.phase.as_deref(), view, request) {
                    Ok(profile) => both.push(profile),
                    Err(error) => problem(&format!(
                        "{} cannot be shown by {}: {error:#}",
                        side.name,
                        view.name()
                    )),
                }
                progress.advance(1, 0.0);
            }
            seen.extend((both.len() == sides.len()).then_some(both));
        }
        progress.end();
        seen
    }

    /// The chosen views. If none is named, a view without its tool is left out; if it is named, that is an error.
    fn views(&self, project: &Project) -> Result<Vec<View>> {
        let explicit = !self.by.is_empty();
        let mut views = if explicit {
            self.by.clone()
        } else {
            View::ALL.to_vec()
        };
        views.sort();
        views.dedup();
        let mut instruments: Vec<Instrument> = views.iter().map(|view| view.instrument()).collect();
        if !explicit {
            instruments = configured(project, instruments);
        }
        let instruments = available(instruments, explicit)?;
        views.retain(|view| instruments.contains(&view.instrument()));
        Ok(views)
    }

    /// The views by instruments that the workload is measured with. Named views are always tried, so that their errors are
    /// reported.
    fn affordable(&self, views: Vec<View>, workload: &Description) -> Result<Vec<View>> {
        if !self.by.is_empty() {
            return Ok(views);
        }
        let (small, large): (Vec<View>, Vec<View>) = views
            .into_iter()
            .partition(|view| workload.instruments.contains(&view.instrument()));
        for view in large {
            notice(&format!(
                "{} is not measured with {}, so it has no profile by {}; `{}` shows which workloads are",
                workload.id,
                view.instrument().name(),
                view.name(),
                call("list")
            ));
        }
        if small.is_empty() {
            bail!(
                "{} is measured with none of clock, callgrind and dhat, so there is nothing to profile",
                workload.id
            );
        }
        Ok(small)
    }
}

/// Stores a summary of a profile of the checkout, which the report reads.
fn store(profile: &Seen, side: &Side, project: &Project) -> Result<()> {
    let created = collect::now();
    let Some(summary) = Summary::of(profile, created, side.environment()) else {
        return Ok(());
    };
    let parts = [&profile.workload, &profile.phase, profile.view.name()];
    let name = parts.map(file_name).join(".");
    let folder = project.records().join(PROFILES);
    Ok(summary.write(&folder.join(format!("{name}.json")))?)
}

/// Number of names in a table of differences for people.
const MOST: usize = 20;

/// Table of the names whose cost differs between the two sides.
fn difference([a, b]: [&str; 2], base: &Seen, head: &Seen, exact: bool) -> Table {
    let view = base.view;
    let place = if base.phase == head.phase {
        head.place()
    } else {
        head.workload.clone()
    };
    let title = format!("Differences by {} in {place}: {a} -> {b}", view.name());
    profile_difference::difference_table(title, view, base.seen(), head.seen(), MOST, exact)
}

fn draw_difference(
    folder: &Path,
    names: [&str; 2],
    base: &Seen,
    head: &Seen,
) -> Result<Option<PathBuf>> {
    let (workload, view, [a, b]) = (&head.workload, head.view.name(), names);
    let path = folder.join(picture::name(&[workload, &format!("{a}-to-{b}"), view]));
    picture::draw_difference(
        path,
        &format!("{workload} by {view}: {a} -> {b}"),
        names,
        [base, head],
    )
}
