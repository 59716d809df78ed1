//! The list of all changes: regressions, then improvements.

use serde::Serialize;

use super::template::{ChangeRow, Page, page};
use super::{Change, Site};

#[derive(Serialize)]
struct Content {
    lists: [List; 2],
}

#[derive(Serialize)]
struct List {
    id: &'static str,
    title: &'static str,
    changes: Vec<ChangeRow>,
}

/// Renders the list; `changes` are those of the site.
pub(super) fn regressions(site: &Site, changes: &[Change<'_>]) -> Result<String, minijinja::Error> {
    let list = |id, title, of: bool| {
        let changes = changes.iter().filter(|change| change.is_regression() == of);
        let changes: Vec<Change<'_>> = changes.copied().collect();
        List {
            id,
            title,
            changes: ChangeRow::all(site, &changes),
        }
    };
    let content = Content {
        lists: [
            list("regressions", "Regressions", true),
            list("improvements", "Improvements", false),
        ],
    };
    let place = Page {
        title: "Regressions",
        root: "",
    };
    page(site, place, include_str!("regressions.html.jinja"), content)
}
