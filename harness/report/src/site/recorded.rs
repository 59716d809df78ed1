//! Reads records and keeps only their figures, so that a thousand records fit into memory.
//!
//! Records are read in batches on all CPUs. A value compares with the newest one of its workload and phase if definition,
//! answer, instruction set and number of threads are equal, and for counts also the toolchain. Others are left out and
//! counted.

use std::collections::HashMap;
use std::path::PathBuf;

use harness_record::Environment;
use harness_record::history::{Point, Series};
use jiff::Timestamp;
use rayon::prelude::*;

use super::reduced::{self, Reduced, Value};
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
            .map(|path| reduced::read(path, &measures, anchor))
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
        let series = if measure.compares() {
            let exact = measure.is_count();
            Series::new(
                (&row.workload, &row.phase, &row.unit),
                points,
                left_out,
                exact,
            )?
        } else {
            Series {
                workload: row.workload.clone(),
                phase: row.phase.clone(),
                unit: row.unit.clone(),
                points,
                jumps: Vec::new(),
                redefined: left_out,
            }
        };
        Some(Trend {
            measure,
            origin: Origin::Records,
            series,
        })
    };
    measured.filter_map(trend).collect()
}
