//! A small static site over all records of one machine and the counts of the baselines in git: trends, regressions and a
//! feed, for any static host.
//!
//! [`Site::read`] reduces records to figures, [`write()`] renders the pages from them. The pages work without scripts and
//! have relative links only.

mod changes;
mod feed;
mod index;
mod line;
mod measure;
mod page_names;
mod picture;
mod recorded;
mod reduced;
mod regressions;
mod template;
mod workload;
mod write;

use std::collections::HashMap;
use std::path::PathBuf;

use harness_record::Commit;
use harness_record::choice::Choice;
use harness_record::distinct::distinct;
use harness_record::history::{DatedRecord, HistoryQuery, Series, series};
use jiff::Timestamp;
use rayon::prelude::*;

pub use changes::Change;
pub use measure::{Measure, Scale};
pub use write::{files, write};

/// Everything that the pages are drawn from.
#[derive(Debug, Clone)]
pub struct Site {
    /// Name of the project, for titles.
    pub project: String,
    /// Text that no other site has and that stays the same; the identifiers of the feed are made from it.
    pub identity: String,
    /// The anchor phase of ratios of times.
    pub anchor: String,
    /// The machine of the records; none without records.
    pub machine: Option<String>,
    /// The records of this machine, oldest first.
    pub records: Vec<Moment>,
    /// The states of the baselines of one toolchain, oldest first.
    pub baselines: Vec<Moment>,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// Notes on data that was left out.
    pub notes: Vec<String>,
}

/// A record, or a state of the baselines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Start of the measurement, or date of the commit.
    pub date: Timestamp,
    /// Name of the file of a record.
    pub record: Option<String>,
    /// The complete id of the commit; none if it is unknown.
    pub revision: Option<String>,
    /// The first line of the message of the commit; none if it is unknown.
    pub subject: Option<String>,
    /// True if the checkout had uncommitted changes.
    pub dirty: bool,
}

/// A workload with its trends.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// The id.
    pub id: String,
    /// One line on the workload, for readers.
    pub about: Option<String>,
    /// The unit of work, such as `call`.
    pub unit: String,
    /// The trends, in the order of measures and phases; those of records first.
    pub trends: Vec<Trend>,
}

/// Values of one measure of a workload in one phase, over records or over states of the baselines.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// The measure.
    pub measure: Measure,
    /// The origin of the values.
    pub origin: Origin,
    /// The values with their change points. A point counts the moments of the origin. Absolute times have no change points,
    /// because the machine causes steps, too.
    pub series: Series,
}

/// The origin of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Records of this machine.
    Records,
    /// Baselines in git.
    Baselines,
}

/// The sources of a site.
#[derive(Debug)]
pub struct Sources<'a> {
    /// Name of the project.
    pub project: String,
    /// Files of records. Files that are not records are noted and left out.
    pub records: Vec<PathBuf>,
    /// The anchor phase of ratios of times.
    pub anchor: &'a str,
    /// States of the baselines of one toolchain, oldest first.
    pub baselines: &'a [DatedRecord],
    /// Commits of the branch, oldest first; they have the subjects of the revisions of records.
    pub commits: &'a [Commit],
}

impl Site {
    /// Reads the records in parallel, keeps their figures only, and adds the counts of the baselines.
    pub fn read(sources: Sources<'_>) -> Self {
        let subjects: HashMap<&str, &str> = sources
            .commits
            .iter()
            .map(|commit| (commit.id.as_str(), commit.subject.as_str()))
            .collect();
        let mut recorded = recorded::read(&sources.records, sources.anchor);
        for moment in &mut recorded.moments {
            let subject = moment.revision.as_deref().and_then(|id| subjects.get(id));
            moment.subject = subject.map(|&subject| subject.to_owned());
        }
        let mut workloads = recorded.workloads;
        add_baselines(&mut workloads, sources.baselines);
        let first = sources.commits.first().map(|commit| commit.id.as_str());
        Self {
            identity: format!(
                "{} {}",
                first.unwrap_or(&sources.project),
                recorded.machine.as_deref().unwrap_or_default()
            ),
            project: sources.project,
            anchor: sources.anchor.to_owned(),
            machine: recorded.machine,
            records: recorded.moments,
            baselines: sources.baselines.iter().map(of_commit).collect(),
            workloads,
            notes: recorded.notes,
        }
    }

    /// The moments that the points of a trend count.
    pub fn moments(&self, origin: Origin) -> &[Moment] {
        match origin {
            Origin::Records => &self.records,
            Origin::Baselines => &self.baselines,
        }
    }

    /// The date of the newest moment; none without data.
    pub fn updated(&self) -> Option<Timestamp> {
        let newest = |moments: &[Moment]| moments.last().map(|moment| moment.date);
        newest(&self.records).max(newest(&self.baselines))
    }
}

/// Adds the trends of the counts in baselines to the workloads, and the workloads that only baselines have.
fn add_baselines(workloads: &mut Vec<Workload>, baselines: &[DatedRecord]) {
    let Some(newest) = baselines.last().map(|state| &state.record) else {
        return;
    };
    let phases: Vec<String> = newest.phases().into_iter().map(str::to_owned).collect();
    let counts = Measure::all().into_iter().filter(Measure::is_count);
    let counts: Vec<Measure> = counts.collect();
    let trends: Vec<Vec<Trend>> = counts
        .into_par_iter()
        .map(|measure| {
            let query = HistoryQuery {
                metric: measure.metric,
                choice: &Choice::default(),
                phases: &phases,
                anchor: Some(""),
            };
            let trend = |series| Trend {
                measure,
                origin: Origin::Baselines,
                series,
            };
            series(baselines, &query).into_iter().map(trend).collect()
        })
        .collect();
    for trend in trends.into_iter().flatten() {
        let id = &trend.series.workload;
        let place = match workloads.iter().position(|workload| workload.id == *id) {
            Some(place) => place,
            None => {
                let row = newest.rows.iter().find(|row| row.workload == *id);
                workloads.push(Workload {
                    id: id.clone(),
                    about: None,
                    unit: row.map_or_else(String::new, |row| row.unit.name.clone()),
                    trends: Vec::new(),
                });
                workloads.len() - 1
            }
        };
        workloads[place].trends.push(trend);
    }
}

fn of_commit(state: &DatedRecord) -> Moment {
    let commit = state.commit.as_ref();
    Moment {
        date: state.date,
        record: None,
        revision: commit.map(|commit| commit.id.clone()),
        subject: commit.map(|commit| commit.subject.clone()),
        dirty: false,
    }
}

impl Moment {
    /// The start of the commit's id for readers; `-dirty` marks uncommitted changes.
    pub fn short(&self) -> Option<String> {
        let id = self.revision.as_deref()?;
        let mark = if self.dirty { "-dirty" } else { "" };
        Some(format!("{}{mark}", id.get(..10).unwrap_or(id)))
    }

    /// The commit for readers, such as `0123456789 Count twice`; the name of the record without one.
    pub fn place(&self) -> String {
        let short = self.short();
        let parts = [short.as_deref(), self.subject.as_deref()];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            self.record.clone().unwrap_or_else(|| "unknown".to_owned())
        } else {
            text
        }
    }

    /// The day of the date.
    pub fn day(&self) -> String {
        self.date.strftime("%Y-%m-%d").to_string()
    }
}

impl Workload {
    /// The phases of the workload, in the order of its trends.
    pub fn phases(&self) -> Vec<&str> {
        distinct(self.trends.iter().map(|trend| trend.series.phase.as_str()))
    }
}
