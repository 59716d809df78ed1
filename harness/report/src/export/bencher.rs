//! Bencher Metric Format (BMF): JSON that the adapter `json` of Bencher reads.

use std::collections::BTreeMap;

use serde::Serialize;

use super::json::pretty;
use super::{Exporter, Results, Row};

/// An object of benchmarks, each with an object of measures. A number that is missing is left out, because the format
/// cannot hold its absence.
pub(super) struct Bencher;

/// A value with the ends of its interval.
#[derive(Serialize)]
struct Metric {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lower_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper_value: Option<f64>,
}

impl Exporter for Bencher {
    fn name(&self) -> &'static str {
        "bencher"
    }

    fn help(&self) -> &'static str {
        "Bencher Metric Format, for `bencher run --adapter json`"
    }

    fn export(&self, results: &Results) -> String {
        let mut benchmarks: BTreeMap<String, BTreeMap<&str, Metric>> = BTreeMap::new();
        for row in &results.rows {
            if let Some((measure, metric)) = measured(row) {
                benchmarks
                    .entry(row.place())
                    .or_default()
                    .insert(measure, metric);
            }
        }
        pretty(&benchmarks)
    }
}

/// Name and value. The two measures that every project of Bencher has are used where they fit: `latency` in nanoseconds,
/// and `throughput` in operations per second.
fn measured(row: &Row) -> Option<(&str, Metric)> {
    let (measure, factor) = match row.metric.as_deref()? {
        "time" => ("latency", 1e9),
        "tokens-per-second" => ("throughput", 1.0),
        other => (other, 1.0),
    };
    let scaled = |value: Option<f64>| value.map(|value| value * factor);
    let metric = Metric {
        value: scaled(row.value)?,
        lower_value: scaled(row.low),
        upper_value: scaled(row.high),
    };
    Some((measure, metric))
}
