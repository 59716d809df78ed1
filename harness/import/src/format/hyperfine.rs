//! The export of hyperfine (`--export-json`): version 1, which has no version number, and `schema_version` 2.

use std::collections::BTreeMap;

use harness_record::metric::process;
use harness_record::{Data, Instrument, Statistic};

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::json::{self, Json};
use crate::number::{clock, estimate, increasing, not_negative, unit_of_time, whole};
use crate::results::{Machine, stated, time};
use crate::rows::{Draft, Rows};

const NAME: &str = "hyperfine";
const SECOND: f64 = 1e9;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "the file of `hyperfine --export-json`; versions 1 and 2",
    detect: |content| {
        content.first().is_some_and(|first| {
            let results = first.optional("results").and_then(|list| list.list().ok());
            results.is_some_and(|list| {
                list.first()
                    .is_none_or(|one| one.optional("command").is_some())
            })
        })
    },
    read,
};

fn read(content: &Content<'_>) -> Result<Results, String> {
    let document = content.document()?;
    let version = match document.optional("schema_version") {
        None => 1,
        Some(version) => version.whole()?,
    };
    let mut rows = Rows::default();
    for result in document.list_at("results")? {
        let name = match result.optional_text("name") {
            Some(name) => name,
            None => result.text_at("command")?,
        };
        let draft = match version {
            1 => first(result, |what| rows.no_place(name, what)),
            2 => second(result, |what| rows.no_place(name, what)),
            other => {
                return Err(format!(
                    "has schema version {other}; this harness reads 1 and 2"
                ));
            }
        };
        rows.add(name, draft);
    }
    let metadata = document.optional("metadata");
    let text = |key| metadata.and_then(|metadata| metadata.optional_text(key));
    let platform = metadata.and_then(|metadata| metadata.optional("platform"));
    let part = |key| stated(platform.and_then(|platform| platform.optional_text(key)));
    Ok(Results {
        version: stated(text("hyperfine_version")).or(Some(format!("schema {version}"))),
        created: text("start_time").and_then(time),
        machine: Machine {
            os: part("os"),
            target: part("architecture"),
            ..Machine::default()
        },
        ..Results::of(NAME, rows)
    })
}

/// A result of version 1: lists of all runs, and means of the times on a core.
fn first(result: &Json, mut leave_out: impl FnMut(&'static str)) -> Result<Draft, String> {
    let number = |key: &str| not_negative(result.number_at(key)?, key);
    increasing(&[
        ("minimum", number("min")?),
        ("mean", number("mean")?),
        ("maximum", number("max")?),
    ])?;
    let Some(times) = result.optional("times") else {
        leave_out("has no samples, so its mean has no interval");
        let mean = number("mean")? * SECOND;
        return Ok(Draft::of(0, estimate(Statistic::Mean, mean, None)?));
    };
    let times = times
        .numbers()
        .map_err(|problem| json::at("times", &problem))?;
    let samples: Vec<(u64, f64)> = times.iter().map(|time| (1, time * SECOND)).collect();
    let mut draft = Draft::of(0, clock(&samples)?);
    let exits = result.optional("exit_codes").map(Json::list).transpose()?;
    if exits
        .unwrap_or_default()
        .iter()
        .any(|exit| *exit != Json::Whole(0))
    {
        leave_out("has runs with another exit status than 0");
    }
    let memory = match result.optional("memory_usage_byte") {
        None => None,
        Some(memory) => {
            let each: Result<Vec<u64>, String> = memory.list()?.iter().map(Json::whole).collect();
            each?.into_iter().max()
        }
    };
    let runs = samples.len() as f64;
    draft.readings.push((
        0,
        resources(
            samples.len() as u64,
            [number("user")? * runs, number("system")? * runs],
            memory,
        )?,
    ));
    Ok(draft)
}

/// A result of version 2: one object for each run, with values that have units.
fn second(result: &Json, mut leave_out: impl FnMut(&'static str)) -> Result<Draft, String> {
    let runs = result.list_at("measurements")?;
    let mut units: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut samples, mut on_core, mut memory) = (Vec::new(), [0.0; 2], None);
    for run in runs {
        let mut value = |key: &'static str| {
            let Some(quantity) = run.optional(key) else {
                return Ok(None);
            };
            let unit = quantity.text_at("unit")?;
            if *units.entry(key).or_insert(unit) != unit {
                return Err(format!("has a `{key}` in several units"));
            }
            let value = not_negative(quantity.number_at("value")?, key)?;
            Ok(Some((value, unit)))
        };
        let seconds = |(value, unit)| Ok::<f64, String>(value * unit_of_time(unit)? / SECOND);
        let time = value("time_wall_clock")?.ok_or("has a run without a `time_wall_clock`")?;
        samples.push((1, seconds(time)? * SECOND));
        for (sum, key) in on_core.iter_mut().zip(["time_user", "time_system"]) {
            *sum += value(key)?.map(seconds).transpose()?.unwrap_or(0.0);
        }
        if let Some((value, unit)) = value("memory_peak_resident")? {
            let bytes = whole(value * unit_of_size(unit)?, "memory_peak_resident")?;
            memory = memory.max(Some(bytes));
        }
        for (key, _) in run.fields()? {
            if !KNOWN.contains(&key.as_str()) {
                leave_out(
                    "has metrics that this harness has none for, such as counters of the processor",
                );
            }
        }
        if run
            .optional("exit_code")
            .is_some_and(|exit| *exit != Json::Whole(0))
        {
            leave_out("has a run with another exit status than 0");
        }
    }
    let mut draft = Draft::of(0, clock(&samples)?);
    draft
        .readings
        .push((0, resources(samples.len() as u64, on_core, memory)?));
    Ok(draft)
}

/// Keys of a run in version 2. `time_cpu` is the sum of the times of user and system.
const KNOWN: [&str; 6] = [
    "time_wall_clock",
    "time_cpu",
    "time_user",
    "time_system",
    "memory_peak_resident",
    "exit_code",
];

/// The bytes of a unit.
fn unit_of_size(name: &str) -> Result<f64, String> {
    let units = ["byte", "kibibyte", "mebibyte", "gibibyte", "tebibyte"];
    let place = units.iter().position(|unit| *unit == name);
    place
        .map(|place| 1024_f64.powi(place as i32))
        .ok_or_else(|| format!("is measured in {name:?}, which is no unit of memory"))
}

/// The resources of all runs together: seconds of user and system, and the peak memory.
fn resources(runs: u64, on_core: [f64; 2], memory: Option<u64>) -> Result<Data, String> {
    let mut values = BTreeMap::from([(process::ITERATIONS.to_owned(), runs)]);
    for (key, seconds) in [process::USER, process::SYSTEM].into_iter().zip(on_core) {
        values.insert(key.to_owned(), whole(seconds * SECOND, key)?);
    }
    // A measurement of 0 is a platform that does not measure it.
    let memory = memory.filter(|&bytes| bytes > 0);
    values.extend(memory.map(|bytes| (process::PEAK_RSS.to_owned(), bytes)));
    Ok(Data::Counts {
        counted_by: Instrument::Process,
        values,
    })
}
