//! The executive summary, one page of Markdown with the findings and numbers of the page: title, status, the ladder of phases,
//! the finding of each section, and the measurements that are missing. Details are on the page and in the tables of exact values.

use crate::page::{gaps, ladder, ladder_table, strip};
use crate::render::{Format, escape_markdown};
use crate::{ReportData, Section, charts, headline, provenance};

/// The most lines below one status; the page has all of them.
const MOST_LINES: usize = 5;

/// Renders the summary.
pub fn summary(report_data: &ReportData, charts: &[charts::Named], sections: &[Section]) -> String {
    let record = &report_data.record;
    let mut page = format!(
        "# {}\n\n{}\n\n",
        escape_markdown(&headline::title(report_data)),
        escape_markdown(&provenance::line(record))
    );
    for status in strip(report_data) {
        let words = std::iter::once(&status.finding).chain(&status.details);
        let words: Vec<String> = words.map(|words| escape_markdown(words)).collect();
        page += &format!("- **{}:** {}\n", status.topic, words.join("; "));
        for line in status.folded.iter().take(MOST_LINES) {
            page += &format!("  - {}\n", escape_markdown(line));
        }
        let more = status.folded.len().saturating_sub(MOST_LINES);
        if more > 0 {
            page += &format!("  - and {more} more, in index.html\n");
        }
    }
    let ladder = headline::headline(record).and_then(|workload| ladder(report_data, workload));
    if let Some(ladder) = ladder {
        page += "\n## Phases\n";
        if let Some(about) = ladder.about() {
            page += &format!("\n{}\n", escape_markdown(&about));
        }
        let table = ladder_table(report_data, &ladder);
        page += &format!("\n{}", Format::MARKDOWN.render(table.as_slice()));
    }
    let findings: Vec<String> = sections
        .iter()
        .filter_map(|section| {
            let finding = escape_markdown(section.says.first()?);
            Some(format!("- **{}:** {finding}\n", section.title))
        })
        .collect();
    if !findings.is_empty() {
        page += &format!("\n## Findings\n\n{}", findings.concat());
    }
    if let Some(named) = charts.first() {
        let finding = escape_markdown(named.chart.title());
        page += &format!("\n![{finding}](charts/{}.svg)\n", named.name);
    }
    let gaps = gaps(report_data, sections);
    if !gaps.is_empty() {
        let gaps = gaps.iter().map(|gap| escape_markdown(&gap.to_string()));
        page += &format!("\nNot measured. {}.\n", gaps.collect::<Vec<_>>().join("; "));
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
