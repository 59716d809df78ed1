//! The JSON of pytest-benchmark (`--benchmark-json`, and the files below `.benchmarks`).

use harness_record::{Data, Statistic};

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::json::{self, Json};
use crate::number::{MOST_SAMPLES, clock, deviation, estimate, increasing, not_negative, positive};
use crate::results::{Machine, stated, time};
use crate::rows::{Draft, Rows};

const NAME: &str = "pytest-benchmark";
const SECOND: f64 = 1e9;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "the file of `pytest --benchmark-json`",
    detect: |content| {
        content.first().is_some_and(|first| {
            first.optional("machine_info").is_some() && first.optional("benchmarks").is_some()
        })
    },
    read,
};

fn read(content: &Content<'_>) -> Result<Results, String> {
    let document = content.document()?;
    let version = document.text_at("version")?;
    let mut rows = Rows::default();
    for entry in document.list_at("benchmarks")? {
        let name = match entry.optional_text("fullname") {
            Some(name) => name,
            None => entry.text_at("name")?,
        };
        let draft = benchmark(entry, |what| rows.no_place(name, what));
        rows.add(name, draft);
    }
    let commit = document.optional("commit_info");
    let of_commit = |key| commit.and_then(|commit| commit.optional_text(key));
    let dirty = commit
        .and_then(|commit| commit.optional("dirty"))
        .and_then(|dirty| match dirty {
            Json::Bool(dirty) => Some(*dirty),
            _ => None,
        });
    // Without a repository, pytest-benchmark writes "unknown" and an error.
    let revision = of_commit("id").filter(|id| is_id(id));
    Ok(Results {
        version: stated(Some(version)),
        created: document.optional_text("datetime").and_then(time),
        revision: revision.map(str::to_owned),
        dirty: revision.and(dirty),
        committed: revision.and(of_commit("time").and_then(time)),
        machine: machine(document.at("machine_info")?),
        ..Results::of(NAME, rows)
    })
}

/// True for the id of a commit of git or Mercurial.
fn is_id(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn machine(info: &Json) -> Machine {
    let text = |key| stated(info.optional_text(key));
    let cpu = info.optional("cpu");
    let of_cpu = |key| cpu.and_then(|cpu| cpu.optional(key));
    let joined = |parts: [Option<String>; 2]| {
        let [first, second] = parts;
        Some(format!("{} {}", first?, second?))
    };
    Machine {
        name: text("node"),
        cpu: stated(of_cpu("brand_raw").and_then(|brand| brand.text().ok())),
        cpus: of_cpu("count").and_then(|count| count.whole().ok()?.try_into().ok()),
        os: text("system"),
        kernel: text("release"),
        target: text("machine"),
        compiler: joined([text("python_implementation"), text("python_version")]),
    }
}

fn benchmark(entry: &Json, mut leave_out: impl FnMut(&'static str)) -> Result<Draft, String> {
    let stats = entry.at("stats")?;
    let number = |key: &str| not_negative(stats.number_at(key)?, key);
    increasing(&[
        ("minimum", number("min")?),
        ("mean", number("mean")?),
        ("maximum", number("max")?),
    ])?;
    let rounds = stats.whole_at("rounds")?;
    let iterations = stats.whole_at("iterations")?;
    if entry.optional("extra_info").is_some_and(has_fields) {
        leave_out("has `extra_info`, which this harness has no metric for");
    }
    let times = match stats.optional("data") {
        Some(data) => data
            .numbers()
            .map_err(|problem| json::at("data", &problem))?,
        None => Vec::new(),
    };
    if times.is_empty() {
        return Ok(Draft::of(0, of_moments(stats, rounds)?));
    }
    if times.len() as u64 != rounds {
        return Err(format!("has {} times of {rounds} rounds", times.len()));
    }
    if times.len() > MOST_SAMPLES {
        for time in &times {
            positive(*time, "time")?;
        }
        leave_out("has more samples than a record keeps, so it has their mean and deviation");
        return Ok(Draft::of(0, of_moments(stats, rounds)?));
    }
    // The times are those of one iteration.
    let samples: Vec<(u64, f64)> = times
        .iter()
        .map(|time| (iterations, time * SECOND * iterations as f64))
        .collect();
    Ok(Draft::of(0, clock(&samples)?))
}

/// The mean with its interval, from the statistics.
fn of_moments(stats: &Json, rounds: u64) -> Result<Data, String> {
    let deviation = deviation(stats.number_at("stddev")? * SECOND, rounds)?;
    estimate(
        Statistic::Mean,
        stats.number_at("mean")? * SECOND,
        Some(deviation),
    )
}

fn has_fields(value: &Json) -> bool {
    value.fields().is_ok_and(|fields| !fields.is_empty())
}
