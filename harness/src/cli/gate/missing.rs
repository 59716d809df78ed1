//! What a gate cannot find: a base without a harness, workloads that only the base has, workloads to time. A missing
//! number is never a pass by itself; the command line has to allow it.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use harness::collect::{self, Bar, Request};
use harness::probe::ProbeError;
use harness::project::Config;
use harness::terminal::{Status, notice, paragraph, print, show};
use harness::timing::{MatchedWorkloads, Unmatched};
use harness::vcs::CheckoutError;
use harness_probe::Instrument;
use harness_probe::protocol::{Description, OLDEST, VERSION};
use harness_record::shard::Sharding;
use harness_record::{Check, Commit, Record};
use harness_report::export::{Outcome, Results};
use harness_report::render::Audience;
use itertools::Itertools;

use super::{Against, Gate};
use crate::cli::command_line;
use crate::cli::ready::{Builder, Built, Ready};

/// Most removed workloads that the error names.
const NAMED: usize = 5;

/// Notice if time should be judged, but no workload is timed.
pub(super) const UNTIMED: &str = "none of the selected workloads is timed: `timed` in harness.toml selects those that \
     are, --suite full times every workload that has a clock, and --counts-only compares counts only";

/// The built base; with --allow-missing-base, the reason why there is none.
///
/// # Errors
/// If it cannot be built, unless it is missing and may be.
pub(super) fn built(
    base: Result<Built, CheckoutError>,
    against: &Against,
) -> Result<Result<Built, String>> {
    match base {
        Ok(base) => Ok(Ok(base)),
        Err(error) if error.is_missing() => missing(error.to_string(), against).map(Err),
        Err(error) => Err(error.into()),
    }
}

/// The base whose probe answered; with --allow-missing-base, the reason why there is none.
///
/// # Errors
/// If the probe does not answer, unless it is missing and may be.
pub(super) fn answered(
    base: Result<Ready, ProbeError>,
    commit: &Commit,
    against: &Against,
) -> Result<Result<Ready, String>> {
    let error = match base {
        Ok(base) => return Ok(Ok(base)),
        Err(error) => error,
    };
    let is_missing = is_missing(&error);
    let sentence = match error {
        ProbeError::Version(found) => format!(
            "the probe of {commit} speaks protocol {found}, this harness speaks {OLDEST} to {VERSION}: choose a base that has this harness, or \
             compare the two with the harness of that revision"
        ),
        other => {
            let error = anyhow!(other).context("the base side's probe does not answer");
            format!("{error:#}")
        }
    };
    if is_missing {
        return missing(sentence, against).map(Err);
    }
    bail!(sentence)
}

/// Returns true if there is no probe, or one of another time. A base with another protocol is only older or newer, not
/// broken.
fn is_missing(error: &ProbeError) -> bool {
    match error {
        ProbeError::Start(_)
        | ProbeError::Ended { .. }
        | ProbeError::Rubbish(..)
        | ProbeError::Version(_)
        | ProbeError::NoSuite => true,
        ProbeError::OfSuite(_, error) => is_missing(error),
        ProbeError::Hung(..) | ProbeError::Refused(_) => false,
    }
}

/// The reason for a missing base, if one may be missing.
fn missing(why: String, against: &Against) -> Result<String> {
    if against.allow_missing_base {
        return Ok(why);
    }
    bail!(
        "{why}; if the head adopts the harness, --allow-missing-base lets the gate pass without a base"
    )
}

/// Returns an error if the head lacks something of the base that these instruments would have measured, unless that is
/// allowed.
pub(super) fn check_removed(
    field: &MatchedWorkloads,
    [base, head]: [&[Description]; 2],
    taken: &[Instrument],
    against: &Against,
) -> Result<()> {
    let rows = field.unmatched.iter().filter(|one| one.is_removed());
    let rows = rows.map(
        |Unmatched {
             workload, phases, ..
         }| {
            match head.iter().any(|one| one.id == *workload) {
                true => format!("{workload} in phase {}", phases.join(", ")),
                false => workload.clone(),
            }
        },
    );
    let find = |side: &[Description], id: &str| side.iter().find(|one| one.id == id).cloned();
    let instruments = field.common.iter().filter_map(|one| {
        let id = &one.workload.id;
        let (before, after) = (find(base, id)?, find(head, id)?);
        let lost = |one: &&Instrument| {
            before.instruments.contains(one) && !after.instruments.contains(one)
        };
        let lost = taken.iter().filter(lost).map(|one| one.name()).join(", ");
        (!lost.is_empty()).then(|| format!("{lost} of {id}"))
    });
    let removed = rows.chain(instruments).collect_vec();
    if removed.is_empty() {
        return Ok(());
    }
    let more = match removed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = removed.iter().take(NAMED).join("; ");
    if against.allow_removed {
        notice(&format!("the head lacks, and may lack: {named}{more}"));
        return Ok(());
    }
    bail!(
        "the head lacks what the base measures: {named}{more}; nothing was measured. If the removal is intended, \
         --allow-removed lets the gate judge the rest"
    )
}

/// Returns an error if the head's `harness.toml` names no program for a count that the base's has one for, unless that is
/// allowed: a change could otherwise hide what it costs.
pub(super) fn check_programs(base: &Config, head: &Config, against: &Against) -> Result<()> {
    let counted = collect::configured(base, &Instrument::COUNTED);
    let lost = collect::missing(head, &counted);
    if lost.is_empty() || against.times_only {
        return Ok(());
    }
    let named = lost.iter().map(|one| one.name()).join(", ");
    if against.allow_removed {
        notice(&format!(
            "the head has, and may have, no program for {named}"
        ));
        return Ok(());
    }
    bail!(
        "the head's harness.toml has no program for {named}, which the base measures; nothing was measured. If the \
         removal is intended, --allow-removed lets the gate judge the rest"
    )
}

impl Gate {
    /// Builds the head and takes its counts where there is no base, so that a broken head does not pass.
    pub(super) fn head_alone(
        &self,
        why: &str,
        builder: &Builder<'_>,
        request: &Request,
        counting: &[Instrument],
        default: &Path,
    ) -> Result<Status> {
        let head = builder.tree(counting)?.greet(request.time_limit);
        let head =
            head.map_err(|error| anyhow!(error).context("the head side's probe does not answer"))?;
        let mut plan = request.plan.clone();
        plan.instruments = self.against.taken(counting);
        let mut selected = plan.select(&head.greeting.workloads)?;
        let mut done = format!("the head's probe offers {} workloads", selected.len());
        if !counting.is_empty() {
            let all = &head.greeting.workloads;
            let division = request.division.as_ref();
            let part = division.map(|division| {
                let divided = division.divide(all, &selected, counting, 1, |_| 0);
                notice(&divided.sentence());
                selected = divided.own(std::mem::take(&mut selected));
                divided.part
            });
            let mut record =
                head.measured()
                    .take(&head.greeting, &selected, request, &Bar::new())?;
            check_counted(&record)?;
            record.sharding = part.map(Sharding::Part);
            let counts: usize = record.rows.iter().map(|row| row.readings.len()).sum();
            done = format!(
                "the head was counted with {counts} readings in {} rows",
                record.rows.len()
            );
            // A shard is always kept, for the merge.
            let default = record.sharding.is_some().then_some(default);
            if let Some(out) = self.out.as_deref().or(default) {
                record.write(out)?;
                notice(&format!("wrote {}", out.display()));
            }
        }
        let verdict = format!("there was nothing to compare with: {why}. {done}");
        let headline = format!("Not judged: {verdict}");
        let results =
            Results::without_figures("gate", command_line(), Outcome::Inconclusive, headline);
        self.exports.write(&results)?;
        match self.format.audience() {
            _ if self.exports.print() => notice(&format!("PASSED: {verdict}")),
            Audience::Terminal => print(&paragraph(&format!("PASSED: {verdict}")))?,
            Audience::Document => print(&format!("**Passed: {verdict}.**\n"))?,
            Audience::Program => {
                show(&[], self.format)?;
                notice(&format!("PASSED: {verdict}"));
            }
        }
        Ok(Status::Fine)
    }
}

/// Returns an error for the first wrong answer or failed instrument.
fn check_counted(record: &Record) -> Result<()> {
    for row in &record.rows {
        let place = format!("{} in phase {}", row.workload, row.phase);
        if let Check::Failed(message) | Check::NotRun(message) = &row.check {
            bail!(
                "there is no base, and the answer of the head is not checked: {place}: {message}"
            );
        }
        if let Some(failure) = row.failures.first() {
            let (name, message) = (failure.instrument.name(), &failure.message);
            bail!("there is no base, and the head cannot be counted: {place}: {name}: {message}");
        }
    }
    Ok(())
}
