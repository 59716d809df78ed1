//! The results of CodSpeed's walltime instrument: one JSON file for each process, in the folder `results` of a profile.
//!
//! The format is not documented. It is that of codspeed-rust 4 and codspeed-go: statistics of rounds, without samples.

use harness_record::Statistic;

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::json::Json;
use crate::number::{deviation, estimate, increasing, positive};
use crate::results::stated;
use crate::rows::{Draft, Rows};

const NAME: &str = "codspeed";
const INSTRUMENT: &str = "walltime";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "a results file of CodSpeed's walltime instrument",
    detect: |content| {
        content.first().is_some_and(|first| {
            first.optional("creator").is_some() && first.optional("instrument").is_some()
        })
    },
    read,
};

fn read(content: &Content<'_>) -> Result<Results, String> {
    let document = content.document()?;
    let creator = document.at("creator")?;
    let instrument = document.at("instrument")?.text_at("type")?;
    if instrument != INSTRUMENT {
        return Err(format!(
            "has results of the instrument {instrument}; this harness reads {INSTRUMENT}"
        ));
    }
    let mut rows = Rows::default();
    for entry in document.list_at("benchmarks")? {
        let name = match entry.optional_text("uri") {
            Some(uri) => uri,
            None => entry.text_at("name")?,
        };
        let draft = benchmark(entry);
        if draft.is_ok() {
            rows.no_place(
                name,
                "has quartiles and numbers of outliers, which this harness has no metric for",
            );
        }
        rows.add(name, draft);
    }
    let version = creator.optional_text("version").unwrap_or_default();
    let version = format!("{} {version}", creator.text_at("name")?);
    Ok(Results {
        version: stated(Some(&version)),
        ..Results::of(NAME, rows)
    })
}

fn benchmark(entry: &Json) -> Result<Draft, String> {
    let stats = entry.at("stats")?;
    let number = |key: &str| positive(stats.number_at(key)?, key);
    let quartiles = ["min_ns", "q1_ns", "median_ns", "q3_ns", "max_ns"];
    let mut values = Vec::new();
    for key in quartiles {
        values.push((key, number(key)?));
    }
    increasing(&values)?;
    increasing(&[values[0], ("mean_ns", number("mean_ns")?), values[4]])?;
    // A single round has no deviation.
    let rounds = stats.whole_at("rounds")?;
    let spread = match stats.optional_number("stdev_ns")? {
        Some(value) => Some(deviation(value, rounds)?),
        None if rounds == 1 => None,
        None => return Err("has no `stdev_ns`".to_owned()),
    };
    let mean = number("mean_ns")?;
    Ok(Draft::of(0, estimate(Statistic::Mean, mean, spread)?))
}
