//! The page: one self-contained HTML file, rendered from the same tables and charts as the other formats. It is complete
//! without its script; the script adds the selects of the ladder and the filter of the figures.

mod change;
mod costs;
mod figures_table;
mod ladder;
mod ladder_data;
mod log_axis;
mod quality;
mod status;

pub(super) use ladder::{ladder, table as ladder_table};
pub(super) use status::strip;

use harness_record::distinct::distinct;
use minijinja::value::Serde;
use serde::Serialize;

use crate::charts::Named;
use crate::render::{Table, chart, html};
use crate::section::Gap;
use crate::{ReportData, ReportError, Section, Source, headline, not_measured, provenance};
use figures_table::{FiguresTable, figures_table};
use ladder::Ladder;
use status::Status;

/// The parts of the page, by the names under which they include each other.
static PARTS: [(&str, &str); 4] = [
    ("page", include_str!("page.html.jinja")),
    ("tables", include_str!("tables.html.jinja")),
    ("page.css", include_str!("page.css")),
    ("page.js", include_str!("page.js")),
];

/// Renders the page as HTML. All text from records and the roadmap is escaped.
///
/// # Errors
/// If a chart cannot be drawn.
pub fn page(
    report_data: &ReportData,
    charts: &[Named],
    sections: &[Section],
) -> Result<String, ReportError> {
    let record = &report_data.record;
    let ladders = ladder_data::ladders(report_data);
    let content = Content {
        title: headline::title(report_data),
        chart_style: chart::style(
            charts
                .iter()
                .chain(sections.iter().flat_map(|section| &section.charts))
                .map(|named| &named.chart),
        ),
        line: provenance::line(record),
        strip: strip(report_data),
        ladder: ladders.first(),
        // The selects need a choice.
        data: (ladders
            .iter()
            .map(|ladder| ladder.views.len())
            .sum::<usize>()
            > 1)
        .then(|| ladder_data::document(&ladders, report_data)),
        chapters: chapters(charts, ladders.first(), sections),
        gaps: gaps(report_data, sections),
        figures: figures_table(report_data),
        facts: provenance::provenance(record),
        sources: report_data.sources[1..].iter().map(source_line).collect(),
        notes: &report_data.notes,
    };
    let mut environment = html::environment()?;
    environment.add_filter("breakable", |text: &str| breakable(text));
    for (name, text) in PARTS {
        environment.add_template(name, text)?;
    }
    let page = environment.get_template("page")?.render(Serde(content))?;
    // A slash needs no escape in text and quoted attributes, and ids are full of them.
    Ok(page.replace("&#x2f;", "/"))
}

/// The values of the template.
#[derive(Serialize)]
struct Content<'a> {
    title: String,
    chart_style: String,
    line: String,
    strip: Vec<Status>,
    ladder: Option<&'a Ladder>,
    /// The ladders for the script, as escaped JSON.
    data: Option<String>,
    chapters: Vec<Chapter<'a>>,
    gaps: Vec<Gap>,
    figures: FiguresTable,
    facts: Vec<(&'static str, String)>,
    sources: Vec<String>,
    notes: &'a [String],
}

/// A section as it stands on the page.
#[derive(Serialize)]
struct Chapter<'a> {
    id: &'a str,
    title: &'a str,
    says: Vec<&'a str>,
    /// Charts, each with the table beside it.
    exhibits: Vec<Exhibit<'a>>,
    /// The words to click on for charts and tables; none if they are always shown.
    fold: Option<String>,
}

#[derive(Serialize)]
struct Exhibit<'a> {
    chart: Option<&'a Named>,
    table: Option<&'a Table>,
}

impl<'a> Chapter<'a> {
    fn new(id: &'a str, title: &'a str, says: Vec<&'a str>, exhibits: Vec<Exhibit<'a>>) -> Self {
        let charts = exhibits.iter().filter(|one| one.chart.is_some()).count();
        let tables = exhibits.iter().filter(|one| one.table.is_some()).count();
        let counted = [(charts, "chart"), (tables, "table")].map(|(count, what)| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            several => Some(format!("{several} {what}s")),
        });
        let words: Vec<String> = counted.into_iter().flatten().collect();
        let folds = !OPEN.contains(&id) && !words.is_empty();
        Self {
            id,
            title,
            says,
            exhibits,
            fold: folds.then(|| format!("Show {}", words.join(" and "))),
        }
    }
}

/// The sections that are open: they answer the questions that a reader has first.
const OPEN: [&str; 2] = ["roadmap", "ablation"];

/// The sections on details, which come after the charts by phase and the latency.
const DETAILS: [&str; 3] = ["growth", "matrix", "forecasts"];

/// The section that stands beside the chart of the latency.
const POSITIONS: &str = "positions";

fn chapters<'a>(
    charts: &'a [Named],
    ladder: Option<&Ladder>,
    sections: &'a [Section],
) -> Vec<Chapter<'a>> {
    let (positions, shown): (Vec<&Section>, Vec<&Section>) =
        sections.iter().partition(|one| one.id == POSITIONS);
    let (details, first): (Vec<Chapter<'_>>, Vec<Chapter<'_>>) = shown
        .into_iter()
        .map(|section| {
            let says = section.says.iter().map(String::as_str).collect();
            let exhibits = exhibits(&section.charts, &section.tables);
            Chapter::new(section.id, section.title, says, exhibits)
        })
        .partition(|chapter| DETAILS.contains(&chapter.id));
    // The ladder is the picture of its main metric.
    let pictured = ladder.map(|ladder| ladder.views[0].metric);
    let (latency, by_phase): (Vec<&Named>, Vec<&Named>) = charts
        .iter()
        .filter(|named| Some(named.name) != pictured)
        .partition(|named| named.name.starts_with("latency"));
    let titled = |charts: &[&'a Named]| charts.iter().map(|named| named.chart.title()).collect();
    let pictures = Chapter::new(
        "charts",
        "Costs by phase",
        titled(&by_phase),
        exhibits(by_phase, []),
    );
    let latency = Chapter::new(
        "latency",
        "Latency by position",
        titled(&latency),
        exhibits(latency, positions.iter().flat_map(|one| &one.tables)),
    );
    let filled = |chapter: &Chapter<'_>| !chapter.exhibits.is_empty();
    first
        .into_iter()
        .chain([pictures, latency].into_iter().filter(filled))
        .chain(details)
        .collect()
}

/// Charts with the tables beside them, in order. The last charts have the tables if there are more charts.
fn exhibits<'a>(
    charts: impl IntoIterator<Item = &'a Named>,
    tables: impl IntoIterator<Item = &'a Table>,
) -> Vec<Exhibit<'a>> {
    let charts: Vec<&Named> = charts.into_iter().collect();
    let tables: Vec<&Table> = tables.into_iter().collect();
    let alone = charts.len().saturating_sub(tables.len());
    let before = (0..alone).map(|_| None);
    let tables = before.chain(tables.into_iter().map(Some));
    let mut charts = charts.into_iter();
    tables
        .map(|table| Exhibit {
            chart: charts.next(),
            table,
        })
        .collect()
}

/// The measurements that are missing, one for each command that takes some.
pub(super) fn gaps(report_data: &ReportData, sections: &[Section]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let partial = sections.iter().flat_map(|section| section.missing.clone());
    for gap in not_measured(report_data).into_iter().chain(partial) {
        // One command takes all that it is named for, so the first words are enough.
        if gaps.iter().all(|known| known.command != gap.command) {
            gaps.push(gap);
        }
    }
    gaps
}

/// One line on the rows that come from a record other than the main one.
fn source_line(source: &Source) -> String {
    let workloads = distinct(source.workloads());
    let shown = match workloads.len() {
        0..=3 => workloads.join(", "),
        count => format!("{} and {} more workloads", workloads[0], count - 1),
    };
    format!(
        "{shown} from {}, measured {}, revision {}",
        source.name, source.created, source.revision
    )
}

/// Splits ids and names of phases, which are long and contain no spaces, where a line may break.
fn breakable(text: &str) -> Vec<String> {
    text.split_inclusive(['/', '@', ',', '='])
        .map(str::to_owned)
        .collect()
}
