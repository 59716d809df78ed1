//! Reads the limits and acceptances of a gate, before minutes are spent on measuring.

use std::path::Path;

use anyhow::{Context, Result};
use harness::project::Project;
use harness::terminal::notice;
use harness::vcs::Repository;
use harness_judge::acceptance::Ledger;
use harness_judge::compare::{RecordView, compare};
use harness_judge::counts::{CountsVerdict, judge};
use harness_judge::policy::Policy;
use harness_probe::protocol::Description;
use harness_record::acceptance::{self, Acceptances};
use harness_record::baseline::Store;
use harness_record::distinct::distinct;
use harness_record::limits::{DEFAULT_FILE, FILE, Limits};
use harness_record::session::Accepted;
use harness_record::{Commit, Record};

use crate::cli::call;

/// Reads and checks the limits of the base; returns their text. Without a file, that is the text of the built-in ones.
pub(super) fn limits(base: &Project) -> Result<String> {
    let text = Limits::text_in(&base.baselines()).context("in the base")?;
    Ok(text.unwrap_or_else(|| {
        let path = base.config.baselines.join(FILE);
        notice(&format!(
            "the base has no {}, so the built-in limits apply",
            path.display()
        ));
        DEFAULT_FILE.to_owned()
    }))
}

/// The text of the base's limits, if they have a budget of time.
pub(super) fn time_budgets(base: &Project) -> Result<Option<String>> {
    let text = Limits::text_in(&base.baselines()).context("in the base")?;
    let parsed = |text: &String| Limits::parse(text, Path::new(FILE));
    let limits = text.as_ref().map(parsed).transpose()?;
    Ok(text.filter(|_| limits.is_some_and(|limits| limits.has_time_budget())))
}

/// Reads and checks the acceptances of both sides, and those at the last commit of the base that changed anything
/// outside the folder of baselines.
pub(super) fn accepted(
    base: &Project,
    commit: &Commit,
    head: &Project,
    repository: &Repository,
) -> Result<Accepted> {
    let text = |side: &Project| -> Result<String> {
        let text = acceptance::text(&side.baselines())?;
        Acceptances::parse(&text, &side.baselines().join(acceptance::FILE))?;
        Ok(text)
    };
    let folder = Path::new(&base.config.baselines);
    let earlier = match repository.last_change_outside(commit, folder)? {
        Some(commit) => repository
            .file(&commit, &folder.join(acceptance::FILE))?
            .unwrap_or_default(),
        None => String::new(),
    };
    // An earlier file that cannot be parsed any more is ignored.
    let earlier = Some(earlier)
        .filter(|text| Acceptances::parse(text, &folder.join(acceptance::FILE)).is_ok());
    Ok(Accepted {
        base: text(base)?,
        earlier,
        head: text(head)?,
        ..Accepted::default()
    })
}

/// Changes that the head makes to the rules and the stored counts.
pub(super) fn amended(base: &Project, head: &Project) -> Vec<String> {
    policy(base).changes(&policy(head))
}

/// Reads the rules of a project. A file that cannot be read is its error message.
fn policy(project: &Project) -> Policy {
    let folder = project.baselines();
    let store = Store::new(&folder);
    let baseline = |key: String| {
        let record = store.read(&key).map(|baseline| baseline.record);
        (key, record.map_err(|error| error.to_string()))
    };
    let keys = store.keys().unwrap_or_default();
    Policy {
        limits: Limits::in_folder(&folder).map_err(|error| error.to_string()),
        acceptances: Acceptances::read(&folder).map_err(|error| error.to_string()),
        baselines: keys.into_iter().map(baseline).collect(),
        timed: project.config.timed.clone(),
    }
}

/// Every workload and phase of either side.
pub(super) fn known(sides: [&[Description]; 2]) -> Vec<(String, String)> {
    let named = |one: &Description| {
        one.phases
            .iter()
            .map(|phase| (one.id.clone(), phase.clone()))
            .collect::<Vec<_>>()
    };
    distinct(sides.into_iter().flatten().flat_map(named))
}

/// The limits and the acceptances beside the stored baseline, as of today.
pub(in crate::cli) struct StoredRules {
    limits: Limits,
    ledger: Ledger,
}

impl StoredRules {
    pub(in crate::cli) fn read(project: &Project) -> Result<Self> {
        Ok(Self {
            limits: Limits::in_folder(&project.baselines())?,
            ledger: Ledger::stored(Acceptances::read(&project.baselines())?, today()),
        })
    }

    /// Judges the counts of the head against those of the baseline.
    pub(in crate::cli) fn judge(&self, base: &Record, head: &Record) -> CountsVerdict {
        let comparisons = compare(RecordView::baseline(base), RecordView::record(head));
        let judged = judge(comparisons, &self.limits).hold(&self.limits, head);
        judged.accept(&self.ledger, head)
    }

    /// Rules that have no effect: one sentence each. `known` is every workload and phase.
    pub(super) fn complaints(&self, known: &[(String, String)]) -> Vec<String> {
        let ids: Vec<&str> = known.iter().map(|(id, _)| id.as_str()).collect();
        let of_limits = self.limits.complaints(&distinct(ids));
        [self.ledger.complaints(known), of_limits].concat()
    }
}

/// Announces that the project has no limits of its own, if so.
pub(super) fn announce_built_in(project: &Project) {
    let path = project.baselines().join(FILE);
    if !path.exists() {
        notice(&format!(
            "there is no {}, so the built-in limits apply; `{}` writes them to this file",
            path.display(),
            call("baseline save")
        ));
    }
}

/// Every workload and phase of some records.
pub(in crate::cli) fn places<'a>(
    records: impl IntoIterator<Item = &'a Record>,
) -> Vec<(String, String)> {
    let rows = records.into_iter().flat_map(|record| &record.rows);
    distinct(rows.map(|row| (row.workload.clone(), row.phase.clone())))
}

/// Today in UTC.
pub(in crate::cli) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
}
