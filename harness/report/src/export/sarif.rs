//! SARIF 2.1.0: a result for each figure that needs attention, for code scanning.
//!
//! Results without a place are dropped by GitHub, so a workload whose file is not known has its place in the
//! configuration of the project.

use serde_json::{Value, json};

use super::json::pretty;
use super::{Exporter, Outcome, Results, Row};

/// One run with its results. Figures that passed are no results.
pub(super) struct Sarif;

/// The rules: the outcome, its id, the level, and what it means.
const RULES: [(Outcome, &str, &str, &str); 3] = [
    (
        Outcome::Regressed,
        "regressed",
        "error",
        "A figure got worse by more than its limit, and nobody accepted that.",
    ),
    (
        Outcome::NotJudged,
        "not-judged",
        "warning",
        "A number is missing or could not be judged, which is no pass.",
    ),
    (
        Outcome::Inconclusive,
        "inconclusive",
        "none",
        "The measurement shows neither a change nor its absence.",
    ),
];

/// Address of the schema, by which editors find it.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

impl Exporter for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn help(&self) -> &'static str {
        "SARIF 2.1.0: a result for each figure that needs attention"
    }

    fn export(&self, results: &Results) -> String {
        let attention = results.attention();
        let mut found: Vec<Value> = attention
            .into_iter()
            .map(|row| result(results, row))
            .collect();
        // A command that ended before its verdict has no row that states so.
        let is_silent =
            results.outcome == Outcome::NotJudged && results.number_of(Outcome::NotJudged) == 0;
        if is_silent {
            found.insert(0, whole(results));
        }
        let mut invocation = json!({
            "executionSuccessful": results.outcome != Outcome::NotJudged,
            "commandLine": results.command,
            "exitCode": results.outcome.status(),
        });
        if let Some(created) = &results.created {
            invocation["startTimeUtc"] = json!(created);
        }
        pretty(&json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "harness",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": RULES.map(rule),
                } },
                "automationDetails": { "id": format!("harness/{}/", results.kind) },
                "invocations": [invocation],
                "columnKind": "unicodeCodePoints",
                "results": found,
            }],
        }))
    }
}

fn rule((_, id, level, meaning): (Outcome, &str, &str, &str)) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": meaning },
        "fullDescription": { "text": meaning },
        "help": { "text": "`harness explain` shows how a gate reached its verdict." },
        "defaultConfiguration": { "level": level },
    })
}

fn result(results: &Results, row: &Row) -> Value {
    let place = results.location(row);
    let mut result = finding(row.outcome, &row.sentence(), place, &row.fingerprint());
    result["properties"] = json!({
        "workload": row.workload,
        "phase": row.phase,
        "metric": row.metric(),
        "verdict": row.verdict,
        "figures": row.figures(),
    });
    result
}

/// The result about everything.
fn whole(results: &Results) -> Value {
    let fingerprint = harness_probe::digest(&json!(["whole", results.kind]));
    finding(
        results.outcome,
        &results.headline,
        (&results.configuration, 1),
        &fingerprint,
    )
}

fn finding(outcome: Outcome, text: &str, (file, line): (&str, u32), fingerprint: &str) -> Value {
    let place = RULES.iter().position(|rule| rule.0 == outcome);
    let place = place.unwrap_or_default();
    let (_, id, level, _) = RULES[place];
    let kind = if level == "none" { "open" } else { "fail" };
    json!({
        "ruleId": id,
        "ruleIndex": place,
        // A kind other than `fail` requires the level `none`.
        "kind": kind,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(file), "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": line },
        } }],
        "partialFingerprints": { "harnessFigure/v1": fingerprint },
    })
}

/// A relative path as a URI reference (RFC 3986): other characters than those of paths become percent codes.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri += &format!("%{other:02X}"),
        }
    }
    uri
}
