//! The templates of the pages: escaping, the frame around each page, and rows of changes.

use minijinja::Error;
use minijinja::value::Serde;
use serde::Serialize;

use super::page_names::page_names;
use super::{Change, Site};
use crate::render::{Tone, html};

/// A page within its site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    /// Path from the page to the folder of the index: empty or `../`.
    pub(super) root: &'a str,
}

#[derive(Serialize)]
struct Framed<'a> {
    title: &'a str,
    root: &'a str,
    project: &'a str,
    updated: String,
    body: String,
}

/// The macro for tables of changes, which the templates of bodies use.
static CHANGES: &str = include_str!("changes.html.jinja");

/// Renders a page: the body from its template, and the frame around it.
pub(super) fn page(
    site: &Site,
    page: Page<'_>,
    template: &str,
    content: impl Serialize,
) -> Result<String, Error> {
    let framed = Framed {
        title: page.title,
        root: page.root,
        project: &site.project,
        updated: site
            .updated()
            .map_or_else(String::new, |date| date.strftime("%Y-%m-%d").to_string()),
        body: render(&[CHANGES, template].concat(), content)?,
    };
    render(include_str!("frame.html.jinja"), framed)
}

/// Renders a template. All text is escaped, for HTML and XML alike.
pub(super) fn render(template: &str, content: impl Serialize) -> Result<String, Error> {
    html::environment()?.render_str(template, Serde(content))
}

/// A change as a row of a table.
#[derive(Debug, Serialize)]
pub(super) struct ChangeRow {
    pub(super) date: String,
    pub(super) workload: String,
    /// Path from the index to the page of the workload.
    pub(super) page: String,
    pub(super) phase: String,
    pub(super) measure: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) size: String,
    pub(super) tone: Tone,
    /// The commit, or the record without one.
    pub(super) place: String,
    /// The commit of the last record on the old level.
    pub(super) after: Option<String>,
    /// The record; empty for a state of the baselines.
    pub(super) record: String,
    pub(super) origin: &'static str,
}

impl ChangeRow {
    /// Rows of these changes.
    pub(super) fn all(site: &Site, changes: &[Change<'_>]) -> Vec<Self> {
        let pages = page_names(site);
        let row = |change: &Change<'_>| {
            let (trend, jump) = (change.trend, change.jump);
            Self {
                date: change.moment.day(),
                workload: change.workload.id.clone(),
                page: pages[change.workload.id.as_str()].clone(),
                phase: trend.series.phase.clone(),
                measure: trend.measure.title(&change.workload.unit, &site.anchor),
                from: trend.measure.show(jump.from),
                to: trend.measure.show(jump.to),
                size: change.size(),
                tone: Tone::of_change(trend.measure.metric, jump.to - jump.from),
                place: change.moment.place(),
                after: change.after(),
                record: change.moment.record.clone().unwrap_or_default(),
                origin: change.origin(),
            }
        };
        changes.iter().map(row).collect()
    }
}
