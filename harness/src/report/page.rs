//! The page: one HTML file that needs nothing else, drawn from the same tables and charts as everything else.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::charts::Named;
use super::figure_tables::figure_tables;
use super::growth::growth;
use super::{ReportError, facts, headline, problems};
use crate::record::Record;
use crate::render::chart::ChartError;
use crate::render::{Align, Cell, Table, Tone};

static TEMPLATE: &str = include_str!("page.html.jinja");

/// The page as HTML. Every word that comes from the record is escaped.
///
/// # Errors
/// If a chart cannot be drawn.
pub fn page(record: &Record, anchors: &[String], charts: &[Named]) -> Result<String, ReportError> {
    let content = Content {
        title: format!("Benchmark report of {}", facts::created(record)),
        line: facts::line(record),
        headline: headline::headline(record),
        tiles: headline::tiles(record, anchors),
        checks: problems::checks(record),
        problems: problems::of(&record.rows).iter().map(ToString::to_string).collect(),
        ladder: headline::ladder(record, anchors).as_ref().map(Grid::new),
        growth: growth(record).as_ref().map(Grid::new),
        figures: charts.iter().map(Figure::new).collect::<Result<_, _>>()?,
        workloads: figure_tables(record, anchors).iter().map(Grid::new).collect(),
        facts: facts::facts(record),
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    Ok(environment.render_str(TEMPLATE, Serde(content))?)
}

/// What the template fills in.
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
    workloads: Vec<Grid>,
    facts: Vec<(&'static str, String)>,
}

/// A chart on the page.
#[derive(Serialize)]
struct Figure<'a> {
    name: &'a str,
    heading: &'a str,
    finding: &'a str,
    svg: String,
}

impl<'a> Figure<'a> {
    fn new(named: &'a Named) -> Result<Self, ChartError> {
        Ok(Self { name: named.name, heading: named.heading, finding: named.chart.title(), svg: named.chart.svg()? })
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

/// A cell: its first line, smaller lines below, and a class for its tone.
#[derive(Serialize)]
struct Words {
    first: String,
    more: Vec<String>,
    tone: &'static str,
    side: &'static str,
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
                first: lines.next().unwrap_or_default(),
                more: lines.collect(),
                tone: match cell.tone {
                    Tone::Plain => "plain",
                    Tone::Good => "good",
                    Tone::Bad => "bad",
                    Tone::Notice => "notice",
                    Tone::Quiet => "quiet",
                },
                side: side(align),
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
