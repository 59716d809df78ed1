//! `harness baseline save --improved-only`: lowers the stored counts that improved and leaves all others.

use std::ffi::OsString;

use anyhow::{Result, bail};
use harness::project::Project;
use harness::terminal::{exact, notice, show};
use harness_judge::compare::{Comparison, RecordView, compare};
use harness_judge::counts::{CountVerdict, CountsVerdict, judge};
use harness_record::baseline::{Baseline, BaselineError, Gain, Store};
use harness_record::limits::Limits;
use harness_report::render::{Format, Table};
use harness_report::tables::comparisons;

use crate::cli::typed;

/// The baselines that change, with their lowered counts. Prints what is lowered.
///
/// # Errors
/// If no baseline belongs to the record, or one cannot be read.
pub(super) fn lowered(
    new: &[Baseline],
    store: &Store,
    project: &Project,
    format: Format,
) -> Result<Vec<Baseline>> {
    let limits = Limits::in_folder(&project.baselines())?;
    let (mut tables, mut changed, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for new in new {
        let key = new.key().to_string();
        let old = match store.read(&key) {
            Ok(old) => old,
            Err(BaselineError::Unknown { .. }) => {
                unknown.push(key);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let comparisons = compare(
            RecordView::baseline(&old.record),
            RecordView::baseline(&new.record),
        );
        let verdict = judge(comparisons, &limits);
        let gains = improved(&verdict);
        tables.push(table(&key, &verdict, &gains, exact(format)));
        if !gains.is_empty() {
            let named: Vec<Gain<'_>> = gains.iter().filter_map(gain).collect();
            changed.push(old.lowered(new, &named));
        }
    }
    let save = typed(["baseline", "save"].map(OsString::from));
    match (tables.is_empty(), unknown.as_slice()) {
        (true, [key, ..]) => bail!(
            "nothing was lowered: there is no baseline {key} in {}; `{save}` makes one",
            project.baselines().display()
        ),
        (_, unknown) => unknown.iter().for_each(|key| {
            notice(&format!(
                "there is no baseline {key}, so none of its counts is lowered; `{save}` makes one"
            ));
        }),
    }
    show(&tables, format)?;
    Ok(changed)
}

/// The counts that are better by more than their limits. A smaller gain may be a whim of the compiler: a baseline that
/// followed each of these would use up the limit, and the way back would be a regression.
fn improved(verdict: &CountsVerdict) -> Vec<Comparison> {
    let rows = verdict.rows.iter();
    let improved = rows.filter(|row| matches!(row.judgement, CountVerdict::Improved(_)));
    improved.map(|row| row.comparison.clone()).collect()
}

fn gain(one: &Comparison) -> Option<Gain<'_>> {
    Some(Gain {
        workload: &one.workload,
        phase: &one.head_phase,
        metric: one.metric?,
    })
}

fn table(key: &str, verdict: &CountsVerdict, gains: &[Comparison], exact: bool) -> Table {
    let mut table = comparisons::table(format!("lowered in baseline {key}"), gains, exact);
    let all = verdict.rows.len();
    let worse = verdict.counts().regressed;
    let worse = match worse {
        0 => String::new(),
        worse => format!(", {worse} of them worse beyond their limits"),
    };
    let (lowered, stay) = (gains.len(), all - gains.len());
    table.notes.push(format!(
        "{lowered} of {all} figures are lowered; {stay} stay as they are{worse}."
    ));
    table
}
