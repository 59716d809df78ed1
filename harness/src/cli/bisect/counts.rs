//! Which count tells, and by how much it may get worse.

use anyhow::Result;
use harness::bisect::{Answer, Finding};
use harness::project::Project;
use harness_record::limits::Limits;
use harness_record::metric::Metric;
use harness_record::{Commit, Record};

use super::site::Built;

/// The count that may tell in the place of time.
pub(super) const STAND_IN: &str = "instructions";

/// A metric that did not get worse, with what it is.
type Unmoved = (&'static dyn Metric, Answer);

/// The first of the counts that got worse from one end to the other, and those before it, which did not.
pub(super) fn moved(
    counts: &Option<(Record, Record)>,
    wanted: &[&'static dyn Metric],
    limits: &Limits,
) -> (Option<&'static dyn Metric>, Vec<Unmoved>) {
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

/// The limits of the good end; of one from before there were any, those of the checkout.
pub(super) fn limits(good: &Built, project: &Project) -> Result<Limits> {
    let of = |project: &Project| project.baselines().join("limits.toml");
    let theirs = of(&good.checkout.project);
    Ok(Limits::read(&if theirs.is_file() { theirs } else { of(project) })?)
}

/// Whether time is what got worse, of which counts are only a sign.
pub(super) fn is_time(wanted: &[&'static dyn Metric]) -> bool {
    wanted.iter().any(|metric| !metric.portable())
}

/// Why BAD is not bad, by its counts.
pub(super) fn no_worse(place: &str, bad: &Commit, seen: &[Unmoved]) -> String {
    let figures = if seen.is_empty() { "no count of it is taken".to_owned() } else { figures(seen) };
    format!(
        "BAD is not bad: {place} at {bad} is no worse than at GOOD by more than GOOD's limits ({figures}); if it is GOOD that is \
         worse, exchange the two"
    )
}

/// What counts that did not get worse are at BAD.
pub(super) fn figures(seen: &[Unmoved]) -> String {
    let told: Vec<String> = seen.iter().map(|(metric, answer)| format!("{} {}", metric.name(), answer.told)).collect();
    told.join(", ")
}
