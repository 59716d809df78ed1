//! The results of asv (airspeed velocity): one JSON file for each commit and environment, version 2.
//!
//! <https://asv.readthedocs.io/en/latest/dev.html>. `NaN` is a benchmark that was skipped, `null` one that failed. The
//! kind of a benchmark is the beginning of its name, as in asv.

use std::collections::BTreeMap;

use harness_record::metric::process;
use harness_record::{Data, Instrument, Statistic};

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::json::{self, Json};
use crate::number::{MOST_SAMPLES, clock, estimate, interval, positive, whole};
use crate::results::{Machine, stated, time_of_milliseconds};
use crate::rows::{Draft, Rows};

const NAME: &str = "asv";
const VERSION: u64 = 2;
const SECOND: f64 = 1e9;
/// Largest share by which asv rounds the ends of intervals.
const ROUNDED: f64 = 1e-4;
/// Level of the intervals, which their names contain.
const LEVEL: f64 = 0.99;

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "a results file of asv; version 2",
    detect: |content| {
        content.first().is_some_and(|first| {
            first.optional("commit_hash").is_some() && first.optional("results").is_some()
        })
    },
    read,
};

fn read(content: &Content<'_>) -> Result<Results, String> {
    let document = content.document()?;
    let version = document.whole_at("version")?;
    if version != VERSION {
        return Err(format!(
            "has version {version}; this harness reads {VERSION}"
        ));
    }
    let columns = document.list_at("result_columns")?;
    let columns: Vec<&str> = columns.iter().map(Json::text).collect::<Result<_, _>>()?;
    let (mut rows, mut started) = (Rows::default(), Vec::new());
    for (name, values) in document.at("results")?.fields()? {
        let table = match values {
            Json::List(values) if values.len() <= columns.len() => {
                Columns(columns.iter().copied().zip(values).collect())
            }
            _ => {
                rows.invalid(name, "has values without columns".to_owned());
                continue;
            }
        };
        started.extend(table.get("started_at").and_then(|at| at.number().ok()));
        if let Err(problem) = benchmark(name, &table, &mut rows) {
            rows.invalid(name, problem);
        }
    }
    let text = |key| stated(document.optional_text(key));
    let machine = document.optional("params");
    let of_machine = |key| stated(machine.and_then(|machine| machine.optional_text(key)));
    let commit = document.text_at("commit_hash")?;
    let created = started.into_iter().reduce(f64::min);
    let committed = document.optional_number("date")?;
    Ok(Results {
        version: Some(format!("results {version}")),
        created: created.and_then(time_of_milliseconds),
        revision: stated(Some(commit)),
        committed: committed.and_then(time_of_milliseconds),
        machine: Machine {
            name: of_machine("machine"),
            cpu: of_machine("cpu"),
            cpus: of_machine("num_cpu").and_then(|count| count.parse().ok()),
            os: of_machine("os"),
            kernel: None,
            target: of_machine("arch"),
            // The environment names the interpreter and the versions of all requirements.
            compiler: text("env_name").or_else(|| Some(format!("python {}", text("python")?))),
        },
        ..Results::of(NAME, rows)
    })
}

/// The values of a benchmark by column.
struct Columns<'a>(BTreeMap<&'a str, &'a Json>);

impl<'a> Columns<'a> {
    fn get(&self, column: &str) -> Option<&'a Json> {
        self.0
            .get(column)
            .copied()
            .filter(|value| **value != Json::Null)
    }

    /// The value of a column for one combination of parameters; none if there is none.
    fn item(&self, column: &str, place: usize) -> Result<Option<&'a Json>, String> {
        let Some(column_values) = self.get(column) else {
            return Ok(None);
        };
        let values = column_values
            .list()
            .map_err(|problem| json::at(column, &problem))?;
        Ok(values.get(place).filter(|value| **value != Json::Null))
    }
}

/// The kind of a benchmark.
#[derive(Clone, Copy)]
enum Measured {
    Time,
    PeakMemory,
}

/// Adds one row for each combination of parameters.
fn benchmark(name: &str, columns: &Columns<'_>, rows: &mut Rows) -> Result<(), String> {
    let function = name.rsplit('.').next().unwrap_or(name);
    let measured = match function
        .split('_')
        .next()
        .unwrap_or_default()
        .to_lowercase()
        .as_str()
    {
        "time" | "timeraw" => Measured::Time,
        "peakmem" => Measured::PeakMemory,
        _ => {
            rows.no_place(
                name,
                "measures neither time nor peak memory, which its name would begin with",
            );
            return Ok(());
        }
    };
    let parameters = match columns.get("params") {
        Some(parameters) => parameters
            .list()?
            .iter()
            .map(Json::list)
            .collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let Some(results) = columns.get("result") else {
        rows.add(name, Ok(Draft::failed("the benchmark failed")));
        return Ok(());
    };
    let results = results
        .list()
        .map_err(|problem| json::at("result", &problem))?;
    let expected = parameters
        .iter()
        .try_fold(1_usize, |product, values| product.checked_mul(values.len()));
    if expected != Some(results.len()) {
        return Err(format!(
            "has {} results, which is not the number of combinations of its parameters",
            results.len()
        ));
    }
    let version = columns
        .get("version")
        .and_then(|version| version.text().ok());
    for (place, result) in results.iter().enumerate() {
        let full = format!("{name}{}", combination(&parameters, place));
        if result.is_nan() {
            rows.skipped(&full, "was skipped");
            continue;
        }
        let draft = match result {
            Json::Null => Ok(Draft::failed("the benchmark failed")),
            result => row(measured, result, columns, place),
        };
        rows.add(
            &full,
            draft.map(|draft| Draft {
                version: version.map(str::to_owned),
                ..draft
            }),
        );
    }
    Ok(())
}

/// The values of the parameters at a place, in parentheses; the last parameter varies fastest.
fn combination(parameters: &[&[Json]], mut place: usize) -> String {
    let mut values = Vec::new();
    for choices in parameters.iter().rev() {
        let value = choices.get(place % choices.len().max(1));
        values.push(value.and_then(|value| value.text().ok()).unwrap_or("?"));
        place /= choices.len().max(1);
    }
    values.reverse();
    match values.is_empty() {
        true => String::new(),
        false => format!("({})", values.join(", ")),
    }
}

fn row(
    measured: Measured,
    result: &Json,
    columns: &Columns<'_>,
    place: usize,
) -> Result<Draft, String> {
    let value = positive(result.number()?, "result")?;
    match measured {
        Measured::PeakMemory => {
            let values = [
                (process::ITERATIONS, 1),
                (process::PEAK_RSS, whole(value, "result")?),
            ];
            let values = values.map(|(name, value)| (name.to_owned(), value)).into();
            let counted_by = Instrument::Process;
            Ok(Draft::of(0, Data::Counts { counted_by, values }))
        }
        Measured::Time => Ok(Draft::of(0, time(value, columns, place)?)),
    }
}

/// The samples if the file has them, otherwise the median with its interval.
fn time(median: f64, columns: &Columns<'_>, place: usize) -> Result<Data, String> {
    // Of few samples, an end of the interval is infinite: then there is none.
    let end = |column| {
        let value = columns.item(column, place)?;
        let value = value.filter(|value| !value.is_infinite());
        let value = value.map(Json::number).transpose();
        value.map_err(|problem| json::at(column, &problem))
    };
    let samples = columns
        .item("samples", place)?
        .map(Json::numbers)
        .transpose()?;
    if let Some(samples) = samples.filter(|samples| (1..=MOST_SAMPLES).contains(&samples.len())) {
        // The number of calls in a sample; the times are those of one call.
        let calls = columns
            .item("stats_number", place)?
            .map_or(Ok(1), Json::whole)?;
        let samples: Vec<(u64, f64)> = samples
            .iter()
            .map(|sample| (calls, sample * SECOND * calls as f64))
            .collect();
        return clock(&samples);
    }
    let spread = match (end("stats_ci_99_a")?, end("stats_ci_99_b")?) {
        (Some(low), Some(high)) => {
            // asv keeps five digits of the ends and all of the median. An estimated end may be below zero, a time is not.
            let near = |end: f64| (end - median).abs() <= ROUNDED * median;
            let [low, high] = [low.max(0.0), high].map(|end| if near(end) { median } else { end });
            Some(interval(low * SECOND, high * SECOND, LEVEL)?)
        }
        _ => None,
    };
    estimate(Statistic::Median, median * SECOND, spread)
}
