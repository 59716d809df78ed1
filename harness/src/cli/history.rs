//! `harness history`: a metric over the commits, and the commits that changed it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::collect::{self, Bar};
use harness::history::{self, Imported};
use harness::process;
use harness::project::Project;
use harness::terminal::{Status, exact, notice, problem, show};
use harness::vcs::Repository;
use harness_probe::Instrument;
use harness_record::choice::Choice;
use harness_record::history::{Dated, HistoryQuery, Reduced, Reducer, Timeline, keyed};
use harness_record::suggestion::suggestion;
use harness_record::{Commit, Part, Record, RunScope, atomic_file, metric};
use harness_report::charts;
use harness_report::render::Format;
use harness_report::render::chart::Chart;
use harness_report::tables::history as tables;

use super::options::{Selection, available, configured};
use super::readings;
use super::ready::Builder;
use crate::cli::call;

/// Shows a metric over the commits, and the commits that changed it
///
/// Counts come from committed baselines of one toolchain, and from commits that --measure counts afterwards. Times come
/// from the records of this machine. Because times of two records do not compare, each is shown as its ratio to the
/// anchor phase that was measured beside it. Change points are the steps of the step function that fits best.
#[derive(Args)]
pub(crate) struct History {
    /// Metric to show, such as instructions, total-bytes or time
    #[arg(long, value_name = "NAME", default_value = "instructions")]
    metric: String,
    /// First count these commits, both ends included, as in v1..HEAD; commits that this toolchain has counted are
    /// skipped
    #[arg(long, value_name = "REV..REV")]
    measure: Option<String>,
    /// Key of the baseline, as `cargo harness baseline list` shows it [default: that of the newest]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Show the imports of the newest import's tool and environment, or those of TOOL, in place of measured records
    #[arg(long, value_name = "TOOL", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with_all = ["measure", "key", "against"])]
    imports: Option<String>,
    /// Anchor phase that times are compared with [default: the first anchor of harness.toml]
    #[arg(long, value_name = "PHASE")]
    against: Option<String>,
    #[command(flatten)]
    selection: Selection,
    /// Write every reading of all records and baselines, of all metrics, as a table for engines that query: parquet=FILE.
    /// Needs a harness that was built with the feature `parquet`
    #[arg(long, value_name = "FORMAT=FILE", value_parser = readings::parse, conflicts_with_all = ["measure", "key", "against"])]
    export: Option<PathBuf>,
    /// Write no chart to reports/
    #[arg(long)]
    no_chart: bool,
    /// Output format; json and csv have every point
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl History {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        if let Some(file) = &self.export {
            return readings::export(file, &self.selection, project);
        }
        let Some(metric) = metric::by_name(&self.metric) else {
            let names = metric::all().iter().map(|metric| metric.name());
            bail!(
                "there is no metric `{}`; {}",
                self.metric,
                suggestion(&self.metric, names)
            );
        };
        let choice = Choice::new(&self.selection.filter, &[])?;
        let anchor = self
            .against
            .as_ref()
            .or(project.config.anchors.first())
            .map_or("", String::as_str);
        if self.measure.is_some() && !metric.portable() {
            bail!(
                "--measure takes counts only, and times of two commits compare only side by side: use `harness gate --base REV`"
            );
        }
        let anchor = self.imports.is_none().then_some(anchor);
        let reducer = Reducer::new(metric, anchor);
        let reduce = |record: &Record| reducer.reduce(record);
        let instruments = [metric.instrument()];
        let part = Part {
            instruments: &|workload, _| {
                let chosen = choice.workload(workload);
                chosen.then_some(&instruments)
            },
        };
        let dated_records = if let Some(tool) = &self.imports {
            imported(project, tool, (metric.portable(), &part), reduce)?
        } else if metric.portable() {
            let repository = Repository::open(project)?;
            if let Some(range) = &self.measure {
                self.count(range, project, &repository)?;
            }
            counted(project, &repository, self.key.as_deref(), reduce)?
        } else {
            let (dated_records, unread) = history::timed(
                Repository::open(project).ok().as_ref(),
                &project.records(),
                &part,
                reduce,
            );
            unread.iter().for_each(|message| problem(message));
            dated_records
        };
        let question = HistoryQuery {
            metric,
            choice: &choice,
            phases: &self.selection.phase,
            anchor,
        };
        let reduced: Vec<&Reduced> = dated_records.iter().map(|one| &one.record).collect();
        let series = reducer.series(&reduced, &question);
        if series.is_empty() {
            let hint = if self.imports.is_some() {
                "no import has it; its name is that in the table of `harness import`".to_owned()
            } else if metric.portable() {
                format!(
                    "commit a baseline (`{}`), or count commits with --measure REV..REV",
                    call("baseline save")
                )
            } else {
                format!(
                    "`{}` writes a record, and the workload must run in the phase and in the anchor",
                    call("run")
                )
            };
            bail!(
                "the history has no {} for this selection; {hint}",
                metric.title()
            );
        }
        if exact(self.format) {
            show(
                &[tables::points_table(&series, &dated_records, &question)],
                self.format,
            )?;
        } else {
            let mut trend = tables::trend_table(&series, &question);
            let jumps = tables::jumps_table(&series, &dated_records, &question);
            if jumps.rows.is_empty() {
                trend.notes.push("No change point.".to_owned());
                show(&[trend], self.format)?;
            } else {
                show(&[trend, jumps], self.format)?;
            }
        }
        if self.imports.is_some() && !metric.portable() {
            notice("times of separate runs: a step can be the machine as well as the code");
        }
        if !self.no_chart {
            let folder = project.reports().join("history");
            let name = metric.name();
            let chart = charts::history::chart(&series, &dated_records, &question);
            draw(chart, &folder.join(name))?;
            let panels = charts::history::panels(&series, &dated_records, &question);
            draw(panels, &folder.join(format!("{name}-by-workload")))?;
        }
        Ok(Status::Fine)
    }

    /// Counts the commits of the range, newest first, and writes one record for each.
    fn count(&self, range: &str, project: &Project, repository: &Repository) -> Result<()> {
        let Some((good, bad)) = range
            .split_once("..")
            .filter(|(good, bad)| !good.is_empty() && !bad.starts_with('.'))
        else {
            bail!("`{range}` is no range of revisions; write for example v1..HEAD");
        };
        let instruments = configured(project, Instrument::COUNTED.to_vec());
        let request = self
            .selection
            .request(project, available(instruments, true)?);
        let last = if bad.is_empty() { "HEAD" } else { bad };
        let (good, bad) = (repository.resolve(good)?, repository.resolve(last)?);
        let mut commits = repository.commits(&good, &bad)?;
        commits.insert(0, good);
        let choice = Choice::new(&request.plan.filters, &[])?;
        let builder = Builder::new(project, repository, request.quiet);
        let here = collect::here(project);
        for commit in commits.iter().rev() {
            let path = folder(project).join(format!("{}.json", commit.id));
            // Counts of another toolchain do not compare with those of this one.
            let before = Record::read(&path)
                .ok()
                .filter(|before| before.environment.same_toolchain_outside_sources(&here));
            if before
                .as_ref()
                .is_some_and(|before| answers(before, &request.asked(), &choice))
            {
                continue;
            }
            match count(&builder, commit, &request) {
                Ok(record) => merged(before, record).write(&path)?,
                Err(_) if process::stopped() => bail!("interrupted"),
                Err(error) => problem(&format!("{commit} is skipped: {error:#}")),
            }
        }
        Ok(())
    }
}

/// Writes a chart, if there is one, as SVG and as PNG.
fn draw(chart: Option<Chart>, path: &Path) -> Result<()> {
    let Some(chart) = chart else {
        return Ok(());
    };
    let write = |path: PathBuf, bytes: &[u8]| {
        atomic_file::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    let svg = path.with_extension("svg");
    write(svg.clone(), chart.to_svg().as_bytes())?;
    write(path.with_extension("png"), &chart.png()?)?;
    notice(&format!("wrote chart {}", svg.display()));
    Ok(())
}

/// Folder for the records of commits that were counted afterwards.
pub(super) fn folder(project: &Project) -> PathBuf {
    project.records().join("history")
}

fn count(builder: &Builder<'_>, commit: &Commit, request: &collect::Request) -> Result<Record> {
    let ready = builder
        .revision(commit, &request.plan.instruments)?
        .greet(request.time_limit)?;
    Ok(ready
        .measured()
        .answer(&ready.greeting, request, &Bar::new())?)
}

/// Returns true if the record has all requested counts of a commit, without a failure.
fn answers(before: &Record, requested: &RunScope, choice: &Choice) -> bool {
    let mut rows = before
        .rows
        .iter()
        .filter(|row| choice.workload(&row.workload));
    before.asked.iter().any(|one| one.covers(requested)) && rows.all(|row| row.failures.is_empty())
}

/// Adds earlier counts to new ones; new rows replace earlier ones.
fn merged(before: Option<Record>, mut now: Record) -> Record {
    let Some(before) = before else { return now };
    let rest: Vec<_> = before
        .rows
        .into_iter()
        .filter(|row| now.row(&row.workload, &row.phase).is_none())
        .collect();
    now.rows.extend(rest);
    now.asked.extend(
        before
            .asked
            .into_iter()
            .filter(|one| !now.asked.contains(one))
            .collect::<Vec<_>>(),
    );
    now
}

/// The imports that compare with the newest one.
fn imported(
    project: &Project,
    tool: &str,
    (portable, part): (bool, &Part<'_>),
    reduce: impl Fn(&Record) -> Reduced + Sync,
) -> Result<Vec<Dated<Reduced>>> {
    let folder = super::import::folder(project);
    let repository = Repository::open(project).ok();
    let tool = Some(tool).filter(|tool| !tool.is_empty());
    let Imported {
        dated_records,
        unread,
        elsewhere,
        undated,
    } = history::imported(repository.as_ref(), &folder, part, (tool, portable), reduce);
    unread.iter().for_each(|message| notice(message));
    let count = |number: usize| match number {
        1 => "1 import".to_owned(),
        several => format!("{several} imports"),
    };
    if undated > 0 {
        notice(&format!(
            "left out: {} without a time, which `{}` adds",
            count(undated),
            call("import --time TIME")
        ));
    }
    if elsewhere > 0 && dated_records.is_empty() {
        bail!(
            "the newest import describes neither its machine nor its toolchain, so it compares with nothing; import it again with `{}`",
            call("import --environment NAME")
        );
    }
    if elsewhere > 0 {
        notice(&format!(
            "left out: {} of another tool, machine or environment than the newest one",
            count(elsewhere)
        ));
    }
    if dated_records.is_empty() && elsewhere + undated == 0 {
        bail!(
            "there is no import in {}; `{}` makes one",
            folder.display(),
            call("import FILE")
        );
    }
    Ok(dated_records)
}

/// Counts of committed baselines, and of commits that were counted afterwards: what `keep` returns of each.
pub(super) fn counted<T: Send>(
    project: &Project,
    repository: &Repository,
    key: Option<&str>,
    keep: impl Fn(&Record) -> T + Sync,
) -> Result<Vec<Dated<T>>> {
    let (mut dated_records, mut unread) =
        history::counted(repository, Path::new(&project.config.baselines), &keep)?;
    let (afterwards, more) = history::measured(repository, &folder(project), &keep);
    dated_records.extend(afterwards);
    unread.extend(more);
    unread.iter().for_each(|message| problem(message));
    let mut keys: Vec<&str> = dated_records.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    if let Some(key) = key
        && !keys.contains(&key)
    {
        bail!(
            "the history has no baseline {key}; {}",
            suggestion(key, keys)
        );
    }
    let several = keys.len() > 1 && key.is_none();
    let Timeline {
        key,
        dated_records,
        otherwise,
        elsewhere,
    } = keyed(dated_records, key, &repository.states(None)?);
    if elsewhere > 0 {
        notice(&format!(
            "{elsewhere} counted commits are left out: they are not in the history of this branch"
        ));
    }
    if let (true, Some(key)) = (several, key) {
        notice(&format!(
            "counts of {key}; --key selects those of another toolchain"
        ));
    }
    if let [first, more @ ..] = &otherwise[..] {
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(" and {} more", more.len())
        };
        notice(&format!(
            "{first}{more} left out: counted by another toolchain only, and such counts do not compare; --measure counts again"
        ));
    }
    Ok(dated_records)
}
