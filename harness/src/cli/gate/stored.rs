//! The gate against the stored baseline: instructions and heap, of a record or counted now.

use std::path::Path;

use anyhow::{Result, bail};
use harness::collect::{self, Bar, Request};
use harness::project::Project;
use harness_judge::compare::{RecordView, compare, narrow};
use harness_judge::counts::{CountsVerdict, judge};
use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::Record;
use harness_record::choice::Choice;
use harness_record::distinct::distinct;
use harness_record::limits::Limits;
use harness_report::render::{Audience, Format};
use harness_report::tables::counts::table;

use super::{Gate, rules};
use crate::cli::{command_line, compared, writable};
use harness::terminal::{ALARM, Status, WARNING, exact, notice, print, show};

/// Default file for the counts, which are kept because counting takes minutes.
pub(in crate::cli) const COUNTS: &str = "gate.json";

impl Gate {
    pub(super) fn against_baseline(self, project: &Project) -> Result<Status> {
        // Read before minutes are spent on counting.
        let limits = Limits::read(&project.baselines().join("limits.toml"))?;
        let ledger = rules::stored_ledger(project)?;
        let store = compared::store(project);
        let request = self.selection.request(project, Instrument::COUNTED.to_vec());
        let keys = store.keys()?;
        if keys.is_empty() && self.record.is_none() {
            bail!(
                "there is no baseline in {}; `cargo harness baseline save` makes one from a record",
                project.baselines().display()
            );
        }
        for key in &keys {
            store.read(key)?;
        }
        let mut head = match &self.record {
            Some(path) => Record::read(path)?,
            None => count(project, &request, self.out.unwrap_or_else(|| project.records().join(COUNTS)).as_path())?,
        };
        repeatable(&head)?;
        let mut base = store.matching(&head)?.record;
        let complaints = ledger.complaints(&named(&[&base, &head]));
        let plan = &request.plan;
        narrow(&Choice::new(&plan.filters, &plan.phases)?, &mut [&mut base, &mut head])?;
        if head.quick && self.record.is_some() {
            notice(
                "the record is of a quick run: workloads that it left out are reported as removed; --filter narrows both sides",
            );
        }
        if plan.quick && plan.filters.is_empty() {
            let there = collect::workloads(project, request.quiet)?;
            let left_out = left_out(&there, &head);
            base.rows.retain(|row| !left_out.contains(&(row.workload.as_str(), row.phase.as_str())));
        }
        let verdict =
            judge(compare(RecordView::baseline(&base), RecordView::record(&head)), &limits).accept(&ledger, &head);
        show_verdict(&verdict, &complaints, self.format, self.all)?;
        Ok(super::outcome(verdict.conclusion()))
    }
}

fn count(project: &Project, request: &Request, out: &Path) -> Result<Record> {
    writable(out)?;
    if collect::valgrind_version().is_none() {
        bail!(collect::VALGRIND_MISSING);
    }
    let record = collect::measure(project, request, &Bar::new())?;
    record.write(out)?;
    notice(&format!("kept the counts in {}", out.display()));
    Ok(record)
}

/// Every workload and phase of some records.
fn named(records: &[&Record]) -> Vec<(String, String)> {
    let rows = records.iter().flat_map(|record| &record.rows);
    distinct(rows.map(|row| (row.workload.clone(), row.phase.clone())))
}

/// Returns an error if counts were taken with several threads: they differ from run to run.
fn repeatable(record: &Record) -> Result<()> {
    let of = |instrument| record.rows.iter().filter_map(move |row| Some((row, row.reading(instrument)?)));
    let several = Instrument::COUNTED.into_iter().flat_map(of).find(|(_, reading)| reading.threads != 1);
    match several {
        None => Ok(()),
        Some((row, reading)) => bail!(
            "{} in phase {} was counted with {} threads, and counts of several threads do not repeat; count again with this harness",
            row.workload,
            row.phase,
            reading.threads
        ),
    }
}

/// The existing workloads and phases that a short selection did not count. Deleted ones are not among them, so that the
/// gate reports them as removed.
fn left_out<'a>(there: &'a [Description], head: &Record) -> Vec<(&'a str, &'a str)> {
    let every = there.iter().flat_map(|one| one.phases.iter().map(|phase| (one.id.as_str(), phase.as_str())));
    every.filter(|&(id, phase)| !head.rows.iter().any(|row| row.workload == id && row.phase == phase)).collect()
}

/// Prints regressions, the table, figures that were not judged, the summary, and the command that reproduces it.
fn show_verdict(verdict: &CountsVerdict, complaints: &[String], format: Format, all: bool) -> Result<()> {
    let again = format!("reproduce with: {}", command_line());
    if exact(format) {
        let mut table = table(verdict, true);
        table.title = verdict.summary();
        table.notes = complaints.iter().map(|line| format!("complaint: {line}")).collect();
        table.notes.push(again.clone());
        show(&[table], format)?;
        notice(&verdict.summary());
        notice(&again);
        return Ok(());
    }
    let shown = if all { verdict.clone() } else { verdict.remarkable() };
    let mut table = table(&shown, false);
    let unjudged = verdict.unjudged();
    if format.audience() == Audience::Document {
        table.title = verdict.summary();
        table.notes = verdict.regressions();
        table.notes.extend(unjudged.iter().map(|reason| format!("not judged: {reason}")));
        table.notes.extend(verdict.accepted().iter().map(|line| format!("accepted: {line}")));
        table.notes.extend(complaints.iter().map(|line| format!("complaint: {line}")));
        table.notes.push(again);
        return show(&[table], format);
    }
    let mut text = String::new();
    for regression in verdict.regressions() {
        text += &format!("{ALARM}regressed:{ALARM:#} {regression}\n");
    }
    if !table.rows.is_empty() {
        text += &format.render(&[table]);
    }
    for reason in unjudged {
        text += &format!("{WARNING}not judged:{WARNING:#} {reason}\n");
    }
    for (kind, lines) in [("accepted:", verdict.accepted()), ("complaint:", complaints.to_vec())] {
        for line in lines {
            text += &format!("{WARNING}{kind}{WARNING:#} {line}\n");
        }
    }
    text += &format!("{}\n{again}\n", verdict.summary());
    print(&text)
}
