//! The messages of `cargo criterion --message-format=json`: one JSON object per line. The data folder of cargo-criterion
//! (CBOR) has no documented format and is not read.
//!
//! <https://bheisler.github.io/criterion.rs/book/cargo_criterion/external_tools.html>

use harness_record::Unit;

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::json::Json;
use crate::number::{clock, unit_of_time};
use crate::rows::{Draft, Rows};

const NAME: &str = "cargo-criterion";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "messages of `cargo criterion --message-format=json`",
    detect: |content| {
        let documents = content.documents().unwrap_or_default();
        documents
            .iter()
            .any(|one| reason(one).is_some_and(|reason| REASONS.contains(&reason)))
    },
    read,
};

const COMPLETE: &str = "benchmark-complete";
const REASONS: [&str; 2] = [COMPLETE, "group-complete"];

fn reason(message: &Json) -> Option<&str> {
    message.optional_text("reason")
}

fn read(content: &Content<'_>) -> Result<Results, String> {
    let mut rows = Rows::default();
    let complete = content.documents()?.iter();
    for message in complete.filter(|message| reason(message) == Some(COMPLETE)) {
        let name = message.text_at("id")?;
        rows.add(name, benchmark(message));
        for estimate in ["typical", "mean", "median"] {
            if message.optional(estimate).is_some() {
                rows.no_place(
                    name,
                    "has estimates whose interval has no stated level; the samples are kept",
                );
                break;
            }
        }
    }
    Ok(Results::of(NAME, rows))
}

fn benchmark(message: &Json) -> Result<Draft, String> {
    let factor = unit_of_time(message.text_at("unit")?)?;
    let iterations = message.list_at("iteration_count")?;
    let times = message.at("measured_values")?.numbers()?;
    if iterations.len() != times.len() {
        return Err(format!(
            "has {} numbers of iterations and {} times",
            iterations.len(),
            times.len()
        ));
    }
    let samples = iterations
        .iter()
        .zip(&times)
        .map(|(iterations, time)| Ok((iterations.whole()?, time * factor)))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Draft {
        unit: unit(message)?,
        ..Draft::of(0, clock(&samples)?)
    })
}

/// The unit of throughput, if there is exactly one.
fn unit(message: &Json) -> Result<Option<Unit>, String> {
    let Some([throughput]) = message.optional("throughput").map(Json::list).transpose()? else {
        return Ok(None);
    };
    let name = throughput.text_at("unit")?.trim_end_matches('s');
    match throughput.whole_at("per_iteration")? {
        0 => Err("has a throughput of nothing".to_owned()),
        per_run => Ok(Some(Unit {
            name: name.to_owned(),
            per_run,
        })),
    }
}
