//! Selects the count that a bisection compares, and its limits.

use anyhow::Result;
use harness::bisect::{Answer, Finding};
use harness::project::Project;
use harness_record::limits::Limits;
use harness_record::metric::Metric;
use harness_record::{Commit, Record};

use super::site::Built;

/// The count that may stand in for time.
pub(super) const STAND_IN: &str = "instructions";

/// A metric that did not get worse, with its comparison.
type Unmoved = (&'static Metric, Answer);

/// Returns the first wanted count that got worse from GOOD to BAD, and the counts before it, which did not.
pub(super) fn moved(
    counts: &Option<(Record, Record)>,
    wanted: &[&'static Metric],
    limits: &Limits,
) -> (Option<&'static Metric>, Vec<Unmoved>) {
    let mut unmoved = Vec::new();
    let Some((good, bad)) = counts else { return (None, unmoved) };
    for &metric in wanted.iter().filter(|metric| metric.portable()) {
        let answer = Answer::by_count(good, bad, metric, limits);
        if answer.finding == Finding::Bad {
            return (Some(metric), unmoved);
        }
        unmoved.push((metric, answer));
    }
    (None, unmoved)
}

/// Returns the limits at GOOD, or those of the checkout if GOOD has no limits yet.
pub(super) fn limits(good: &Built, project: &Project) -> Result<Limits> {
    let of = |project: &Project| project.baselines().join("limits.toml");
    let theirs = of(&good.checkout.project);
    Ok(Limits::read(&if theirs.is_file() { theirs } else { of(project) })?)
}

/// Returns true if time is among the metrics; counts can then only stand in for it.
pub(super) fn is_time(wanted: &[&'static Metric]) -> bool {
    wanted.iter().any(|metric| !metric.portable())
}

/// Error message for a BAD whose counts are within the limits.
pub(super) fn no_worse(place: &str, bad: &Commit, seen: &[Unmoved]) -> String {
    let figures = if seen.is_empty() { "no counts were taken".to_owned() } else { figures(seen) };
    format!(
        "BAD is not bad: {place} at {bad} is within GOOD's limits ({figures}); if GOOD is the worse one, exchange the \
         two"
    )
}

/// Lists the values at BAD of counts that did not get worse.
pub(super) fn figures(seen: &[Unmoved]) -> String {
    let figures: Vec<String> =
        seen.iter().map(|(metric, answer)| format!("{} {}", metric.name(), answer.told)).collect();
    figures.join(", ")
}
