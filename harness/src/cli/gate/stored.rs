//! The gate against the stored baseline: instructions and heap, of a record or counted now.

use std::path::Path;

use anyhow::{Result, bail};
use harness::collect::{self, Bar, Request};
use harness::project::Project;
use harness::terminal::{Status, notice};
use harness_judge::compare::narrow;
use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::choice::Choice;
use harness_record::shard::Sharding;
use harness_record::{Record, Row};
use harness_report::export::Results;
use harness_report::gate::GateReport;

use super::recount::Counts;
use super::show::{measured, print_report};
use super::{Gate, StoredRules, places, recount, rules};
use crate::cli::options::{ShardOptions, available, configured};
use crate::cli::ready::{Built, Ready};
use crate::cli::{call, command_line, compared, writable};

/// Default file for the counts, which are kept because counting takes minutes.
pub(in crate::cli) const COUNTS: &str = "gate.json";

impl Gate {
    pub(super) fn against_baseline(self, project: &Project) -> Result<Status> {
        // Read before minutes are spent on counting.
        let rules = StoredRules::read(project)?;
        rules::announce_built_in(project);
        let store = compared::store(project);
        let instruments = match self.record {
            Some(_) => Instrument::COUNTED.to_vec(),
            None => configured(project, Instrument::COUNTED.to_vec()),
        };
        let mut request = self.selection.request(project, instruments);
        request.division = self.sharding.division(project)?;
        let keys = store.keys()?;
        if keys.is_empty() && self.record.is_none() {
            bail!(
                "there is no baseline in {}; `{}` makes one from a record",
                project.baselines().display(),
                call("baseline save")
            );
        }
        for key in &keys {
            store.read(key)?;
        }
        let default = match self.sharding.shard {
            Some(shard) => ShardOptions::file(shard, project, &collect::now()),
            None => project.records().join(COUNTS),
        };
        let out = self.out.unwrap_or(default);
        let (mut head, ready) = match &self.record {
            Some(path) => (Record::read(&compared::record_file(path, project)?)?, None),
            None => {
                let (record, ready) = count(project, &request, &out)?;
                (record, Some(ready))
            }
        };
        // An import has no counts that a baseline compares with, whatever its threads.
        if head.environment.import.is_none() {
            has_one_thread(&head)?;
        }
        let part = head.sharding.as_ref().and_then(Sharding::part);
        let part = part.filter(|_| ready.is_some()).cloned();
        if let Some(part) = part.as_ref().filter(|_| head.rows.is_empty()) {
            measured(part.shard);
            return Ok(Status::Fine);
        }
        let mut base = store.matching(&head)?.record;
        if let Some(ready) = &ready {
            let sides = [(&mut base, None), (&mut head, Some(ready))]
                .map(|(record, ready)| Counts { record, ready });
            if recount::confirm(sides, &request, |base, head| rules.judge(base, head))? {
                head.write(&out)?;
            }
        }
        let complaints = rules.complaints(&places([&base, &head]));
        let plan = &request.plan;
        let choice = Choice::new(&plan.filters, &plan.phases)?;
        match &part {
            // A glob may match workloads of other shards only. Workloads that no shard has were removed from the suite; the
            // verdict on the whole reports them.
            Some(part) => base
                .rows
                .retain(|row| part.has(&row.workload) && choice.phase(&row.phase)),
            None => narrow(&choice, &mut [&mut base, &mut head])?,
        }
        if head.quick && self.record.is_some() {
            notice(
                "the record is of a quick run: workloads that it left out are reported as removed; --filter narrows both sides",
            );
        }
        if plan.quick && plan.filters.is_empty() {
            let there = collect::workloads(project, request.quiet)?;
            let exists = |row: &Row| {
                there
                    .iter()
                    .any(|one| one.id == row.workload && one.phases.contains(&row.phase))
            };
            // Drops what the short selection left out. What was deleted stays, to be reported as removed.
            base.rows
                .retain(|row| head.row(&row.workload, &row.phase).is_some() || !exists(row));
        }
        if base.environment.settings.is_none() && head.environment.settings.is_some() {
            notice(
                "the baseline does not record the settings of its build, so these were not compared; `cargo harness baseline save` records them",
            );
        }
        let verdict = GateVerdict::of_counts(rules.judge(&base, &head), complaints);
        let report = GateReport {
            verdict: &verdict,
            session: None,
            command: command_line(),
            functions: Vec::new(),
            all: self.all,
        };
        let mut results = Results::of_gate(&report, head.created.clone(), &head.environment);
        results.base_revision.clone_from(&base.environment.revision);
        self.exports.write_of(project, results)?;
        print_report(&report, self.format, &self.exports)?;
        if let Some(part) = part {
            measured(part.shard);
            return Ok(Status::Fine);
        }
        Ok(verdict.conclusion().into())
    }
}

/// Counts the checkout, and keeps the counts in a file.
fn count(project: &Project, request: &Request, out: &Path) -> Result<(Record, Ready)> {
    writable(out)?;
    available(request.plan.instruments.clone(), true)?;
    let built = Built::here(project, &request.plan.instruments, request)?;
    let ready = built.greet(request.time_limit)?;
    let record = ready
        .measured()
        .answer(&ready.greeting, request, &Bar::new())?;
    record.write(out)?;
    notice(&format!("kept the counts in {}", out.display()));
    Ok((record, ready))
}

/// Returns an error if counts were taken with several threads: they differ from run to run.
fn has_one_thread(record: &Record) -> Result<()> {
    let of = |instrument| {
        record
            .rows
            .iter()
            .filter_map(move |row| Some((row, row.reading(instrument)?)))
    };
    let several = Instrument::COUNTED
        .into_iter()
        .flat_map(of)
        .find(|(_, reading)| reading.threads != 1);
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
