//! JSON of github-action-benchmark. The action wants figures of one direction in a file, so there are two exports.

use serde::Serialize;

use super::json::pretty;
use super::{Better, Exporter, Results, Row};

/// Figures of one direction: its tool `customSmallerIsBetter` or `customBiggerIsBetter`.
pub(super) struct BenchmarkAction {
    better: Better,
    name: &'static str,
    help: &'static str,
}

/// Figures of which less is better.
pub(super) const SMALLER: BenchmarkAction = BenchmarkAction {
    better: Better::Lower,
    name: "benchmark-action-smaller",
    help: "github-action-benchmark, tool customSmallerIsBetter",
};

/// Figures of which more is better.
pub(super) const BIGGER: BenchmarkAction = BenchmarkAction {
    better: Better::Higher,
    name: "benchmark-action-bigger",
    help: "github-action-benchmark, tool customBiggerIsBetter",
};

/// A figure as the action reads it.
#[derive(Serialize)]
struct Entry {
    name: String,
    unit: String,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<String>,
}

impl Exporter for BenchmarkAction {
    fn name(&self) -> &'static str {
        self.name
    }

    fn help(&self) -> &'static str {
        self.help
    }

    fn export(&self, results: &Results) -> String {
        let rows = results.rows.iter();
        let rows = rows.filter(|row| row.better == self.better);
        pretty(&rows.filter_map(entry).collect::<Vec<_>>())
    }
}

fn entry(row: &Row) -> Option<Entry> {
    let range = row.low.zip(row.high);
    Some(Entry {
        name: format!("{} {}", row.place(), row.metric.as_deref()?),
        unit: row.unit.clone(),
        value: row.value?,
        range: range.map(|(low, high)| format!("[{low}, {high}]")),
        extra: row.reason.clone(),
    })
}
