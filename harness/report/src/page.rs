//! The page: one self-contained HTML file, rendered from the same tables and charts as the other formats.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use crate::charts::Named;
use crate::figure_tables::figure_tables;
use crate::render::{Table, exact};
use crate::{
    ReportData, ReportError, Section, Source, headline, not_measured, problems, provenance,
};

static TEMPLATE: &str = include_str!("page.html.jinja");

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
    let content = Content {
        title: format!("Benchmark report of {}", provenance::created(record)),
        line: provenance::line(record),
        headline: headline::headline(record),
        tiles: headline::tiles(record, &report_data.anchors),
        checks: problems::checks(record),
        problems: problems::of(&record.rows),
        ladder: headline::ladder(report_data),
        charts,
        sections,
        not_measured: not_measured(report_data),
        workloads: figure_tables(report_data),
        facts: provenance::provenance(record),
        sources: report_data.sources[1..].iter().map(source_line).collect(),
        notes: &report_data.notes,
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.add_filter("breakable", |text: &str| breakable(text));
    environment.add_filter("exact", |value: Value| {
        exact(&serde_json::to_value(value).unwrap_or_default())
    });
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
    ladder: Option<Table>,
    charts: &'a [Named],
    sections: &'a [Section],
    /// What was not measured, and the command that measures it.
    not_measured: Vec<(String, String)>,
    workloads: Vec<Table>,
    facts: Vec<(&'static str, String)>,
    sources: Vec<String>,
    notes: &'a [String],
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
    text.split_inclusive(['/', '@', ',', '='])
        .map(str::to_owned)
        .collect()
}
