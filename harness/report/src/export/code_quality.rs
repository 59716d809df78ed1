//! The Code Quality report of GitLab: an issue for each figure that needs attention, beside the changed lines.

use serde_json::{Value, json};

use super::json::pretty;
use super::{Exporter, Outcome, Results, Row};

/// A list of issues; empty if everything passed.
pub(super) struct CodeQuality;

impl Exporter for CodeQuality {
    fn name(&self) -> &'static str {
        "gitlab-codequality"
    }

    fn help(&self) -> &'static str {
        "Code Quality report of GitLab: an issue for each figure that needs attention"
    }

    fn export(&self, results: &Results) -> String {
        let mut issues: Vec<Value> = results
            .attention()
            .into_iter()
            .map(|row| issue(results, row))
            .collect();
        let is_silent =
            results.outcome == Outcome::NotJudged && results.number_of(Outcome::NotJudged) == 0;
        if is_silent {
            issues.insert(
                0,
                json!({
                    "description": results.headline,
                    "check_name": "harness/not-judged",
                    "fingerprint": harness_probe::digest(&json!(["whole", results.kind])),
                    "severity": "major",
                    "location": { "path": results.configuration, "lines": { "begin": 1 } },
                }),
            );
        }
        pretty(&issues)
    }
}

fn issue(results: &Results, row: &Row) -> Value {
    let (rule, severity) = match row.outcome {
        Outcome::Regressed => ("regressed", "critical"),
        Outcome::NotJudged => ("not-judged", "major"),
        _ => ("inconclusive", "info"),
    };
    let (path, line) = results.location(row);
    json!({
        "description": row.sentence(),
        "check_name": format!("harness/{rule}"),
        "fingerprint": row.fingerprint(),
        "severity": severity,
        "location": { "path": path, "lines": { "begin": line } },
    })
}
