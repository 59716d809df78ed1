//! The folder `target/criterion` of criterion: three files in the folder `new` of each benchmark.

use std::collections::BTreeMap;

use harness_record::Unit;

use super::Format;
use crate::Results;
use crate::content::{Content, text};
use crate::criterion;
use crate::json::{self, Json};
use crate::rows::{Draft, Rows};

const NAME: &str = "criterion";
const FILES: [&str; 3] = ["benchmark.json", "estimates.json", "sample.json"];

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "the folder target/criterion",
    detect: |content| content.files().any(|file| is_wanted(&file.path)),
    read,
};

/// True for the files of the last run; `base` has those of an earlier one.
pub(super) fn is_wanted(path: &str) -> bool {
    place(path).is_some()
}

/// The folder of the benchmark, and the name of the file.
fn place(path: &str) -> Option<(&str, &str)> {
    let (folder, file) = path.rsplit_once('/')?;
    let benchmark = match folder {
        "new" => "",
        folder => folder.strip_suffix("/new")?,
    };
    FILES.contains(&file).then_some((benchmark, file))
}

fn read(content: &Content<'_>) -> Result<Results, String> {
    let mut benchmarks: BTreeMap<&str, BTreeMap<&str, &[u8]>> = BTreeMap::new();
    for file in content.files() {
        if let Some((benchmark, name)) = place(&file.path) {
            benchmarks
                .entry(benchmark)
                .or_default()
                .insert(name, &file.bytes);
        }
    }
    if benchmarks.is_empty() {
        return Err(format!("has no folder `new` with {}", FILES.join(", ")));
    }
    let mut rows = Rows::default();
    for (folder, files) in benchmarks {
        match benchmark(&files) {
            Ok((name, draft)) => rows.add(&name, draft),
            Err(problem) => rows.invalid(folder, problem),
        }
    }
    Ok(Results::of(NAME, rows))
}

/// The name of a benchmark, and its row or the problem of its numbers.
fn benchmark(files: &BTreeMap<&str, &[u8]>) -> Result<(String, Result<Draft, String>), String> {
    let file = |name: &str| {
        let bytes = files.get(name).copied();
        bytes.ok_or_else(|| format!("has no {name}"))
    };
    let described = text(file("benchmark.json")?).and_then(|text| json::documents(&text));
    let described = described.map_err(|problem| format!("has a benchmark.json that {problem}"))?;
    let described = &described[0];
    let name = described.text_at("full_id")?.to_owned();
    let draft = file("estimates.json")
        .and_then(|estimates| criterion::reading(estimates, file("sample.json")?))
        .and_then(|data| {
            Ok(Draft {
                unit: unit(described)?,
                ..Draft::of(0, data)
            })
        });
    Ok((name, draft))
}

/// The unit of throughput; none if the benchmark states none, or one of several parts.
fn unit(described: &Json) -> Result<Option<Unit>, String> {
    let Some(throughput) = described.optional("throughput") else {
        return Ok(None);
    };
    let [(kind, amount)] = throughput.fields()? else {
        return Ok(None);
    };
    let name = match kind.as_str() {
        "Bytes" | "BytesDecimal" => "byte",
        "Elements" => "element",
        "Bits" => "bit",
        _ => return Ok(None),
    };
    match amount.whole()? {
        0 => Err("has a throughput of nothing".to_owned()),
        per_run => Ok(Some(Unit {
            name: name.to_owned(),
            per_run,
        })),
    }
}
