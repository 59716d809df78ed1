//! The status strip: five answers that a reader wants before any figure. Are the results right, are the targets met, was the
//! machine quiet, what did the gain cost, and what changed since the last run?

use harness_judge::roadmap::TargetStatus;
use serde::Serialize;

use super::{change, costs, quality};
use crate::render::Tone;
use crate::roadmap::{Progress, progress};
use crate::{ReportData, problems, provenance};

/// One answer of the strip.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Status {
    /// The key of the answer in the markup.
    pub(super) key: &'static str,
    /// The topic.
    pub(crate) topic: &'static str,
    pub(super) tone: Tone,
    /// The answer in a few words.
    pub(crate) finding: String,
    /// More words that are always shown.
    pub(crate) details: Vec<String>,
    /// Lines that the page folds.
    pub(crate) folded: Vec<String>,
}

/// The answers in display order.
pub(crate) fn strip(report_data: &ReportData) -> Vec<Status> {
    [
        Some(answers(report_data)),
        Some(targets(report_data)),
        Some(quality::quality(&report_data.record)),
        costs::costs(report_data),
        change::change(report_data),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn answers(report_data: &ReportData) -> Status {
    let rows = &report_data.record.rows;
    if let Some(import) = provenance::import(&report_data.record) {
        return Status {
            key: "answers",
            topic: "Answers",
            tone: Tone::Notice,
            finding: "no answer checked".to_owned(),
            details: vec![import],
            folded: problems::of(rows),
        };
    }
    let right = rows.iter().filter(|row| crate::figures::trusted(row));
    let right = right.count();
    let problems = problems::of(rows);
    let tone = match (right == rows.len(), problems.is_empty()) {
        _ if rows.is_empty() => Tone::Notice,
        (false, _) => Tone::Bad,
        (true, false) => Tone::Notice,
        (true, true) => Tone::Good,
    };
    let numbers = match problems.len() {
        0 => "every phase computes the checked result".to_owned(),
        1 => "1 problem".to_owned(),
        several => format!("{several} problems"),
    };
    Status {
        key: "answers",
        topic: "Answers",
        tone,
        finding: format!("{right} of {} answers right", rows.len()),
        details: vec![numbers],
        folded: problems,
    }
}

fn targets(report_data: &ReportData) -> Status {
    let status = Status {
        key: "targets",
        topic: "Targets",
        ..Status::default()
    };
    let progress = match &report_data.roadmap {
        Some(roadmap) => progress(report_data, roadmap),
        None => Vec::new(),
    };
    if progress.is_empty() {
        return Status {
            finding: "no target stored".to_owned(),
            ..status
        };
    }
    let workload = report_data
        .roadmap
        .as_ref()
        .map_or("", |roadmap| &roadmap.workload);
    let with = |wanted: fn(Option<TargetStatus>) -> bool| -> Vec<String> {
        let found = progress.iter().filter(|one| wanted(one.standing));
        found.map(|one| name(report_data, workload, one)).collect()
    };
    use TargetStatus::{Ahead, Met, Missed, Unclear};
    let met = with(|status| matches!(status, Some(Ahead | Met)));
    let missed = with(|status| status == Some(Missed));
    let open: Vec<String> = with(|status| matches!(status, Some(Unclear) | None));
    let tone = match (missed.is_empty(), open.is_empty()) {
        (false, _) => Tone::Bad,
        (true, false) => Tone::Notice,
        (true, true) => Tone::Good,
    };
    let named = |word: &str, names: &[String]| {
        (!names.is_empty()).then(|| format!("{word}: {}", names.join("; ")))
    };
    Status {
        tone,
        finding: format!("{} of {} met", met.len(), progress.len()),
        details: [named("missed", &missed), named("unclear", &open)]
            .into_iter()
            .flatten()
            .collect(),
        folded: named("met", &met).into_iter().collect(),
        ..status
    }
}

/// A target by its phase and metric.
fn name(report_data: &ReportData, workload: &str, one: &Progress<'_>) -> String {
    let title = report_data.title(one.target.metric, workload);
    format!("{} {title}", one.phase.name)
}
