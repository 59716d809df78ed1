//! Lowers single counts of a baseline and leaves all others, so that a gain is kept without accepting any loss.

use crate::baseline::Baseline;
use crate::metric::Metric;
use crate::{Data, Record, Row};

/// A figure whose stored count is to be lowered.
#[derive(Debug, Clone, Copy)]
pub struct Gain<'a> {
    /// The workload's id.
    pub workload: &'a str,
    /// The phase.
    pub phase: &'a str,
    /// The metric.
    pub metric: &'static Metric,
}

impl Baseline {
    /// This baseline with the counts of `new` behind these figures. No count is raised, and no row is added or removed.
    /// The date and the revision become those of `new`.
    #[must_use]
    pub fn lowered(&self, new: &Self, gains: &[Gain<'_>]) -> Self {
        let mut rows = self.record.rows.clone();
        for row in &mut rows {
            let here = |gain: &&Gain<'_>| gain.workload == row.workload && gain.phase == row.phase;
            let here: Vec<_> = gains.iter().filter(here).collect();
            let Some(better) = new.record.row(&row.workload, &row.phase) else {
                continue;
            };
            for gain in here {
                lower(row, better, gain.metric);
            }
        }
        Self {
            isa: self.isa.clone(),
            record: Record {
                rows,
                quick: self.record.quick,
                ..new.record.clone()
            },
        }
    }
}

/// Lowers the counts behind a metric to those of `new`.
fn lower(row: &mut Row, new: &Row, metric: &Metric) {
    let instrument = metric.instrument();
    let before = row.clone();
    let reading = |row: &Row| row.reading(instrument).map(|reading| reading.data.clone());
    let (Some(mut data), Some(new)) = (reading(row), reading(new)) else {
        return;
    };
    match (&mut data, &new) {
        (Data::Callgrind { instructions }, Data::Callgrind { instructions: new }) => {
            *instructions = (*new).min(*instructions);
        }
        (Data::Dhat { .. }, Data::Dhat { .. }) => lower_heap(&mut data, &new, metric),
        (Data::Counts { values, .. }, Data::Counts { values: new, .. }) => {
            // The names are those of the instrument. The metric itself shows which of them it is computed from.
            for (name, count) in new {
                let Some(stored) = values.get(name).copied().filter(|stored| count < stored) else {
                    continue;
                };
                values.insert(name.clone(), *count);
                let data = Data::Counts {
                    counted_by: instrument,
                    values: values.clone(),
                };
                if !is_better(metric, &before, &with(&before, metric, data)) {
                    values.insert(name.clone(), stored);
                }
            }
        }
        _ => {}
    }
    *row = with(&before, metric, data);
}

fn lower_heap(data: &mut Data, new: &Data, metric: &Metric) {
    let Data::Dhat {
        total_bytes,
        total_blocks,
        peak_bytes,
        leaked_bytes,
        tokens,
        token_bytes,
        token_blocks,
    } = data
    else {
        return;
    };
    let Data::Dhat {
        total_bytes: new_bytes,
        total_blocks: new_blocks,
        peak_bytes: new_peak,
        leaked_bytes: new_leaked,
        tokens: new_tokens,
        token_bytes: new_token_bytes,
        token_blocks: new_token_blocks,
    } = new
    else {
        return;
    };
    let (stored, new) = match metric.name() {
        "total-bytes" => (total_bytes, new_bytes),
        "total-allocations" => (total_blocks, new_blocks),
        "peak-bytes" => (peak_bytes, new_peak),
        "leaked-bytes" => (leaked_bytes, new_leaked),
        "bytes-per-unit" if tokens == new_tokens => (token_bytes, new_token_bytes),
        "allocations-per-unit" if tokens == new_tokens => (token_blocks, new_token_blocks),
        _ => return,
    };
    *stored = (*new).min(*stored);
}

/// The row with other data of the metric's instrument.
fn with(row: &Row, metric: &Metric, data: Data) -> Row {
    let mut row = row.clone();
    let mut readings = row.readings.iter_mut();
    if let Some(reading) = readings.find(|one| one.data.instrument() == metric.instrument()) {
        reading.data = data;
    }
    row
}

fn is_better(metric: &Metric, from: &Row, to: &Row) -> bool {
    let figures = metric.figure(from).zip(metric.figure(to));
    figures.is_some_and(|(from, to)| metric.worse(from.value, to.value) < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;
    use crate::sample::{callgrind, dhat, record, row};

    fn baseline(rows: Vec<Row>) -> Baseline {
        Baseline {
            isa: "avx2".to_owned(),
            record: record(rows),
        }
    }

    fn gain(workload: &'static str, metric: &str) -> Gain<'static> {
        Gain {
            workload,
            phase: "naive",
            metric: by_name(metric).expect("a metric"),
        }
    }

    #[test]
    fn only_the_named_counts_are_lowered_and_none_is_raised() {
        let old = baseline(vec![
            row("a", "naive", vec![callgrind(1000), dhat(4096, 12)]),
            row("b", "naive", vec![callgrind(500)]),
        ]);
        let mut new = baseline(vec![
            row("a", "naive", vec![callgrind(900), dhat(2048, 20)]),
            row("b", "naive", vec![callgrind(400)]),
            row("c", "naive", vec![callgrind(1)]),
        ]);
        new.record.created = "2027-01-01T00:00:00Z".to_owned();
        let gains = [
            gain("a", "instructions"),
            gain("a", "total-bytes"),
            // A caller that is wrong cannot raise a count.
            gain("a", "total-allocations"),
        ];
        let lowered = old.lowered(&new, &gains);
        let mut expected = old.record.rows.clone();
        expected[0].readings[0] = callgrind(900);
        if let Data::Dhat { total_bytes, .. } = &mut expected[0].readings[1].data {
            *total_bytes = 2048;
        }
        assert_eq!(lowered.record.rows, expected);
        assert_eq!(lowered.record.created, new.record.created);
    }

    #[test]
    fn counts_per_token_are_lowered_if_the_run_generates_as_many() {
        let of = |tokens: u64, token_bytes: u64| {
            let data = Data::Dhat {
                total_bytes: 9000,
                total_blocks: 9,
                peak_bytes: 1,
                leaked_bytes: 0,
                tokens,
                token_bytes,
                token_blocks: 1,
            };
            let mut row = row("a", "naive", vec![dhat(0, 0)]);
            row.readings[0].data = data;
            baseline(vec![row])
        };
        let gains = [gain("a", "bytes-per-unit")];
        let lowered = |new: &Baseline| of(8, 800).lowered(new, &gains).record.rows;
        assert_eq!(lowered(&of(8, 400)), of(8, 400).record.rows);
        assert_eq!(lowered(&of(16, 400)), of(8, 800).record.rows);
    }
}
