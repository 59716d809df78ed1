//! `harness triage`: the changes of performance since a revision, with their decisions; and a new decision.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use harness::project::Project;
use harness::terminal::{Status, exact, notice, problem, show};
use harness::triage::{Found, changes};
use harness::vcs::Repository;
use harness_judge::triage::{Entry, Observed, triage};
use harness_record::Commit;
use harness_record::roadmap::{Decision, Roadmap, Subject};
use harness_report::render::{Format, Table};
use harness_report::tables::triage as tables;
use jiff::{Span, tz::TimeZone};

use super::gate::today;
use super::report::read_roadmap;
use crate::cli::{call, lock_baselines};

/// Days that a triage goes back if the roadmap has no decision.
const DAYS: i64 = 30;

/// True for an observation of the period.
type Start = Box<dyn Fn(&Observed) -> bool>;

/// Lists regressions and improvements since a revision, with their causes and decisions
///
/// Changes come from the stored counts in git, from gates against a revision, and from accepted regressions. A
/// regression is decided by a line of `accepted.csv`, or by an entry of the decision log in `roadmap.toml`; one without
/// a decision comes back, however old it is. An improvement needs none.
#[derive(Args)]
#[command(after_help = "\
Examples:
  harness triage --since v1.2 --format markdown
  harness triage --undecided
  harness triage --decide 0123456789 parse/large instructions --reason 'exact for large inputs'")]
pub(crate) struct Triage {
    /// Revision to begin after [default: the day of the last decision, or 30 days ago]
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// List only regressions without a decision
    #[arg(long)]
    undecided: bool,
    /// Add a decision to the roadmap: on a commit, on a workload of it, on one metric of that, or on a phase or its
    /// target
    #[arg(long, value_names = ["SUBJECT", "WORKLOAD", "METRIC"], num_args = 1..=3, requires = "reason", conflicts_with_all = ["since", "undecided"])]
    decide: Vec<String>,
    /// The decision with its reason, on one line
    #[arg(long, value_name = "TEXT", requires = "decide")]
    reason: Option<String>,
    /// The role that decides
    #[arg(long, value_name = "ROLE", requires = "decide", default_value = "")]
    by: String,
    /// Output format; json and csv have every figure
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Triage {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let repository = Repository::open(project)?;
        let roadmap = read_roadmap(project)?;
        if let Some(reason) = &self.reason {
            let Some(roadmap) = roadmap else {
                bail!(
                    "there is no {} to add a decision to",
                    path(project).display()
                );
            };
            return self.add(reason, &roadmap, project, &repository);
        }
        let log = roadmap.map(|roadmap| roadmap.decisions).unwrap_or_default();
        let (is_new, start) = self.start(&log, &repository)?;
        let found = read(project, &repository)?;
        let mut entries = triage(&found.observed, &log, is_new);
        if self.undecided {
            entries.retain(|entry| entry.undecided() > 0);
        }
        show(&self.tables(&entries, &start), self.format)?;
        Ok(Status::Fine)
    }

    /// The test for changes of the period, and a description of its start.
    fn start(&self, log: &[Decision], repository: &Repository) -> Result<(Start, String)> {
        if let Some(revision) = &self.since {
            let (commit, head) = (repository.resolve(revision)?, repository.resolve("HEAD")?);
            let ids = |commits: Vec<Commit>| commits.into_iter().map(|commit| commit.id).collect();
            let later: HashSet<String> = ids(repository.commits(&commit, &head)?);
            let line: HashSet<String> = ids(repository.states(None)?);
            let description = format!("after {commit}");
            // A gate may have judged a commit of a merged branch, which is not on the line of the branch.
            let is_new = move |one: &Observed| {
                later.contains(&one.commit.id)
                    || (!line.contains(&one.commit.id) && one.date > commit.date)
            };
            return Ok((Box::new(is_new), description));
        }
        let last = log.iter().map(|decision| decision.date).max();
        let day = match last {
            Some(day) => day,
            None => today().saturating_sub(Span::new().days(DAYS)),
        };
        let why = if last.is_some() {
            ", the day of the last decision"
        } else {
            ""
        };
        let is_new = move |one: &Observed| one.date.to_zoned(TimeZone::UTC).date() >= day;
        Ok((Box::new(is_new), format!("since {day}{why}")))
    }

    fn tables(&self, entries: &[Entry], start: &str) -> Vec<Table> {
        if exact(self.format) {
            return vec![tables::figures(entries)];
        }
        let mut shown = tables::summary(entries);
        let undecided = entries.iter().filter(|entry| entry.undecided() > 0).count();
        let last = match shown.last_mut() {
            Some(last) => last,
            None => {
                let what = if self.undecided {
                    "No undecided regression"
                } else {
                    "No change"
                };
                return vec![Table::new(format!("{what} {start}"), Vec::new())];
            }
        };
        last.notes.push(format!(
            "Changes {start}, and older regressions without a decision."
        ));
        if undecided > 0 {
            last.notes.push(format!(
                "To decide: {}",
                call("triage --decide COMMIT [WORKLOAD [METRIC]] --reason TEXT")
            ));
        }
        shown
    }

    /// Adds a decision to the roadmap.
    fn add(
        &self,
        reason: &str,
        roadmap: &Roadmap,
        project: &Project,
        repository: &Repository,
    ) -> Result<Status> {
        let parsed = Subject::parse(&self.decide.join(" "), &roadmap.phases);
        let mut subject = parsed.map_err(|what| anyhow::anyhow!("--decide: {what}"))?;
        if let Subject::Change { commit, .. } = &mut subject {
            let known = repository.resolve(commit)?;
            *commit = known.short().to_owned();
            let found = read(project, repository)?;
            let mut all = found
                .observed
                .iter()
                .flat_map(|one| one.changes.iter().map(move |change| (one, change)));
            if !all.any(|(one, change)| {
                subject.covers(&one.commit.id, &change.workload, change.metric)
            }) {
                bail!(
                    "no change is known of {subject}; `{}` lists the changes",
                    call("triage")
                );
            }
        }
        let decision = Decision {
            date: today(),
            subject,
            decision: reason.trim().to_owned(),
            by: self.by.clone(),
        };
        let path = path(project);
        let _lock = lock_baselines(project)?;
        Roadmap::decide(&path, &decision)?;
        notice(&format!(
            "added the decision about {} to {}; commit it, for the reviewer to see",
            decision.subject,
            path.display()
        ));
        Ok(Status::Fine)
    }
}

/// Reads the changes, with a notice on each file that is left out.
fn read(project: &Project, repository: &Repository) -> Result<Found> {
    let found = changes(project, repository)?;
    found.left_out.iter().for_each(|message| problem(message));
    Ok(found)
}

fn path(project: &Project) -> PathBuf {
    project.baselines().join("roadmap.toml")
}
