//! The page of a workload: the trend of each measure in each phase, and the change points.

use serde::Serialize;

use super::line::Line;
use super::template::{ChangeRow, Page, page};
use super::{Change, Measure, Origin, Scale, Site, Workload};

#[derive(Serialize)]
struct Content<'a> {
    id: &'a str,
    about: Option<&'a str>,
    changes: Vec<ChangeRow>,
    sections: Vec<Section>,
}

/// The trends of one measure from one origin, in all phases.
#[derive(Serialize)]
struct Section {
    heading: String,
    note: String,
    lines: Vec<Line>,
}

/// Renders the page of a workload; `changes` are those of the site.
pub(super) fn workload(
    site: &Site,
    workload: &Workload,
    changes: &[Change<'_>],
) -> Result<String, minijinja::Error> {
    let is_here = |change: &&Change<'_>| change.workload.id == workload.id;
    let changes: Vec<Change<'_>> = changes.iter().filter(is_here).copied().collect();
    let sections = Measure::all().into_iter().flat_map(|measure| {
        let of = move |origin| section(site, workload, measure, origin);
        [Origin::Records, Origin::Baselines]
            .into_iter()
            .filter_map(of)
    });
    let content = Content {
        id: &workload.id,
        about: workload.about.as_deref(),
        changes: ChangeRow::all(site, &changes),
        sections: sections.collect(),
    };
    let place = Page {
        title: &workload.id,
        root: "../",
    };
    page(site, place, include_str!("workload.html.jinja"), content)
}

fn section(site: &Site, workload: &Workload, measure: Measure, origin: Origin) -> Option<Section> {
    let trends = workload.trends.iter();
    let lines: Vec<Line> = trends
        .filter(|trend| trend.measure == measure && trend.origin == origin)
        .map(|trend| Line::of(site, trend))
        .collect();
    let title = measure.title(&workload.unit, &site.anchor);
    let (heading, note) = match (measure.scale, origin) {
        (Scale::Ratio, _) => (
            title,
            format!(
                "Each value is the time divided by that of {} in the same record. Such ratios compare between records.",
                site.anchor
            ),
        ),
        (Scale::Absolute, _) => (
            title,
            format!(
                "Times of different runs compare on one machine only ({}), and also there they drift. Their steps are not listed as changes.",
                site.machine.as_deref().unwrap_or("unknown")
            ),
        ),
        (Scale::Exact, Origin::Records) => (
            format!("{title} (records)"),
            "Exact counts of this machine.".to_owned(),
        ),
        (Scale::Exact, Origin::Baselines) => (
            format!("{title} (baselines)"),
            "Exact counts of the baselines in git.".to_owned(),
        ),
    };
    (!lines.is_empty()).then_some(Section {
        heading,
        note,
        lines,
    })
}
