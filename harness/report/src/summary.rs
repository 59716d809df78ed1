//! The executive summary, one page of Markdown: headline figures, checks, the table of phases, the finding of each section,
//! and provenance. Details are on the page and in the tables of exact values.

use crate::render::{Format, escape_markdown};
use crate::{ReportData, Section, charts, headline, not_measured, problems, provenance};

/// The most problems that are listed one by one; the page lists all of them.
const MOST_PROBLEMS: usize = 5;

/// Renders the summary.
pub fn summary(report_data: &ReportData, charts: &[charts::Named], sections: &[Section]) -> String {
    let record = &report_data.record;
    let mut page = format!(
        "# Benchmark summary of {}\n\n",
        escape_markdown(&provenance::created(record))
    );
    for tile in headline::tiles(record, &report_data.anchors) {
        page += &format!(
            "- **{}** {}\n",
            escape_markdown(&tile.number),
            escape_markdown(&tile.says)
        );
    }
    page += &format!(
        "\n## Checks\n\n{}\n",
        escape_markdown(&problems::checks(record))
    );
    let problems = problems::of(&record.rows);
    if !problems.is_empty() {
        page += "\n";
        for problem in problems.iter().take(MOST_PROBLEMS) {
            page += &format!("- {}\n", escape_markdown(problem));
        }
        if problems.len() > MOST_PROBLEMS {
            page += &format!(
                "- and {} more, in index.html\n",
                problems.len() - MOST_PROBLEMS
            );
        }
    }
    if let Some(ladder) = headline::ladder(report_data) {
        page += &format!("\n## Phases\n\n{}", Format::MARKDOWN.render(&[ladder]));
    }
    if !sections.is_empty() {
        page += "\n## Findings\n\n";
        for section in sections {
            let sentences = section.says.first().into_iter().chain(&section.missing);
            let sentences: Vec<String> = sentences
                .map(|sentence| escape_markdown(sentence))
                .collect();
            page += &format!("- **{}:** {}\n", section.title, sentences.join(" "));
        }
    }
    let open = not_measured(report_data);
    if !open.is_empty() {
        let each = open
            .iter()
            .map(|(what, command)| format!("{what} ({command})"));
        let line = each.collect::<Vec<_>>().join(", ");
        page += &format!("\nNot measured: {}\n", escape_markdown(&line));
    }
    if let Some(named) = charts.first() {
        let finding = escape_markdown(named.chart.title());
        page += &format!("\n![{finding}](charts/{}.svg)\n", named.name);
    }
    page += "\n## Provenance\n\n";
    for (name, value) in provenance::provenance(record) {
        page += &format!("- {name}: {}\n", escape_markdown(&value));
    }
    for source in &report_data.sources[1..] {
        let line = format!(
            "{} workloads from {}: {}",
            source.taken.len(),
            source.name,
            source.line
        );
        page += &format!("- also: {}\n", escape_markdown(&line));
    }
    for note in &report_data.notes {
        page += &format!("- note: {}\n", escape_markdown(note));
    }
    page
}
