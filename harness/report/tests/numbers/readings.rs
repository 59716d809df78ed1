//! Figures and ratios of raw readings, by code that is independent of the report.

use std::cell::RefCell;
use std::collections::HashMap;

use harness_record::{Check, Data, Record, Row, Run};

use crate::statistics::{Computed, Logs, mean_of_rounds, quantile, quotient_of_rounds};

/// The metrics by name.
pub(crate) const METRICS: [&str; 15] = [
    "time",
    "criterion-time",
    "tokens-per-second",
    "time-to-first-token",
    "latency-median",
    "latency-p95",
    "latency-min",
    "latency-max",
    "instructions",
    "bytes-per-unit",
    "allocations-per-unit",
    "total-bytes",
    "total-allocations",
    "peak-bytes",
    "leaked-bytes",
];

/// The name of the ratio of speeds: of tokens per second, or of runs if a workload has no tokens.
pub(crate) const SPEED: &str = "speed";

type Key = (String, String, String, String);

/// The readings of a record, and what was computed from them already.
pub(crate) struct Readings<'a> {
    pub(crate) record: &'a Record,
    ids: Vec<&'a str>,
    rows: HashMap<(&'a str, &'a str), &'a Row>,
    known: RefCell<HashMap<Key, Option<Computed>>>,
}

impl<'a> Readings<'a> {
    pub(crate) fn new(record: &'a Record) -> Self {
        let mut ids = Vec::new();
        for row in &record.rows {
            if !ids.contains(&row.workload.as_str()) {
                ids.push(row.workload.as_str());
            }
        }
        let rows = record
            .rows
            .iter()
            .map(|row| ((row.workload.as_str(), row.phase.as_str()), row));
        Self {
            record,
            ids,
            rows: rows.collect(),
            known: RefCell::default(),
        }
    }

    pub(crate) fn row(&self, workload: &str, phase: &str) -> Option<&'a Row> {
        self.rows.get(&(workload, phase)).copied()
    }

    /// The phases of a workload, in the order of the record.
    pub(crate) fn phases(&self, workload: &str) -> Vec<&'a str> {
        let rows = self
            .record
            .rows
            .iter()
            .filter(|row| row.workload == workload);
        rows.map(|row| row.phase.as_str()).collect()
    }

    /// The workloads, in the order of the record.
    pub(crate) fn workloads(&self) -> &[&'a str] {
        &self.ids
    }

    /// The figure of a workload in a phase.
    pub(crate) fn figure(&self, workload: &str, phase: &str, metric: &str) -> Option<Computed> {
        self.once(workload, phase, "", metric, || {
            let row = self.row(workload, phase)?;
            match logs(row, metric) {
                Some(logs) => Some(mean_of_rounds(&logs)),
                None => single(row, metric),
            }
        })
    }

    /// The ratio of two phases: of a metric, or of [`SPEED`]. None if an answer is wrong.
    pub(crate) fn ratio(
        &self,
        workload: &str,
        base: &str,
        head: &str,
        metric: &str,
    ) -> Option<Computed> {
        if metric == SPEED {
            let by_tokens = self.figure(workload, head, "tokens-per-second").is_some();
            return match by_tokens {
                true => self.ratio(workload, base, head, "tokens-per-second"),
                false => Some(self.ratio(workload, base, head, "time")?.inverse()),
            };
        }
        self.once(workload, head, base, metric, || {
            let (base, head) = (self.row(workload, base)?, self.row(workload, head)?);
            let is_right = base.check == Check::Passed && head.check == Check::Passed;
            if !is_right || metric == "criterion-time" {
                return None;
            }
            let is_timed = METRICS[..8].contains(&metric);
            if is_timed && clock(base).map(|clock| clock.0) != clock(head).map(|clock| clock.0) {
                return None;
            }
            if let Some((base, head)) = logs(base, metric).zip(logs(head, metric)) {
                return Some(quotient_of_rounds(&base, &head));
            }
            let (base, head) = (single(base, metric)?.value, single(head, metric)?.value);
            (base != 0.0).then(|| Computed::exact(head / base))
        })
    }

    fn once(
        &self,
        workload: &str,
        phase: &str,
        base: &str,
        metric: &str,
        compute: impl FnOnce() -> Option<Computed>,
    ) -> Option<Computed> {
        let key = [workload, phase, base, metric].map(str::to_owned).into();
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let found = compute().filter(|found| found.value.is_finite());
        self.known.borrow_mut().insert(key, found);
        found
    }
}

/// The session and the slices of the clock.
fn clock(row: &Row) -> Option<(&str, &[Run])> {
    row.readings.iter().find_map(|reading| match &reading.data {
        Data::Clock { session, runs } => Some((session.as_str(), runs.as_slice())),
        _ => None,
    })
}

/// The logarithms of a metric that every round has a value of.
fn logs(row: &Row, metric: &str) -> Option<Logs> {
    let (_, runs) = clock(row)?;
    let mut rounds: Vec<u32> = runs.iter().map(|run| run.round).collect();
    rounds.dedup();
    let of_round = |round: u32| {
        let slices = runs.iter().filter(|run| run.round == round);
        let middle = |value: fn(&Row, &Run) -> Option<f64>| {
            quantile(
                slices.clone().filter_map(|run| value(row, run)).collect(),
                0.5,
            )
        };
        let value = match metric {
            "time" => middle(seconds),
            "tokens-per-second" => middle(rate),
            "time-to-first-token" => middle(|_, run| Some(*run.tokens_at.first()? as f64 / 1e9)),
            "latency-median" => {
                quantile(slices.clone().flat_map(|run| gaps(row, run)).collect(), 0.5)
            }
            "latency-p95" => {
                let single = slices.clone().filter(|run| run.iterations == 1);
                quantile(single.flat_map(|run| gaps(row, run)).collect(), 0.95)
            }
            _ => None,
        };
        Some((round, value?.ln()))
    };
    let logs: Logs = rounds.into_iter().filter_map(of_round).collect();
    (!logs.is_empty()).then_some(logs)
}

/// A value without rounds: a count, an extreme, or the estimate of criterion.
fn single(row: &Row, metric: &str) -> Option<Computed> {
    if metric == "latency-min" || metric == "latency-max" {
        let single = clock(row)?.1.iter().filter(|run| run.iterations == 1);
        let q = if metric == "latency-min" { 0.0 } else { 1.0 };
        let gaps = single.flat_map(|run| gaps(row, run)).collect();
        return quantile(gaps, q).map(Computed::exact);
    }
    row.readings
        .iter()
        .find_map(|reading| of_data(row, &reading.data, metric))
}

fn of_data(row: &Row, data: &Data, metric: &str) -> Option<Computed> {
    match (data, metric) {
        (
            Data::Criterion {
                estimate_picoseconds,
                lower_picoseconds,
                upper_picoseconds,
                ..
            },
            "criterion-time",
        ) => {
            let [value, low, high] = [estimate_picoseconds, lower_picoseconds, upper_picoseconds]
                .map(|time| *time as f64 * 1e-12);
            Some(Computed {
                value,
                ends: Some((low, high)),
            })
        }
        (Data::Callgrind { instructions }, "instructions") => Some(Computed::exact(
            *instructions as f64 / row.unit.per_run as f64,
        )),
        (
            Data::Dhat {
                total_bytes,
                total_blocks,
                peak_bytes,
                leaked_bytes,
                tokens,
                token_bytes,
                token_blocks,
            },
            _,
        ) => {
            let per_unit = |of_run: &u64, of_tokens: &u64| match tokens {
                0 => *of_run as f64 / row.unit.per_run as f64,
                _ => *of_tokens as f64 / *tokens as f64,
            };
            let value = match metric {
                "bytes-per-unit" => per_unit(total_bytes, token_bytes),
                "allocations-per-unit" => per_unit(total_blocks, token_blocks),
                "total-bytes" => *total_bytes as f64,
                "total-allocations" => *total_blocks as f64,
                "peak-bytes" => *peak_bytes as f64,
                "leaked-bytes" => *leaked_bytes as f64,
                _ => return None,
            };
            Some(Computed::exact(value))
        }
        _ => None,
    }
}

fn seconds(_: &Row, run: &Run) -> Option<f64> {
    Some(run.nanoseconds as f64 / run.iterations as f64 / 1e9)
}

/// Tokens per second: those after the first token if tokens have times of their own.
fn rate(row: &Row, run: &Run) -> Option<f64> {
    if row.unit.name != "token" {
        return None;
    }
    match run.tokens_at.as_slice() {
        [] => Some(row.unit.per_run as f64 / seconds(row, run)?),
        [first, .., last] => Some((run.tokens_at.len() - 1) as f64 / (last - first) as f64 * 1e9),
        [_] => None,
    }
}

/// The seconds of each token after the first; of the run if a run is one token.
fn gaps(row: &Row, run: &Run) -> Vec<f64> {
    let is_one_token = row.unit.name == "token" && row.unit.per_run == 1;
    if is_one_token && run.tokens_at.is_empty() {
        return seconds(row, run).into_iter().collect();
    }
    let pairs = run.tokens_at.windows(2);
    pairs.map(|pair| (pair[1] - pair[0]) as f64 / 1e9).collect()
}
