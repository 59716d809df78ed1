//! The Atom feed (RFC 4287): one entry for each regression and improvement.

use harness_probe::digest;
use serde::Serialize;

use super::page_names::page_names;
use super::template::render;
use super::{Change, Site};

/// Largest number of entries; older changes are on the page of regressions.
const MOST: usize = 100;

#[derive(Serialize)]
struct Content {
    id: String,
    title: String,
    updated: String,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: String,
    title: String,
    updated: String,
    /// Path from the feed to the page of the workload.
    link: String,
    category: &'static str,
    summary: String,
}

/// Renders the feed; `changes` are those of the site, the newest first.
pub(super) fn feed(site: &Site, changes: &[Change<'_>]) -> Result<String, minijinja::Error> {
    let pages = page_names(site);
    let entry = |change: &Change<'_>| {
        let id = change.workload.id.as_str();
        let (trend, moment) = (change.trend, change.moment);
        let measure = trend.measure.title(&change.workload.unit, &site.anchor);
        let (kind, category) = match change.is_regression() {
            true => ("Regression", "regression"),
            false => ("Improvement", "improvement"),
        };
        let (from, to) = (
            trend.measure.show(change.jump.from),
            trend.measure.show(change.jump.to),
        );
        // Levels are not part of the identity: they move as records are added.
        let identity = [
            &site.identity,
            id,
            &trend.series.phase,
            &measure,
            change.origin(),
            moment.record.as_deref().unwrap_or_default(),
            moment.revision.as_deref().unwrap_or_default(),
        ];
        Entry {
            id: urn(&identity.join("\n")),
            title: legal(&format!(
                "{kind}: {id} in phase {}, {measure} {}",
                trend.series.phase,
                change.size()
            )),
            updated: moment.date.to_string(),
            link: pages[id].clone(),
            category,
            summary: legal(&format!(
                "{measure} of {id} in phase {}: from {from} to {to} with {} ({}).",
                trend.series.phase,
                moment.place(),
                change.origin()
            )),
        }
    };
    let entries: Vec<Entry> = changes.iter().take(MOST).map(entry).collect();
    let updated = changes.first().map(|change| change.moment.date);
    let content = Content {
        id: urn(&site.identity),
        title: legal(&format!("Benchmarks of {}", site.project)),
        updated: updated.or(site.updated()).unwrap_or_default().to_string(),
        entries,
    };
    render(include_str!("feed.xml.jinja"), content)
}

/// A URN that is made from a name: a UUID of version 8 (RFC 9562) from digests of the name.
fn urn(name: &str) -> String {
    let hex = [0, 1]
        .map(|half| digest(&serde_json::json!([half, name])))
        .concat();
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

/// Replaces the control characters that XML does not allow, not even escaped.
fn legal(text: &str) -> String {
    let is_legal = |c: char| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
    text.chars()
        .map(|c| {
            if is_legal(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_uuids_of_version_8() {
        let urn = urn("a name");
        assert_eq!(urn.len(), "urn:uuid:".len() + 36, "{urn}");
        let groups: Vec<usize> = urn[9..].split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert!(
            urn[9..]
                .split('-')
                .nth(2)
                .is_some_and(|group| group.starts_with('8'))
        );
    }
}
