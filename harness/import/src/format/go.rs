//! The text of `go test -bench`, also with `-benchmem` and `-count`.
//!
//! The format: <https://go.dev/design/14313-benchmark-format>. Lines of one name are samples of it.

use std::collections::{BTreeMap, BTreeSet};

use harness_record::metric::count::{TOTAL_BLOCKS, TOTAL_BYTES};
use harness_record::{Data, Instrument};

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::number::{clock, not_negative, positive, whole};
use crate::results::{Machine, stated};
use crate::rows::{Draft, Rows};

const NAME: &str = "go";
const BENCHMARK: &str = "Benchmark";
/// The units that have a metric: time, and two counts of the heap.
const TIME: &str = "ns/op";
const HEAP: [(&str, &str); 2] = [("B/op", TOTAL_BYTES), ("allocs/op", TOTAL_BLOCKS)];

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "the text of `go test -bench`",
    detect: |content| {
        content
            .text()
            .is_ok_and(|text| text.lines().any(|line| parts(line).is_some()))
    },
    read,
};

/// A line with a result: name, and the words after it.
fn parts(line: &str) -> Option<(&str, Vec<&str>)> {
    let mut words = line.split_whitespace();
    let name = words.next().filter(|name| name.starts_with(BENCHMARK))?;
    let words: Vec<&str> = words.collect();
    let is_result = words.first()?.bytes().all(|byte| byte.is_ascii_digit());
    is_result.then_some((name, words))
}

/// The lines of one benchmark.
#[derive(Default)]
struct Samples {
    order: usize,
    /// Iterations and nanoseconds of each line.
    times: Vec<(u64, f64)>,
    /// The values of each line, by unit.
    values: Vec<BTreeMap<String, f64>>,
    failure: Option<String>,
    problem: Option<String>,
}

fn read(content: &Content<'_>) -> Result<Results, String> {
    let mut benchmarks: BTreeMap<String, Samples> = BTreeMap::new();
    let cpus = cpus(content.text()?);
    let suffix = cpus.map(|cpus| format!("-{cpus}")).unwrap_or_default();
    let mut headings: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut package, mut is_open) = ("", false);
    for line in content.text()?.lines() {
        if let Some((key, value)) = line.split_once(": ")
            && ["goos", "goarch", "cpu", "pkg"].contains(&key)
        {
            headings.entry(key).or_default().insert(value.trim());
            is_open = true;
            if key == "pkg" {
                package = value.trim();
            }
            continue;
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        if ["PASS", "FAIL", "ok", "exit"].contains(&first) {
            is_open = false;
        }
        let failed = line.trim().strip_prefix("--- FAIL: ");
        let Some((name, words)) = parts(line).or(failed.map(|name| (name, Vec::new()))) else {
            continue;
        };
        let name = name.split_whitespace().next().unwrap_or_default();
        let name = name.strip_suffix(&suffix).unwrap_or(name);
        let name = match package {
            "" => name.to_owned(),
            package => format!("{package}/{name}"),
        };
        if failed.is_some() && !name.contains(BENCHMARK) {
            continue;
        }
        let order = benchmarks.len();
        let samples = benchmarks.entry(name).or_default();
        if samples.values.is_empty() && samples.failure.is_none() && samples.problem.is_none() {
            samples.order = order;
        }
        if failed.is_some() {
            samples.failure = Some("the benchmark failed".to_owned());
        } else if let Err(problem) = samples.add(&words) {
            samples.problem.get_or_insert(problem);
        }
    }
    if is_open {
        return Err("has no PASS or ok after its last benchmark, so it is cut".to_owned());
    }
    for key in ["goos", "goarch", "cpu"] {
        let values = headings.get(key).map_or(0, BTreeSet::len);
        if values > 1 {
            return Err(format!("has results of {values} machines: `{key}` differs"));
        }
    }
    let mut heading = |key| {
        let values = headings.remove(key).unwrap_or_default();
        stated(values.into_iter().next())
    };
    let (os, arch, cpu) = (heading("goos"), heading("goarch"), heading("cpu"));
    Ok(Results {
        machine: Machine {
            cpu,
            target: os
                .as_ref()
                .zip(arch)
                .map(|(os, arch)| format!("{os}/{arch}")),
            os,
            ..Machine::default()
        },
        ..Results::of(NAME, rows(benchmarks, cpus.unwrap_or(0)))
    })
}

fn rows(benchmarks: BTreeMap<String, Samples>, threads: u32) -> Rows {
    let mut rows = Rows::default();
    let mut ordered: Vec<_> = benchmarks.into_iter().collect();
    ordered.sort_by_key(|(_, samples)| samples.order);
    for (name, samples) in ordered {
        let draft = samples.draft(threads, |unit| {
            rows.no_place(
                &name,
                format!("has {unit}, which this harness has no metric for"),
            );
        });
        rows.add(&name, draft);
    }
    rows
}

impl Samples {
    /// Adds the words after the name: iterations, then pairs of value and unit.
    fn add(&mut self, words: &[&str]) -> Result<(), String> {
        let [iterations, pairs @ ..] = words else {
            return Err("has no number of iterations".to_owned());
        };
        let iterations: u64 = iterations
            .parse()
            .map_err(|_| format!("has {iterations} iterations"))?;
        if pairs.is_empty() || pairs.len() % 2 != 0 {
            return Err("has a line that is cut: a value without a unit".to_owned());
        }
        let mut values = BTreeMap::new();
        for pair in pairs.chunks_exact(2) {
            let (value, unit) = (pair[0], pair[1]);
            let number: f64 = value
                .parse()
                .map_err(|_| format!("has {value:?} where a number is expected"))?;
            if values
                .insert(unit.to_owned(), not_negative(number, unit)?)
                .is_some()
            {
                return Err(format!("has two values in {unit}"));
            }
        }
        let of_others = self
            .values
            .first()
            .map(|first| first.keys().eq(values.keys()));
        if of_others == Some(false) {
            return Err("has lines with different units".to_owned());
        }
        if let Some(time) = values.get(TIME) {
            self.times
                .push((iterations, positive(*time, TIME)? * iterations as f64));
        }
        self.values.push(values);
        Ok(())
    }

    fn draft(self, threads: u32, mut leave_out: impl FnMut(&str)) -> Result<Draft, String> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if let Some(failure) = self.failure {
            return Ok(Draft::failed(failure));
        }
        let mut draft = Draft::default();
        if !self.times.is_empty() {
            draft.readings.push((threads, clock(&self.times)?));
        }
        let mut counts = Vec::new();
        for values in &self.values {
            let mut named = BTreeMap::new();
            for (unit, name) in HEAP {
                if let Some(value) = values.get(unit) {
                    named.insert(name.to_owned(), whole(*value, unit)?);
                }
            }
            if !named.is_empty() {
                counts.push(named);
            }
        }
        let mut counts = counts.into_iter().map(|values| {
            let counted_by = Instrument::Dhat;
            (threads, Data::Counts { counted_by, values })
        });
        draft.readings.extend(counts.next());
        draft.recounts.extend(counts);
        for unit in self.values.first().into_iter().flat_map(BTreeMap::keys) {
            if unit != TIME && HEAP.iter().all(|(known, _)| known != unit) {
                leave_out(unit);
            }
        }
        Ok(draft)
    }
}

/// The number of CPUs at the end of every name; none if names end with different numbers, or some with none. A number may
/// belong to the name itself: go adds none if it uses one CPU.
fn cpus(text: &str) -> Option<u32> {
    let names = text.lines().filter_map(|line| Some(parts(line)?.0));
    let mut numbers = names.map(|name| name.rsplit_once('-')?.1.parse::<u32>().ok());
    let first = numbers.next()??;
    (first > 0 && numbers.all(|number| number == Some(first))).then_some(first)
}
