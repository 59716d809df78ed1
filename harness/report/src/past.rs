//! The records of a machine and the baselines in git over time: a few numbers of each, because the rows of a hundred large
//! records do not fit into memory.

use std::sync::Arc;

use harness_probe::Instrument;
use harness_record::history::{Dated, Reduced, Reducer};
use harness_record::{Environment, Record, metric};

/// Metrics with a chart over time.
const FOLLOWED: [&str; 2] = ["time", "instructions"];

/// What a report keeps of earlier records.
#[derive(Debug, Clone, Default)]
pub struct Past {
    reducers: Vec<Arc<Reducer>>,
    /// The workload whose rows are kept whole.
    workload: Option<String>,
    /// The states, oldest first.
    pub states: Vec<Dated<PastRecord>>,
}

/// What a report keeps of one record.
#[derive(Debug, Clone)]
pub struct PastRecord {
    /// The record with the rows of the workload of the roadmap only.
    pub(crate) record: Record,
    /// True if it had no row at all.
    is_empty: bool,
    /// For each metric with a chart, the values; none without a reading.
    values: Vec<Option<Reduced>>,
}

impl Past {
    /// Without any record yet. Times are stated as their ratio to the phase `anchor`; whole rows are those of `workload`.
    pub fn new(anchor: Option<&str>, workload: Option<&str>) -> Self {
        let metrics = FOLLOWED.into_iter().filter_map(metric::by_name);
        let reducer = |metric| Arc::new(Reducer::new(metric, anchor));
        Self {
            reducers: metrics.map(reducer).collect(),
            workload: workload.map(str::to_owned),
            states: Vec::new(),
        }
    }

    /// The instruments that are needed of a workload: those of the charts, or all.
    pub fn instruments(&self, workload: &str) -> &'static [Instrument] {
        match self.workload.as_deref() == Some(workload) {
            true => &Instrument::ALL,
            false => &[Instrument::Clock, Instrument::Callgrind],
        }
    }

    /// Keeps what a report needs of a record.
    pub fn keep(&self, record: &Record) -> PastRecord {
        let reduced = |reducer: &Arc<Reducer>| {
            let instrument = reducer.metric().instrument();
            let mut rows = record.rows.iter();
            let is_measured = rows.any(|row| row.reading(instrument).is_some());
            is_measured.then(|| reducer.reduce(record))
        };
        let is_whole = |workload: &str| self.workload.as_deref() == Some(workload);
        let rows = record.rows.iter().filter(|row| is_whole(&row.workload));
        PastRecord {
            is_empty: record.rows.is_empty(),
            values: self.reducers.iter().map(reduced).collect(),
            record: Record {
                created: record.created.clone(),
                command: record.command.clone(),
                asked: record.asked.clone(),
                environment: record.environment.clone(),
                machine: None,
                about: harness_record::About::default(),
                rows: rows.cloned().collect(),
                sharding: None,
                spent: Vec::new(),
                resumed: record.resumed.clone(),
                ..*record
            },
        }
    }

    /// Puts the states into the order of time, and removes those without rows.
    pub fn sort(&mut self) {
        self.states.retain(|one| !one.record.is_empty);
        self.states.sort_by_key(|one| one.date);
    }

    /// The states with readings for a metric, without shortened runs, whose environment compares, and their values.
    pub(crate) fn followed(
        &self,
        metric: &str,
        compares: impl Fn(&Environment) -> bool,
    ) -> Option<(&Reducer, Vec<Dated<&Reduced>>)> {
        let place = FOLLOWED.iter().position(|followed| *followed == metric)?;
        let states = self.states.iter().filter_map(|one| {
            let PastRecord { record, values, .. } = &one.record;
            let values = values[place].as_ref()?;
            (!record.quick && compares(&record.environment)).then(|| Dated {
                date: one.date,
                commit: one.commit.clone(),
                record: values,
            })
        });
        Some((self.reducers.get(place)?, states.collect()))
    }
}
