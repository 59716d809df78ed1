//! `harness report`: draws records as a page, a summary, a table of exact values and charts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use harness::project::Project;
use harness::terminal::{Status, notice, problem};
use harness::vcs::Repository;
use harness_record::history::DatedRecord;
use harness_record::json_files::run_files;
use harness_record::profile::summaries;
use harness_record::roadmap::{MACHINE_LIMITS, MachineLimits, Roadmap};
use harness_record::{Commit, Part, Record};
use harness_report::export::Results;
use harness_report::site::{self, Site, Sources};
use harness_report::{Commands, Past, ReportData, ReportError};

use super::exports::Exports;
use super::{compared, history};
use crate::cli::call;

/// Folder for summaries of profiles, in the folder of records.
pub(super) const PROFILES: &str = "profiles";

/// Draws records as a page, a summary, the roadmap, a table of exact values, and charts
///
/// Without --record, the readings of each instrument and workload come from the newest record of this machine that has
/// them. Complete records come before those of runs with --quick or --phase. Every table and chart names its record.
#[derive(Args)]
pub(crate) struct Report {
    /// Record to draw; may be given several times: readings come from the first record that has them [default: all in
    /// records/]
    #[arg(long, value_name = "FILE")]
    record: Vec<PathBuf>,
    /// Folder to write to [default: reports/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Also write every chart as PNG
    #[arg(long)]
    png: bool,
    /// Instead write a static site to this folder: trends over all records of this machine and over the baselines in git,
    /// a list of regressions and a feed. Other files in the folder stay
    #[arg(long, value_name = "DIR", conflicts_with_all = ["record", "out", "png", "exports"])]
    site: Option<PathBuf>,
    #[command(flatten)]
    exports: Exports,
}

impl Report {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        if let Some(folder) = &self.site {
            return write_site(project, folder);
        }
        self.exports.check()?;
        let roadmap = read_roadmap(project)?;
        let report_data = match self.record.as_slice() {
            [] => gathered(project, None, roadmap)?,
            named => Some(of(project, named, roadmap)?),
        };
        let Some(report_data) = report_data else {
            bail!(
                "there is no record in {} yet; measure one with `{}`",
                project.records().display(),
                call("run")
            );
        };
        if report_data.record.rows.is_empty() {
            bail!(
                "{} holds no measurement, so there is nothing to draw",
                report_data.sources[0].name
            );
        }
        let folder = self.out.unwrap_or_else(|| project.reports());
        let written =
            harness_report::write(&report_data, &folder, self.png).map_err(
                |error| match error {
                    ReportError::Write { .. } => {
                        anyhow!("{error}; choose another folder with --out")
                    }
                    other => other.into(),
                },
            )?;
        let anchors = &project.config.anchors;
        let results = Results::of_record("report", &report_data.record, anchors);
        self.exports.write_of(project, results)?;
        report_data.notes.iter().for_each(|note| notice(note));
        let records: Vec<&str> = report_data
            .sources
            .iter()
            .map(|source| source.name.as_str())
            .collect();
        notice(&format!(
            "drew {} as {} files; open {}",
            records.join(", "),
            written.files.len(),
            written.index.display()
        ));
        Ok(Status::Fine)
    }
}

/// Writes the static site of the project.
fn write_site(project: &Project, folder: &Path) -> Result<Status> {
    let (baselines, commits) = from_git(project).unwrap_or_else(|error| {
        problem(&format!("the site has no counts of baselines: {error:#}"));
        (Vec::new(), Vec::new())
    });
    let site = Site::read(Sources {
        project: project.name(),
        records: run_files(&project.records()),
        anchor: project.config.anchors.first().map_or("", String::as_str),
        baselines: &baselines,
        commits: &commits,
    });
    site.notes.iter().for_each(|note| notice(note));
    if site.workloads.is_empty() {
        bail!(
            "there is no record in {} and no baseline in git yet; measure with `{}`",
            project.records().display(),
            call("run")
        );
    }
    let written = site::write(&site, folder).map_err(|error| match error {
        ReportError::Write { .. } => anyhow!("{error}; choose another folder with --site"),
        other => other.into(),
    })?;
    notice(&format!(
        "wrote {} files; open {}",
        written.len(),
        folder.join("index.html").display()
    ));
    Ok(Status::Fine)
}

/// The states of the baselines on the branch, and the commits of the branch.
fn from_git(project: &Project) -> Result<(Vec<DatedRecord>, Vec<Commit>)> {
    let repository = Repository::open(project)?;
    let baselines = history::counted(project, &repository, None, Record::clone)?;
    Ok((baselines, repository.states(None)?))
}

/// The roadmap of the project, if it has one.
pub(super) fn read_roadmap(project: &Project) -> Result<Option<Roadmap>> {
    Ok(Roadmap::read(&project.baselines().join("roadmap.toml"))?)
}

/// Readings of the records of the project, with `first` before all others.
pub(super) fn gathered(
    project: &Project,
    first: Option<(&Path, &Record)>,
    roadmap: Option<Roadmap>,
) -> Result<Option<ReportData>> {
    let main = roadmap.as_ref().map(|roadmap| roadmap.workload.clone());
    let report_data = harness_report::gather(
        &project.records(),
        first,
        main.as_deref(),
        &project.config.anchors,
        commands(project),
    )?;
    let Some(report_data) = report_data else {
        return Ok(None);
    };
    Ok(Some(ReportData {
        past: past(project, &report_data.record, roadmap.as_ref()),
        ..planned(project, report_data, roadmap)?
    }))
}

/// The data of a report with the roadmap, and the profiles and limits that its section shows.
fn planned(
    project: &Project,
    mut report_data: ReportData,
    roadmap: Option<Roadmap>,
) -> Result<ReportData> {
    if let Some(roadmap) = &roadmap {
        let records = project.records();
        let (profiles, unread) = summaries(
            &records.join(PROFILES),
            &roadmap.workload,
            &report_data.record.environment,
        );
        report_data.profiles = profiles;
        report_data.notes.extend(unread);
        report_data.limits = MachineLimits::read(&records.join(MACHINE_LIMITS))?;
    }
    Ok(ReportData {
        roadmap,
        ..report_data
    })
}

/// The records of this machine and the baselines in git: of rows of the roadmap's workload, and of every workload in an anchor
/// and in its last phase.
fn past(project: &Project, now: &Record, roadmap: Option<&Roadmap>) -> Past {
    let repository = Repository::open(project).ok();
    let rows = now.rows.iter();
    // The last row of a workload replaces those before it.
    let last: HashMap<&str, &str> = rows
        .map(|row| (row.workload.as_str(), row.phase.as_str()))
        .collect();
    let anchors = &project.config.anchors;
    let workload = roadmap.map(|roadmap| roadmap.workload.as_str());
    let is_shown = |name: &str, phase: &str| {
        workload == Some(name)
            || anchors.iter().any(|anchor| anchor == phase)
            || last.get(name) == Some(&phase)
    };
    let mut past = Past::new(anchors.first().map(String::as_str), workload);
    let part = Part {
        instruments: &|workload, phase| {
            is_shown(workload, phase).then(|| past.instruments(workload))
        },
    };
    // Files that cannot be read are named where the report takes its readings.
    let keep = |record: &Record| past.keep(record);
    let records = project.records();
    let (mut states, _) = harness::history::timed(repository.as_ref(), &records, &part, keep);
    if let Some(repository) = &repository {
        let baselines = Path::new(&project.config.baselines);
        let counted = harness::history::counted(repository, baselines, |record| {
            let mut rows = record.rows.iter();
            if rows.all(|row| is_shown(&row.workload, &row.phase)) {
                return past.keep(record);
            }
            let mut record = record.clone();
            record
                .rows
                .retain(|row| is_shown(&row.workload, &row.phase));
            past.keep(&record)
        });
        let counted = counted.into_iter().flat_map(|(counted, _)| counted);
        states.extend(counted.map(|(_, state)| state));
    }
    past.states = states;
    past.sort();
    past
}

/// Readings of the named records only.
fn of(project: &Project, named: &[PathBuf], roadmap: Option<Roadmap>) -> Result<ReportData> {
    let read = |path: &PathBuf| {
        let path = compared::record_file(path, project)?;
        Ok((path.display().to_string(), Record::read(&path)?))
    };
    let mut records = named
        .iter()
        .map(read)
        .collect::<Result<Vec<_>>>()?
        .into_iter();
    let (name, record) = records.next().expect("one is named");
    let mut report_data =
        ReportData::new(&name, record, &project.config.anchors, commands(project));
    for (name, record) in records {
        report_data.add(&name, record);
    }
    planned(project, report_data, roadmap)
}

fn commands(project: &Project) -> Commands {
    let on_demand = &project.config.on_demand;
    let command = |glob: &Option<String>| match glob {
        Some(glob) => call(&format!("run --filter '{glob}'")),
        None => String::new(),
    };
    Commands {
        ablation: command(&on_demand.ablation),
        growth: command(&on_demand.growth),
        matrix: command(&on_demand.matrix),
    }
}
