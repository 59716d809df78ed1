//! The index of a site: a grid of trends, one row for each workload in its last phase.

use harness_judge::trends::FOLLOWED;
use serde::Serialize;

use super::line::Line;
use super::page_names::page_names;
use super::template::{ChangeRow, Page, page};
use super::{Measure, Moment, Origin, Site, Workload};

/// Number of changes that the index lists.
const NEWEST: usize = 5;

#[derive(Serialize)]
struct Content<'a> {
    project: &'a str,
    machine: Option<&'a str>,
    /// Number and dates of records and of states of the baselines.
    spans: Vec<String>,
    changes: Vec<ChangeRow>,
    /// Number of all changes.
    regressions: usize,
    improvements: usize,
    columns: Vec<String>,
    rows: Vec<Row<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    page: &'a str,
    about: Option<&'a str>,
    phase: &'a str,
    cells: Vec<Option<Line>>,
}

/// Renders the index.
pub(super) fn index(site: &Site) -> Result<String, minijinja::Error> {
    let measures = Measure::all().into_iter();
    let measures: Vec<Measure> = measures
        .filter(|measure| measure.compares() && FOLLOWED.contains(&measure.metric.name()))
        .collect();
    let pages = page_names(site);
    let changes = site.changes();
    let regressions = changes.iter().filter(|change| change.is_regression());
    let regressions = regressions.count();
    let content = Content {
        project: &site.project,
        machine: site.machine.as_deref(),
        spans: [
            span(&site.records, "record", "records"),
            span(
                &site.baselines,
                "state of the baseline",
                "states of the baseline",
            ),
        ]
        .into_iter()
        .flatten()
        .collect(),
        regressions,
        improvements: changes.len() - regressions,
        changes: ChangeRow::all(site, &changes[..changes.len().min(NEWEST)]),
        columns: measures
            .iter()
            .map(|measure| measure.title("unit", &site.anchor))
            .collect(),
        rows: site
            .workloads
            .iter()
            .map(|workload| row(site, workload, &measures, &pages[workload.id.as_str()]))
            .collect(),
        notes: &site.notes,
    };
    let title = format!("Benchmarks of {}", site.project);
    let place = Page {
        title: &title,
        root: "",
    };
    page(site, place, include_str!("index.html.jinja"), content)
}

fn row<'a>(site: &'a Site, workload: &'a Workload, measures: &[Measure], page: &'a str) -> Row<'a> {
    let phase = workload.phases().last().copied().unwrap_or_default();
    let cell = |measure: &Measure| line(site, workload, measure, phase);
    Row {
        id: &workload.id,
        page,
        about: workload.about.as_deref(),
        phase,
        cells: measures.iter().map(cell).collect(),
    }
}

/// The trend of a measure; over records if there are any.
fn line(site: &Site, workload: &Workload, measure: &Measure, phase: &str) -> Option<Line> {
    let of = |origin| {
        workload.trends.iter().find(|trend| {
            trend.origin == origin && trend.measure == *measure && trend.series.phase == phase
        })
    };
    let trend = of(Origin::Records).or_else(|| of(Origin::Baselines))?;
    Some(Line::of(site, trend))
}

fn span(moments: &[Moment], one: &str, more: &str) -> Option<String> {
    let (first, last) = (moments.first()?, moments.last()?);
    Some(match moments.len() {
        1 => format!("1 {one} of {}", first.day()),
        count => format!("{count} {more} from {} to {}", first.day(), last.day()),
    })
}
