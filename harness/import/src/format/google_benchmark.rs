//! The JSON of google-benchmark (`--benchmark_out_format=json`).
//!
//! Repetitions are samples. Aggregates are used only if the file has no repetitions (`--benchmark_report_aggregates_only`).

use harness_record::{Data, Statistic};

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::json::Json;
use crate::number::{clock, deviation, estimate, not_negative, unit_of_time};
use crate::results::{Machine, stated, time};
use crate::rows::{Draft, Rows};

const NAME: &str = "google-benchmark";
/// The only version of the format, which newer files state.
const VERSION: u64 = 1;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "the JSON of google-benchmark",
    detect: |content| {
        content.first().is_some_and(|first| {
            let in_context = |key| {
                first
                    .optional("context")
                    .is_some_and(|context| context.optional(key).is_some())
            };
            first.optional("benchmarks").is_some() && in_context("num_cpus")
        })
    },
    read,
};

/// Keys of an entry that are read, or that say nothing about a cost.
const KNOWN: [&str; 22] = [
    "name",
    "family_index",
    "per_family_instance_index",
    "run_name",
    "run_type",
    "repetitions",
    "repetition_index",
    "threads",
    "iterations",
    "real_time",
    "cpu_time",
    "time_unit",
    "aggregate_name",
    "aggregate_unit",
    "error_occurred",
    "error_message",
    "skipped",
    "skip_message",
    "label",
    "big_o",
    "rms",
    "cpu_coefficient",
];

fn read(content: &Content<'_>) -> Result<Results, String> {
    let document = content.document()?;
    let context = document.at("context")?;
    if let Some(version) = context.optional("json_schema_version") {
        let version = version.whole()?;
        if version != VERSION {
            return Err(format!(
                "has schema version {version}; this harness reads {VERSION}"
            ));
        }
    }
    let mut groups: Vec<(&str, Vec<&Json>)> = Vec::new();
    for entry in document.list_at("benchmarks")? {
        let name = match entry.optional_text("run_name") {
            Some(name) => name,
            None => entry.text_at("name")?,
        };
        // Entries of one benchmark are adjacent, unless repetitions are interleaved at random.
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, entries)) => entries.push(entry),
            None => groups.push((name, vec![entry])),
        }
    }
    let mut rows = Rows::default();
    for (name, entries) in groups {
        let draft = benchmark(&entries, |what| rows.no_place(name, what));
        match draft {
            Ok(None) => rows.skipped(name, "was skipped"),
            Ok(Some(draft)) => rows.add(name, Ok(draft)),
            Err(problem) => rows.invalid(name, problem),
        }
    }
    let text = |key| context.optional_text(key);
    let cpus = context
        .optional("num_cpus")
        .and_then(|cpus| cpus.whole().ok());
    Ok(Results {
        version: stated(text("library_version")),
        created: text("date").and_then(time),
        machine: Machine {
            name: stated(text("host_name")),
            cpus: cpus.and_then(|cpus| cpus.try_into().ok()),
            ..Machine::default()
        },
        ..Results::of(NAME, rows)
    })
}

/// The row of the entries of one benchmark; none if it was skipped.
fn benchmark(
    entries: &[&Json],
    mut leave_out: impl FnMut(String),
) -> Result<Option<Draft>, String> {
    let is_true = |entry: &Json, key: &str| entry.optional(key) == Some(&Json::Bool(true));
    if let Some(failed) = entries
        .iter()
        .find(|entry| is_true(entry, "error_occurred"))
    {
        let message = failed
            .optional_text("error_message")
            .unwrap_or("no message");
        return Ok(Some(Draft::failed(format!(
            "the benchmark failed: {message}"
        ))));
    }
    if entries.iter().any(|entry| is_true(entry, "skipped")) {
        return Ok(None);
    }
    let is_aggregate = |entry: &&Json| entry.optional_text("run_type") == Some("aggregate");
    let (aggregates, runs): (Vec<&Json>, Vec<&Json>) =
        entries.iter().copied().partition(is_aggregate);
    let mut units: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.optional_text("time_unit"))
        .collect();
    units.dedup();
    if units.len() > 1 {
        return Err(format!("has times in several units: {}", units.join(", ")));
    }
    let factor = unit_of_time(units.first().ok_or("has no `time_unit`")?)?;
    for entry in entries {
        for (key, _) in entry
            .fields()?
            .iter()
            .filter(|(key, _)| !KNOWN.contains(&key.as_str()))
        {
            leave_out(format!("has `{key}`, which this harness has no metric for"));
        }
        if entry.optional("big_o").is_some() || entry.optional("rms").is_some() {
            leave_out("has an estimate of its complexity".to_owned());
        }
    }
    if entries
        .iter()
        .any(|entry| entry.optional("cpu_time").is_some())
    {
        leave_out("has `cpu_time`, which is not split into user and system".to_owned());
    }
    let threads = entries[0].optional("threads").map_or(Ok(0), Json::whole)?;
    let threads = u32::try_from(threads).map_err(|_| format!("has {threads} threads"))?;
    let data = match runs.is_empty() {
        false => repetitions(&runs, factor)?,
        true => aggregate(&aggregates, factor)?,
    };
    Ok(Some(Draft::of(threads, data)))
}

fn repetitions(runs: &[&Json], factor: f64) -> Result<Data, String> {
    let mut indices: Vec<u64> = Vec::new();
    let mut samples = Vec::new();
    for run in runs {
        if let Some(index) = run.optional("repetition_index") {
            indices.push(index.whole()?);
        }
        let iterations = run.whole_at("iterations")?;
        let time = not_negative(run.number_at("real_time")?, "real_time")?;
        samples.push((iterations, time * factor * iterations as f64));
    }
    let all = indices.len();
    indices.sort_unstable();
    indices.dedup();
    // Without an index, two entries of one name are two benchmarks.
    if indices.len() < all || (all < runs.len() && runs.len() > 1) {
        return Err("occurs more than once".to_owned());
    }
    clock(&samples)
}

/// The mean of repetitions that are not in the file, or their median if it has no mean.
fn aggregate(aggregates: &[&Json], factor: f64) -> Result<Data, String> {
    let named = |name: &str| {
        let mut found = aggregates
            .iter()
            .filter(|entry| entry.optional_text("aggregate_name") == Some(name));
        let first = found.next();
        match found.next() {
            None => Ok(first),
            Some(_) => Err(format!("has more than one {name}")),
        }
    };
    let nanoseconds = |entry: &Json| Ok::<f64, String>(entry.number_at("real_time")? * factor);
    if let Some(mean) = named("mean")? {
        let samples = mean.whole_at("repetitions")?;
        let spread = named("stddev")?
            .map(|one| deviation(nanoseconds(one)?, samples))
            .transpose()?;
        return estimate(Statistic::Mean, nanoseconds(mean)?, spread);
    }
    match named("median")? {
        Some(median) => estimate(Statistic::Median, nanoseconds(median)?, None),
        None => Err("has neither repetitions nor a mean or median of them".to_owned()),
    }
}
