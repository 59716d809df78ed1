//! Reads records and keeps only their figures, so that a thousand records fit into memory.
//!
//! Records are read in batches on all CPUs. A value compares with the newest one of its workload and phase if definition,
//! answer, instruction set and number of threads are equal, and for counts also the toolchain. Others are left out and
//! counted.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use harness_record::history::{Point, Series};
use harness_record::{About, Environment, OLDEST_SCHEMA, Record, Row, SCHEMA_VERSION};
use jiff::Timestamp;
use rayon::prelude::*;
use serde::Deserialize;

use super::{Measure, Moment, Origin, Trend, Workload};

/// Number of records in memory at once, for each CPU.
const BATCH: usize = 8;

/// The figures of the records of one machine.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// The machine of the newest record.
    pub(super) machine: Option<String>,
    /// The records, oldest first.
    pub(super) moments: Vec<Moment>,
    pub(super) workloads: Vec<Workload>,
    pub(super) notes: Vec<String>,
}

/// Reads these files.
pub(super) fn read(paths: &[PathBuf], anchor: &str) -> Recorded {
    let measures = Measure::all();
    let mut all = All::default();
    for batch in paths.chunks(BATCH * rayon::current_num_threads()) {
        let reduced: Vec<Result<Reduced, String>> = batch
            .par_iter()
            .map(|path| reduce(&name_of(path), stored(path)?, &measures, anchor))
            .collect();
        for one in reduced {
            match one {
                Ok(one) if one.quick => all.quick += 1,
                Ok(one) => all.add(one),
                Err(why) => all.unread.push(why),
            }
        }
    }
    all.finish(&measures)
}

/// A record as stored in its file.
#[derive(Deserialize)]
struct Stored {
    schema: u32,
    created: String,
    quick: bool,
    environment: Environment,
    #[serde(default)]
    about: About,
    rows: Vec<Row>,
}

/// Reads a record in one pass. [`Record::read`] needs two, because it explains the differences of other schemas.
fn stored(path: &Path) -> Result<Record, String> {
    let problem = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
    let text = fs::read(path).map_err(|error| problem(&error))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| problem(&error))?;
    if !(OLDEST_SCHEMA..=SCHEMA_VERSION).contains(&stored.schema) {
        return Err(problem(&format!("schema version {}", stored.schema)));
    }
    let record = Record {
        created: stored.created,
        command: String::new(),
        quick: stored.quick,
        asked: Vec::new(),
        environment: stored.environment,
        machine: None,
        about: stored.about,
        rows: stored.rows,
    };
    record.consistent().map_err(|what| problem(&what))?;
    Ok(record)
}

/// The figures of one record.
struct Reduced {
    moment: Moment,
    environment: Environment,
    quick: bool,
    about: About,
    rows: Vec<ReducedRow>,
}

struct ReducedRow {
    workload: String,
    phase: String,
    unit: String,
    /// One value for each measure.
    values: Vec<Option<Value>>,
}

/// A value with a digest of everything that must be equal for it to compare with another one.
#[derive(Clone, Copy)]
struct Value {
    value: f64,
    conditions: u64,
}

fn reduce(
    name: &str,
    record: Record,
    measures: &[Measure],
    anchor: &str,
) -> Result<Reduced, String> {
    let date = record.created.parse::<Timestamp>();
    let date = date.map_err(|error| format!("{name}: the date of the run: {error}"))?;
    let key = record.environment.portable_key("");
    // An unknown part of the toolchain equals nothing.
    let toolchain = match key.unknown() {
        Some(_) => record.created.clone(),
        None => key.to_string(),
    };
    let anchors: HashMap<&str, &Row> = record
        .rows
        .iter()
        .filter(|row| row.phase == anchor)
        .map(|row| (row.workload.as_str(), row))
        .collect();
    let rows = record.rows.iter().map(|row| {
        let value = |measure: &Measure| {
            let value = measure.value(row, anchors.get(row.workload.as_str()).copied())?;
            let reading = row.reading(measure.metric.instrument())?;
            let mut hasher = DefaultHasher::new();
            (&row.definition, &row.answer, &reading.isa, reading.threads).hash(&mut hasher);
            measure.is_count().then_some(&toolchain).hash(&mut hasher);
            Some(Value {
                value,
                conditions: hasher.finish(),
            })
        };
        ReducedRow {
            workload: row.workload.clone(),
            phase: row.phase.clone(),
            unit: row.unit.name.clone(),
            values: measures.iter().map(value).collect(),
        }
    });
    let rows = rows.collect();
    Ok(Reduced {
        moment: Moment {
            date,
            record: Some(name.to_owned()),
            revision: record.environment.revision.clone(),
            subject: None,
            dirty: record.environment.dirty,
        },
        quick: record.quick,
        about: record.about,
        environment: record.environment,
        rows,
    })
}

/// The values of one workload in one phase: for each measure, the index of the record and the value.
struct Values {
    workload: String,
    phase: String,
    unit: String,
    by_measure: Vec<Vec<(u32, Value)>>,
}

/// The figures of all records, in the order in which the files were read.
#[derive(Default)]
struct All {
    records: Vec<(Moment, Environment)>,
    rows: Vec<Values>,
    places: HashMap<(String, String), usize>,
    /// The places of the rows of the record with the most rows, which has the order of pages.
    order: Vec<usize>,
    /// The newest line on each workload.
    about: HashMap<String, (Timestamp, String)>,
    quick: usize,
    unread: Vec<String>,
}

impl All {
    fn add(&mut self, record: Reduced) {
        let index = self.records.len() as u32;
        let mut order = Vec::new();
        for row in record.rows {
            let place = *self
                .places
                .entry((row.workload, row.phase))
                .or_insert_with_key(|(workload, phase)| {
                    self.rows.push(Values {
                        workload: workload.clone(),
                        phase: phase.clone(),
                        unit: row.unit,
                        by_measure: vec![Vec::new(); row.values.len()],
                    });
                    self.rows.len() - 1
                });
            order.push(place);
            let known = self.rows[place].by_measure.iter_mut();
            for (known, value) in known.zip(row.values) {
                known.extend(value.map(|value| (index, value)));
            }
        }
        if order.len() >= self.order.len() {
            self.order = order;
        }
        let date = record.moment.date;
        for (workload, line) in record.about.workloads {
            let known = self.about.entry(workload).or_default();
            if date >= known.0 {
                *known = (date, line);
            }
        }
        self.records.push((record.moment, record.environment));
    }

    fn finish(mut self, measures: &[Measure]) -> Recorded {
        let mut by_date: Vec<usize> = (0..self.records.len()).collect();
        by_date.sort_by_key(|&index| (self.records[index].0.date, &self.records[index].0.record));
        let Some(&newest) = by_date.last() else {
            return Recorded {
                notes: self.notes(0),
                ..Recorded::default()
            };
        };
        let machine = self.records[newest].1.clone();
        // A machine without a name equals none, not even itself; its newest record is shown anyway.
        by_date.retain(|&index| index == newest || self.records[index].1.same_machine(&machine));
        let elsewhere = self.records.len() - by_date.len();
        let mut places = vec![None; self.records.len()];
        for (place, &index) in by_date.iter().enumerate() {
            places[index] = Some(place);
        }
        let moments = by_date.iter().map(|&index| self.records[index].0.clone());
        let moments = moments.collect();
        let notes = self.notes(elsewhere);
        let rest = (0..self.rows.len()).filter(|place| !self.order.contains(place));
        let order: Vec<usize> = self.order.iter().copied().chain(rest).collect();
        let trends: Vec<Vec<Trend>> = order
            .par_iter()
            .map(|&row| trends(&self.rows[row], &places, measures))
            .collect();
        let mut workloads: Vec<Workload> = Vec::new();
        for (row, trends) in order.into_iter().zip(trends) {
            let Values { workload, unit, .. } = &self.rows[row];
            match workloads.iter_mut().find(|known| known.id == *workload) {
                _ if trends.is_empty() => {}
                Some(known) => known.trends.extend(trends),
                None => workloads.push(Workload {
                    id: workload.clone(),
                    about: self.about.remove(workload).map(|(_, line)| line),
                    unit: unit.clone(),
                    trends,
                }),
            }
        }
        Recorded {
            machine: Some(machine.machine()),
            moments,
            workloads,
            notes,
        }
    }

    fn notes(&self, elsewhere: usize) -> Vec<String> {
        let several = |count: usize, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {more}"),
        };
        let mut notes = Vec::new();
        if elsewhere > 0 {
            let records = several(elsewhere, "record", "records");
            notes.push(format!("{records} of other machines left out."));
        }
        if self.quick > 0 {
            let records = several(self.quick, "record", "records");
            notes.push(format!("{records} of short runs (--quick) left out."));
        }
        if let Some(why) = self.unread.first() {
            let files = several(self.unread.len(), "file is", "files are");
            notes.push(format!(
                "{files} left out because of errors; the first: {why}"
            ));
        }
        notes
    }
}

/// The trends of one row. `places` has the place of each record among those of the machine.
fn trends(row: &Values, places: &[Option<usize>], measures: &[Measure]) -> Vec<Trend> {
    let measured = measures.iter().zip(&row.by_measure);
    let trend = |(&measure, values): (&Measure, &Vec<(u32, Value)>)| {
        let here = values.iter().filter_map(|&(record, value)| {
            let place = places[record as usize]?;
            Some((place, value))
        });
        let mut here: Vec<(usize, Value)> = here.collect();
        here.sort_by_key(|(place, _)| *place);
        let conditions = here.last()?.1.conditions;
        let all = here.len();
        here.retain(|(_, value)| value.conditions == conditions);
        let left_out = all - here.len();
        let point = |(moment, value): (usize, Value)| Point {
            moment,
            value: value.value,
        };
        let points = here.into_iter().map(point).collect();
        let exact = measure.is_count();
        Some(Trend {
            measure,
            origin: Origin::Records,
            series: Series::new(&row.workload, &row.phase, points, left_out, exact)?,
        })
    };
    measured.filter_map(trend).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
