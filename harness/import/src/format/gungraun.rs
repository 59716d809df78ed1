//! The summaries of gungraun (formerly iai-callgrind), versions 6 and 7 of their format: the folder `target/gungraun`
//! after a run with `--save-summary=json`, or the output of `--output-format=json`.
//!
//! <https://gungraun.github.io/gungraun/latest/html/cli_and_env/output/machine_readable.html>

use std::collections::BTreeMap;

use harness_record::{Data, Instrument};

use super::Format;
use crate::Results;
use crate::content::{Content, text};
use crate::json::{self, Json};
use crate::results::time;
use crate::rows::{Draft, Rows};

const NAME: &str = "gungraun";
const VERSIONS: [&str; 2] = ["6", "7"];

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "the folder target/gungraun with summary.json files, or the output of --output-format=json; versions 6 and 7",
    detect: |content| {
        let has_profiles = |one: &Json| {
            one.optional("profiles").is_some() && one.optional("module_path").is_some()
        };
        content.files().any(|file| is_wanted(&file.path))
            || content.first().is_some_and(|first| match first {
                Json::List(list) => list.first().is_some_and(has_profiles),
                one => has_profiles(one),
            })
    },
    read,
};

/// True for a summary.
pub(super) fn is_wanted(path: &str) -> bool {
    path == "summary.json" || path.ends_with("/summary.json")
}

/// Events of callgrind that the harness has metrics for, besides the instructions.
const EVENTS: [&str; 12] = [
    "Dr", "Dw", "I1mr", "D1mr", "D1mw", "ILmr", "DLmr", "DLmw", "Bc", "Bcm", "Bi", "Bim",
];
/// The event that counts instructions.
const INSTRUCTIONS: &str = "Ir";

fn read(content: &Content<'_>) -> Result<Results, String> {
    let mut summaries = Vec::new();
    for file in content.files().filter(|file| is_wanted(&file.path)) {
        let at_file = |problem| format!("has a {} that {problem}", file.path);
        let documents = text(&file.bytes).and_then(|text| json::documents(&text));
        summaries.extend(documents.map_err(at_file)?);
    }
    if summaries.is_empty() {
        summaries = content.documents()?.to_vec();
    }
    let summaries = summaries.into_iter().flat_map(|one| match one {
        Json::List(list) => list,
        one => vec![one],
    });
    let (mut rows, mut versions, mut started) = (Rows::default(), Vec::new(), Vec::new());
    for summary in summaries {
        let version = summary.text_at("version")?.to_owned();
        if !VERSIONS.contains(&version.as_str()) {
            return Err(format!(
                "has version {version}; this harness reads {}",
                VERSIONS.join(" and ")
            ));
        }
        let path = summary.text_at("module_path")?;
        let name = match summary.optional_text("id") {
            Some(id) => format!("{path}::{id}"),
            None => path.to_owned(),
        };
        let draft = benchmark(&summary, &version, |what| rows.no_place(&name, what));
        rows.add(&name, draft);
        versions.push(version);
        started.extend(summary.optional_text("started_at").and_then(time));
    }
    versions.dedup();
    Ok(Results {
        version: match versions.as_slice() {
            [one] => Some(format!("summary {one}")),
            _ => None,
        },
        created: started.into_iter().min(),
        ..Results::of(NAME, rows)
    })
}

/// The row of a summary. `leave_out` takes the names of what has no place.
fn benchmark(
    summary: &Json,
    version: &str,
    mut leave_out: impl FnMut(String),
) -> Result<Draft, String> {
    let mut draft = Draft::default();
    for profile in summary.list_at("profiles")? {
        let tool = profile.text_at("tool")?;
        let mut counts = metrics(profile, version)?;
        match tool {
            "Callgrind" | "Cachegrind" if draft.readings.is_empty() => {
                draft.readings.extend(events(&mut counts)?);
            }
            "DHAT" => draft.readings.extend(heap(&mut counts)),
            _ => {}
        }
        if !counts.is_empty() {
            let names: Vec<String> = counts.into_keys().collect();
            leave_out(format!(
                "has values of {tool} that this harness has no metric for: {}",
                names.join(", ")
            ));
        }
    }
    Ok(draft)
}

/// The readings of instructions and of simulated events, which are taken out of the counts.
fn events(counts: &mut BTreeMap<String, Option<u64>>) -> Result<Vec<(u32, Data)>, String> {
    let mut readings = Vec::new();
    let instructions = counts.remove(INSTRUCTIONS).flatten();
    match instructions {
        Some(0) => return Err("has no instructions".to_owned()),
        Some(instructions) => readings.push((0, Data::Callgrind { instructions })),
        None => {}
    }
    let mut values: BTreeMap<String, u64> = EVENTS
        .into_iter()
        .filter_map(|event| Some((event.to_owned(), counts.remove(event).flatten()?)))
        .collect();
    if !values.is_empty() {
        values.extend(instructions.map(|count| (INSTRUCTIONS.to_owned(), count)));
        readings.push((
            0,
            Data::Counts {
                counted_by: Instrument::Misses,
                values,
            },
        ));
    }
    Ok(readings)
}

/// The reading of heap counts, if there are all that a record needs.
fn heap(counts: &mut BTreeMap<String, Option<u64>>) -> Option<(u32, Data)> {
    let names = ["TotalBytes", "TotalBlocks", "AtTGmaxBytes", "AtTEndBytes"];
    let [total_bytes, total_blocks, peak_bytes, leaked_bytes] =
        names.map(|name| counts.get(name).copied().flatten());
    let data = Data::Dhat {
        total_bytes: total_bytes?,
        total_blocks: total_blocks?,
        peak_bytes: peak_bytes?,
        leaked_bytes: leaked_bytes?,
        tokens: 0,
        token_bytes: 0,
        token_blocks: 0,
    };
    counts.retain(|name, _| !names.contains(&name.as_str()));
    Some((0, data))
}

/// The new value of each metric of a profile; none for a fraction, which is a rate that the tool derived. Metrics that
/// only the old run has are left out: they belong to that run.
fn metrics(profile: &Json, version: &str) -> Result<BTreeMap<String, Option<u64>>, String> {
    let fields = match version {
        "6" => {
            let total = profile.at("summaries")?.at("total")?.at("summary")?;
            match total {
                Json::Text(none) if none == "None" => return Ok(BTreeMap::new()),
                total => match total.fields()? {
                    [(_, metrics)] => metrics.fields()?,
                    _ => return Err("has a summary of several tools in one".to_owned()),
                },
            }
        }
        _ => profile.at("data")?.at("total")?.at("metrics")?.fields()?,
    };
    let mut counts = BTreeMap::new();
    for (name, metric) in fields {
        let new = match version {
            "6" => new_of_six(metric)?,
            _ => metric.at("values")?.optional("new"),
        };
        if let Some(new) = new {
            let count = count(new).map_err(|problem| json::at(name, &problem))?;
            counts.insert(name.clone(), count);
        }
    }
    Ok(counts)
}

/// The new value in version 6: left, or the first of both.
fn new_of_six(metric: &Json) -> Result<Option<&Json>, String> {
    let values = metric.at("metrics")?;
    if let Some(both) = values.optional("Both") {
        return match both.list()? {
            [new, _] => Ok(Some(new)),
            _ => Err("has a pair that is none".to_owned()),
        };
    }
    Ok(values.optional("Left"))
}

/// A count: a number, `{"Int": number}` in version 6, or an object with a `value` in version 7.
fn count(new: &Json) -> Result<Option<u64>, String> {
    let value = ["Int", "Float", "value"]
        .into_iter()
        .find_map(|key| new.optional(key))
        .unwrap_or(new);
    match value {
        Json::Whole(count) => Ok(Some(*count)),
        other => {
            let number = other.number()?;
            match number < 0.0 {
                true => Err(format!("is {number}")),
                false => Ok(None),
            }
        }
    }
}
