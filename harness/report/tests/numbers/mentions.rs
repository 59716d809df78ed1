//! The workloads, phases and metrics that a text names.

use crate::readings::{METRICS, SPEED};

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
    ("allocations per token", &["allocations-per-unit"]),
    ("allocations per call", &["allocations-per-unit"]),
    ("heap bytes allocated per token", &["bytes-per-unit"]),
    ("heap bytes allocated per call", &["bytes-per-unit"]),
    ("heap bytes per token", &["bytes-per-unit"]),
    ("heap bytes per call", &["bytes-per-unit"]),
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
        &["allocations-per-unit", "total-allocations"],
    ),
    ("heap bytes", &["bytes-per-unit"]),
    ("allocates", &["bytes-per-unit"]),
    ("allocated", &["bytes-per-unit"]),
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
    let mut names: Vec<&str> = names
        .into_iter()
        .filter(|name| text.contains(name))
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    let mut rest = text.to_owned();
    let mut found: Vec<(usize, &str)> = Vec::new();
    for name in names {
        for start in whole_words(&rest.clone(), name) {
            if found.iter().all(|(_, known)| *known != name) {
                found.push((start, name));
            }
            rest.replace_range(start..start + name.len(), &" ".repeat(name.len()));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).collect()
}

/// The places where a word occurs that is no part of a longer word or id.
pub(crate) fn whole_words(text: &str, word: &str) -> Vec<usize> {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "-_=/@".contains(c));
    let places = text.match_indices(word).map(|(place, _)| place);
    let whole = places.filter(|&place| {
        let behind = &text[place + word.len()..];
        // A point ends a sentence, or is inside of a number.
        let is_decimal =
            behind.starts_with('.') && behind[1..].starts_with(|c: char| c.is_ascii_digit());
        let is_fraction =
            text[..place].ends_with('.') && word.starts_with(|c: char| c.is_ascii_digit());
        !is_fraction
            && !is_part(text[..place].chars().next_back())
            && !is_part(behind.chars().next())
            && !is_decimal
    });
    whole.collect()
}

/// The workloads that a text names: by their id, or by the family of a sweep and all its sizes.
pub(crate) fn workloads<'a>(text: &str, near: &str, ids: &[&'a str]) -> Vec<&'a str> {
    let mut found = names(text, ids.iter().copied());
    let words: Vec<&str> = near
        .split([' ', ',', '|'])
        .map(|word| word.trim_end_matches(['*', ':']))
        .collect();
    let named = ids.iter().filter_map(|id| Some((*id, id.split_once('@')?)));
    let named: Vec<(&str, &str)> = named
        .filter(|(_, (family, parameters))| parameters.contains('=') && text.contains(*family))
        .map(|(id, (_, parameters))| (id, parameters))
        .collect();
    let sizes = |parameters: &str| {
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
        ["bytes-per-unit", "latency-p95"]
    );
}
