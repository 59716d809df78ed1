//! The page: one self-contained HTML file, rendered from the same tables and charts as the other formats.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use crate::charts::Named;
use crate::figure_tables::figure_tables;
use crate::groups::positions;
use crate::render::chart::{ChartError, Layout};
use crate::render::{Align, Cell, Table, Tone};
use crate::{ReportData, ReportError, Section, Source, headline, problems, provenance};

static TEMPLATE: &str = include_str!("page.html.jinja");

/// Renders the page as HTML. All text from records and the roadmap is escaped.
///
/// # Errors
/// If a chart cannot be drawn.
pub fn page(report_data: &ReportData, charts: &[Named], sections: &[Section]) -> Result<String, ReportError> {
    let record = &report_data.record;
    let parts = sections.iter().map(Part::new).collect::<Result<_, _>>()?;
    let content = Content {
        title: format!("Benchmark report of {}", provenance::created(record)),
        line: provenance::line(record),
        headline: headline::headline(record),
        tiles: headline::tiles(record, &report_data.anchors),
        checks: problems::checks(record),
        problems: problems::of(&record.rows).iter().map(ToString::to_string).collect(),
        ladder: headline::ladder(report_data).as_ref().map(Grid::new),
        growth: positions(report_data).as_ref().map(Grid::new),
        figures: charts.iter().map(Figure::new).collect::<Result<_, _>>()?,
        parts,
        workloads: figure_tables(report_data).iter().map(Grid::new).collect(),
        facts: provenance::provenance(record),
        sources: report_data.sources[1..].iter().map(source_line).collect(),
        notes: &report_data.notes,
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    Ok(environment.render_str(TEMPLATE, Serde(content))?)
}

/// The values of the template.
#[derive(Serialize)]
struct Content<'a> {
    title: String,
    line: String,
    headline: Option<&'a str>,
    tiles: Vec<headline::Tile>,
    checks: String,
    problems: Vec<String>,
    ladder: Option<Grid>,
    growth: Option<Grid>,
    figures: Vec<Figure<'a>>,
    parts: Vec<Part<'a>>,
    workloads: Vec<Grid>,
    facts: Vec<(&'static str, String)>,
    sources: Vec<String>,
    notes: &'a [String],
}

/// A section on the page.
#[derive(Serialize)]
struct Part<'a> {
    id: &'a str,
    title: &'a str,
    says: &'a [String],
    missing: &'a [String],
    figures: Vec<Figure<'a>>,
    tables: Vec<Grid>,
}

impl<'a> Part<'a> {
    fn new(section: &'a Section) -> Result<Self, ChartError> {
        Ok(Self {
            id: section.id,
            title: section.title,
            says: &section.says,
            missing: &section.missing,
            figures: section.charts.iter().map(Figure::new).collect::<Result<_, _>>()?,
            tables: section.tables.iter().map(Grid::new).collect(),
        })
    }
}

/// One line on the rows that come from a record other than the main one.
fn source_line(source: &Source) -> String {
    format!(
        "{} from {}, measured {}, revision {}",
        source.workloads().collect::<Vec<_>>().join(", "),
        source.name,
        source.created,
        source.revision
    )
}

/// Splits ids and names of phases, which are long and contain no spaces, where a line may break.
fn breakable(text: &str) -> Vec<String> {
    text.split_inclusive(['/', '@', ',', '=']).map(str::to_owned).collect()
}

/// A chart on the page.
#[derive(Serialize)]
struct Figure<'a> {
    name: &'a str,
    heading: &'a str,
    finding: &'a str,
    svg: String,
    /// The same chart laid out for a phone.
    narrow: String,
}

impl<'a> Figure<'a> {
    fn new(named: &'a Named) -> Result<Self, ChartError> {
        Ok(Self {
            name: named.name,
            heading: named.heading,
            finding: named.chart.title(),
            svg: named.chart.svg(Layout::Wide)?,
            narrow: named.chart.svg(Layout::Narrow)?,
        })
    }
}

/// A table on the page.
#[derive(Serialize)]
struct Grid {
    caption: String,
    columns: Vec<Heading>,
    rows: Vec<Vec<Words>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Heading {
    text: String,
    side: &'static str,
}

/// A cell: the parts of its first line (a line may break between them), smaller lines below, and a CSS class for its tone.
#[derive(Serialize)]
struct Words {
    first: Vec<String>,
    more: Vec<String>,
    tone: &'static str,
    side: &'static str,
    /// Sort key of the column: the exact value or the text.
    exact: String,
}

impl Grid {
    fn new(table: &Table) -> Self {
        let side = |align: Align| match align {
            Align::Left => "left",
            Align::Right => "right",
        };
        let words = |(cell, align): (&Cell, Align)| {
            let mut lines = cell.text.lines().map(str::to_owned);
            Words {
                first: breakable(&lines.next().unwrap_or_default()),
                more: lines.collect(),
                tone: match cell.tone {
                    Tone::Plain => "plain",
                    Tone::Good => "good",
                    Tone::Bad => "bad",
                    Tone::Notice => "notice",
                    Tone::Quiet => "quiet",
                },
                side: side(align),
                exact: match &cell.value {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                },
            }
        };
        let aligns = || table.columns.iter().map(|column| column.align);
        Self {
            caption: table.title.clone(),
            columns: table
                .columns
                .iter()
                .map(|column| Heading { text: column.heading.clone(), side: side(column.align) })
                .collect(),
            rows: table.rows.iter().map(|row| row.iter().zip(aligns()).map(words).collect()).collect(),
            notes: table.notes.clone(),
        }
    }
}
