//! Records of which only the values of one metric are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::history::{HistoryQuery, Point, Series};
use crate::metric::{Metric, program};
use crate::{Record, Row, RowIndex};

/// Reduces records to the values of one metric. Names and digests are stored once for all records. Several threads may
/// use one reducer.
#[derive(Debug)]
pub struct Reducer {
    metric: &'static Metric,
    anchor: Option<String>,
    texts: Mutex<Texts>,
}

/// The values of the rows of a record, in the order of the rows. It belongs to the [`Reducer`] that made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduced {
    rows: Vec<ReducedRow>,
}

/// The value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ReducedRow {
    /// Number of its [`Identity`].
    identity: u32,
    /// Not a number without a passed check, without a reading, or without a usable value: half the size of an option.
    value: f64,
}

/// What a row is of. The texts are numbers of [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Identity {
    workload: u32,
    phase: u32,
    definition: u32,
    answer: u32,
    /// The name of the unit.
    unit: u32,
}

/// A row of a workload in a phase: the index of its record, what it is of, and its value.
type Found = (usize, Identity, f64);

/// Distinct texts of all records, numbered in the order of their first appearance.
#[derive(Debug, Default)]
struct Texts {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    /// The distinct identities of rows, and their numbers.
    identities: Vec<Identity>,
    identity_numbers: HashMap<Identity, u32>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        let (text, number) = (Arc::<str>::from(text), self.texts.len() as u32);
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    fn identity(&mut self, row: &Row) -> u32 {
        let identity = Identity {
            workload: self.number(&row.workload),
            phase: self.number(&row.phase),
            definition: self.number(&row.definition),
            answer: self.number(&row.answer),
            unit: self.number(&row.unit.name),
        };
        let identities = &mut self.identities;
        *self.identity_numbers.entry(identity).or_insert_with(|| {
            identities.push(identity);
            (identities.len() - 1) as u32
        })
    }

    fn of(&self, row: &ReducedRow) -> Identity {
        self.identities[row.identity as usize]
    }

    fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}

impl Reducer {
    /// A reducer for a metric. Times are stated as their ratio to the phase `anchor` in the same record if there is one.
    pub fn new(metric: &'static Metric, anchor: Option<&str>) -> Self {
        Self {
            metric,
            anchor: anchor.filter(|_| !metric.portable()).map(str::to_owned),
            texts: Mutex::default(),
        }
    }

    /// The metric.
    pub fn metric(&self) -> &'static Metric {
        self.metric
    }

    /// Computes the values of a record.
    pub fn reduce(&self, record: &Record) -> Reduced {
        let index = match self.anchor {
            Some(_) => record.index(),
            None => RowIndex::default(),
        };
        let values: Vec<f64> = record
            .rows
            .iter()
            .map(|row| self.value(&index, row))
            .map(|value| value.filter(|value| value.is_finite() && *value >= 0.0))
            .map(|value| value.unwrap_or(f64::NAN))
            .collect();
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = record.rows.iter().zip(values);
        let rows = rows.map(|(row, value)| ReducedRow {
            identity: texts.identity(row),
            value,
        });
        Reduced {
            rows: rows.collect(),
        }
    }

    fn value(&self, index: &RowIndex<'_>, row: &Row) -> Option<f64> {
        if !row.check.is_fine() {
            return None;
        }
        let Some(anchor) = &self.anchor else {
            return self.metric.value(row);
        };
        let anchor = index.row(&row.workload, anchor)?;
        if !anchor.check.is_fine() {
            return None;
        }
        self.metric.ratio_value(anchor, row)
    }

    /// Computes the series that a query selects from records in the order of time, in the order of the rows of the newest
    /// record. The metric and the anchor are those of the reducer.
    pub fn series(&self, records: &[&Reduced], question: &HistoryQuery<'_>) -> Vec<Series> {
        let Some(newest) = records.last() else {
            return Vec::new();
        };
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let selected = texts.selected(newest, question);
        let mut values: HashMap<(u32, u32), Vec<Found>> = selected
            .iter()
            .map(|row| ((row.workload, row.phase), Vec::new()))
            .collect();
        for (moment, record) in records.iter().enumerate() {
            for reduced in &record.rows {
                let row = texts.of(reduced);
                if let Some(values) = values.get_mut(&(row.workload, row.phase))
                    // Of two rows with one name, the first counts.
                    && values.last().is_none_or(|(last, ..)| *last != moment)
                {
                    values.push((moment, row, reduced.value));
                }
            }
        }
        let of_row = |row: &Identity| {
            let values = &values[&(row.workload, row.phase)];
            let (mut points, mut redefined) = (Vec::with_capacity(values.len()), 0);
            for &(moment, one, value) in values {
                if (one.definition, one.answer) != (row.definition, row.answer) {
                    redefined += points.len() + 1;
                    points.clear();
                } else if !value.is_nan() {
                    points.push(Point { moment, value });
                }
            }
            let [workload, phase, unit] =
                [row.workload, row.phase, row.unit].map(|number| texts.text(number));
            Series::new(
                (workload, phase, unit),
                points,
                redefined,
                self.metric.portable(),
            )
        };
        selected.iter().filter_map(of_row).collect()
    }
}

impl Reduced {
    /// Returns true if no row has a value.
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(|row| row.value.is_nan())
    }
}

impl Texts {
    /// The rows of the newest record that a query selects: those of one workload together, in the order of its first row.
    fn selected(&self, newest: &Reduced, question: &HistoryQuery<'_>) -> Vec<Identity> {
        let mut by_workload: HashMap<u32, Vec<Identity>> = HashMap::new();
        let mut order = Vec::new();
        for row in newest.rows.iter().map(|row| self.of(row)) {
            by_workload.entry(row.workload).or_default().push(row);
            let is_of_program = self.text(row.unit) == program::UNIT;
            if !is_of_program {
                order.push(row.workload);
            }
        }
        let chosen = order
            .into_iter()
            .filter(|&workload| question.choice.workload(self.text(workload)));
        let mut selected = Vec::new();
        for workload in chosen {
            // Removed, so that a workload with several rows appears once.
            let rows = by_workload.remove(&workload).unwrap_or_default();
            let last = rows.last().map(|row| row.phase);
            selected.extend(rows.into_iter().filter(|row| match question.phases {
                [] => Some(row.phase) == last,
                phases => phases.iter().any(|phase| phase == self.text(row.phase)),
            }));
        }
        selected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::Choice;
    use crate::metric;
    use crate::sample::{callgrind, clock, record, row};

    #[test]
    fn records_of_several_threads_have_the_series_of_one_thread() {
        let records: Vec<Record> = (0..6)
            .map(|index| {
                let timed = |phase, time| row("w", phase, vec![clock("s", &[time; 3])]);
                // Another order of the workloads gives other numbers to the texts.
                let mut rows = vec![
                    timed("naive", 1000),
                    timed("fast", 500 - 50 * (index / 3)),
                    row("v", "naive", vec![clock("t", &[10; 3]), callgrind(index)]),
                ];
                rows.rotate_left(index as usize % 3);
                record(rows)
            })
            .collect();
        let time = metric::by_name("time").expect("a metric");
        let choice = Choice::default();
        let question = HistoryQuery {
            metric: time,
            choice: &choice,
            phases: &["fast".to_owned(), "naive".to_owned()],
            anchor: Some("naive"),
        };
        let one = Reducer::new(time, Some("naive"));
        let alone: Vec<Reduced> = records.iter().map(|record| one.reduce(record)).collect();
        let several = Reducer::new(time, Some("naive"));
        let mut threads: Vec<Reduced> = std::thread::scope(|scope| {
            let started = records.iter().rev();
            let started: Vec<_> = started
                .map(|record| scope.spawn(|| several.reduce(record)))
                .collect();
            let joined = started.into_iter().map(|thread| thread.join());
            joined.map(|reduced| reduced.expect("no panic")).collect()
        });
        threads.reverse();
        let [alone, threads] = [(&one, &alone), (&several, &threads)]
            .map(|(reducer, all)| reducer.series(&all.iter().collect::<Vec<_>>(), &question));
        assert_eq!(alone, threads);
        let fast = alone.iter().find(|one| one.phase == "fast").expect("there");
        let near = |value: &f64, other: f64| (value - other).abs() < 1e-9;
        let values = fast.values();
        assert!(
            near(&values[2], 0.5) && near(&values[3], 0.45),
            "{values:?}"
        );
        assert_eq!(alone.iter().filter(|one| one.workload == "w").count(), 2);
    }

    #[test]
    fn a_record_without_the_metric_is_empty() {
        let reducer = Reducer::new(metric::by_name("instructions").expect("a metric"), None);
        let of = |reading| reducer.reduce(&record(vec![row("w", "fast", vec![reading])]));
        assert!(of(clock("a", &[1])).is_empty());
        assert!(!of(callgrind(0)).is_empty());
    }
}
