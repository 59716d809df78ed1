//! The workloads, phases and metrics that a text names.

use crate::readings::{METRICS, Readings, SPEED};

/// Words of a text that stand for metrics. Longer words come first, because they contain shorter ones.
const WORDS: [(&str, &[&str]); 37] = [
    ("heap bytes not given back", &["leaked-bytes"]),
    ("latency per token, 95th percentile", &["latency-p95"]),
    ("latency per token, median", &["latency-median"]),
    ("latency per token, minimum", &["latency-min"]),
    ("latency per token, maximum", &["latency-max"]),
    ("latency per call, 95th percentile", &["latency-p95"]),
    ("latency per call, median", &["latency-median"]),
    ("time of one run (criterion)", &["criterion-time"]),
    ("time of one run", &["criterion-time"]),
    ("allocations per token", &["allocations-per-token"]),
    ("allocations per call", &["allocations-per-token"]),
    ("heap bytes allocated per token", &["bytes-per-token"]),
    ("heap bytes allocated per call", &["bytes-per-token"]),
    ("heap bytes per token", &["bytes-per-token"]),
    ("heap bytes per call", &["bytes-per-token"]),
    ("instructions per token", &["instructions"]),
    ("instructions per call", &["instructions"]),
    ("time to first token", &["time-to-first-token"]),
    ("tokens per second", &["tokens-per-second"]),
    ("heap bytes, total", &["total-bytes"]),
    ("allocations, total", &["total-allocations"]),
    ("heap bytes, peak", &["peak-bytes"]),
    ("total runtime", &["time"]),
    ("instructions", &["instructions"]),
    (
        "allocations",
        &["allocations-per-token", "total-allocations"],
    ),
    ("heap bytes", &["bytes-per-token"]),
    ("allocates", &["bytes-per-token"]),
    ("allocated", &["bytes-per-token"]),
    ("peak heap", &["peak-bytes"]),
    ("tokens/s", &["tokens-per-second"]),
    ("throughput", &["tokens-per-second"]),
    ("memory", &["peak-bytes"]),
    ("speed", &[SPEED]),
    ("p95", &["latency-p95"]),
    ("ttft", &["time-to-first-token"]),
    ("median", &["latency-median"]),
    ("criterion", &["criterion-time"]),
];

/// The metrics that a text names, in the order of [`WORDS`].
pub(crate) fn metrics(text: &str) -> Vec<&'static str> {
    let mut rest = text.to_lowercase();
    let mut found: Vec<&str> = Vec::new();
    for (word, metrics) in WORDS {
        if rest.contains(word) {
            rest = rest.replace(word, "|");
            found.extend(metrics);
        }
    }
    for name in METRICS {
        if rest.contains(name) && name.contains('-') {
            found.push(name);
        }
    }
    found
}

/// The names that occur in a text as whole words, in the order of their first occurrence. A name inside a longer one that
/// occurs does not count.
pub(crate) fn names<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    let mut rest = text.as_bytes().to_vec();
    let mut found: Vec<(usize, &str)> = Vec::new();
    let is_part = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-_=/@".contains(byte))
    };
    for name in names {
        let mut at = 0;
        while let Some(start) = rest[at..]
            .windows(name.len())
            .position(|window| window == name.as_bytes())
        {
            let (start, end) = (at + start, at + start + name.len());
            at = start + 1;
            let before = start.checked_sub(1).and_then(|before| rest.get(before));
            if is_part(before) || is_part(rest.get(end)) {
                continue;
            }
            if found.iter().all(|(_, known)| *known != name) {
                found.push((start, name));
            }
            rest[start..end].fill(b' ');
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

/// The workloads that a text names: by their id, or by the family of a sweep and all its sizes.
pub(crate) fn workloads<'a>(text: &str, near: &str, readings: &Readings<'a>) -> Vec<&'a str> {
    let ids = readings.workloads();
    let mut found = names(text, ids.iter().copied());
    let families = ids.iter().filter_map(|id| Some((*id, id.split_once('@')?)));
    let words: Vec<&str> = near
        .split([' ', ',', '|'])
        .map(|word| word.trim_end_matches('*'))
        .collect();
    let named: Vec<(&str, &str)> = families
        .filter(|(_, (family, parameters))| parameters.contains('=') && text.contains(*family))
        .map(|(id, (_, parameters))| (id, parameters))
        .collect();
    let sizes = |parameters: &&str| {
        let mut pairs = parameters
            .split(',')
            .filter_map(|pair| pair.split_once('='));
        pairs.all(|(_, value)| words.contains(&value))
    };
    let exact: Vec<&str> = named
        .iter()
        .filter(|(_, parameters)| sizes(parameters))
        .map(|(id, _)| *id)
        .collect();
    match exact.is_empty() {
        true => found.extend(named.iter().map(|(id, _)| *id)),
        false => found.extend(exact),
    }
    found
}

#[test]
fn names_are_whole_words_and_the_longest() {
    let all = ["naive", "naive,decode=kv-cache", "kv-cache", "fast"];
    assert_eq!(
        names("fast over naive,decode=kv-cache", all),
        ["fast", "naive,decode=kv-cache"]
    );
    assert_eq!(names("a naive, kv-cache-like one", all), ["naive"]);
    assert_eq!(
        metrics("heap bytes per token and p95"),
        ["bytes-per-token", "latency-p95"]
    );
}
