//! Joins the records of shards.

use itertools::Itertools;

use crate::merge::environment;
use crate::merge::order::{self, HasShard};
use crate::merge::{MergeError, Merged, Named, whole_command};
use crate::shard::{Origin, Part, Planned, Shard, Sharding};
use crate::{Check, Failure, Record, Row, RunScope};

impl HasShard for Record {
    fn sharding(&self) -> Option<&Sharding> {
        self.sharding.as_ref()
    }
}

/// Joins the records of all shards of a run, or of a gate against the stored baseline.
///
/// # Errors
/// If the shards do not belong together, or are not complete.
pub fn records(shards: Vec<Named<Record>>) -> Result<Merged<Record>, MergeError> {
    let Some((first, rest)) = shards.split_first() else {
        return Err(MergeError::Nothing);
    };
    for other in rest {
        environment::compatible(first, other, |record| &record.environment)?;
    }
    for other in rest {
        order::same_plan(first, other)?;
        let scope = |record: &Record| {
            let scopes = record.asked.iter().cloned();
            let scopes = scopes.map(|scope| RunScope {
                shard: None,
                ..scope
            });
            (record.quick, scopes.collect::<Vec<_>>())
        };
        first.same(
            other,
            "the selections of the runs",
            scope,
            |(quick, scopes)| format!("{scopes:?}{}", if *quick { ", shortened" } else { "" }),
        )?;
    }
    let shards = order::sorted(shards)?;
    let part = order::part(&shards[0])?.clone();
    let records: Vec<(&str, &Record)> = shards
        .iter()
        .map(|one| (one.name.as_str(), &one.content))
        .collect();
    let (rows, dropped) = rows(&part, &records)?;
    let mut whole = joined(
        &records
            .iter()
            .map(|(_, record)| *record)
            .collect::<Vec<_>>(),
        rows,
    );
    let origins = shards
        .iter()
        .map(|one| Ok(origin(order::part(one)?, &one.content)));
    whole.sharding = Some(Sharding::Merged(
        origins.collect::<Result<_, MergeError>>()?,
    ));
    whole.command = whole_command(&whole.command);
    for scope in &mut whole.asked {
        scope.shard = None;
    }
    let order = |id: &str| part.workloads.iter().position(|one| one.workload == id);
    whole.spent.sort_by_key(|spent| order(&spent.workload));
    Ok(Merged {
        whole,
        skipped: skipped(&part),
        dropped,
    })
}

/// Workloads that the selection leaves out.
pub(super) fn skipped(part: &Part) -> Vec<String> {
    let left_out = part.workloads.iter().filter(|one| one.shard.is_none());
    left_out.map(|one| one.workload.clone()).collect()
}

/// The rows of all shards in the order of the suite, with a row for each phase that was dropped, and a sentence on it.
/// `records` are in the order of the shards.
pub(super) fn rows(
    part: &Part,
    records: &[(&str, &Record)],
) -> Result<(Vec<Row>, Vec<String>), MergeError> {
    for (number, (name, record)) in (1..).zip(records) {
        let own = |row: &&Row| {
            part.of_shard(number)
                .any(|one| one.workload == row.workload && one.phases.contains(&row.phase))
        };
        if let Some(row) = record.rows.iter().find(|row| !own(row)) {
            return Err(MergeError::Foreign((*name).to_owned(), row.place()));
        }
    }
    let (mut rows, mut dropped) = (Vec::new(), Vec::new());
    for planned in &part.workloads {
        let Some((number, (_, record))) = planned
            .shard
            .and_then(|number| Some((number, records.get(number as usize - 1)?)))
        else {
            continue;
        };
        if planned.instruments.is_empty() {
            continue;
        }
        let shard =
            Shard::new(number, part.shard.of()).map_or(String::new(), |shard| shard.to_string());
        rows.extend(
            record
                .rows
                .iter()
                .filter(|row| row.workload == planned.workload)
                .cloned(),
        );
        for phase in &planned.phases {
            if record.row(&planned.workload, phase).is_none() {
                let row = missing(planned, phase, &shard);
                dropped.push(format!(
                    "{} was dropped: shard {shard} should have measured it",
                    row.place()
                ));
                rows.push(row);
            }
        }
    }
    Ok((rows, dropped))
}

/// The row of a phase that was not measured.
fn missing(planned: &Planned, phase: &str, shard: &str) -> Row {
    let message = format!("dropped: shard {shard} should have measured it");
    let failure = |&instrument| Failure {
        instrument,
        message: message.clone(),
    };
    Row {
        workload: planned.workload.clone(),
        phase: phase.to_owned(),
        unit: planned.unit.clone(),
        definition: planned.definition.clone(),
        answer: planned.answer.clone(),
        check: Check::NotRun(message.clone()),
        readings: Vec::new(),
        recounts: Vec::new(),
        failures: planned.instruments.iter().map(failure).collect(),
    }
}

/// The record of all shards with these rows, without a trace of the split.
pub(super) fn joined(records: &[&Record], rows: Vec<Row>) -> Record {
    let first = records[0];
    let environment = environment::merged(records.iter().map(|record| &record.environment));
    let created = records.iter().map(|record| record.created.as_str()).min();
    let mut whole = Record {
        created: created.unwrap_or(&first.created).to_owned(),
        environment,
        machine: None,
        rows,
        sharding: None,
        spent: records
            .iter()
            .flat_map(|record| record.spent.clone())
            .collect(),
        resumed: records
            .iter()
            .flat_map(|record| record.resumed.clone())
            .sorted_by(|a, b| a.at.cmp(&b.at))
            .collect(),
        ..first.clone()
    };
    for record in records {
        whole.about.workloads.extend(record.about.workloads.clone());
        whole.about.phases.extend(record.about.phases.clone());
    }
    // The state of one machine is no state of another: with several, each stays with its shard.
    let mut states = records.iter().filter_map(|record| record.machine.as_ref());
    whole.machine = states
        .next()
        .filter(|first| states.all(|other| other == *first))
        .cloned();
    whole
}

fn origin(part: &Part, record: &Record) -> Origin {
    let own = part.of_shard(part.shard.number());
    Origin {
        shard: part.shard,
        created: record.created.clone(),
        environment: record.environment.clone(),
        machine: record.machine.clone(),
        workloads: own.map(|one| one.workload.clone()).collect(),
    }
}
