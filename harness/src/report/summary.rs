//! One page of Markdown for whoever asks how it stands: the findings, the checks, the ladder, and where all of it comes
//! from.

use super::growth::growth;
use super::{charts, facts, headline, problems};
use crate::record::Record;
use crate::render::{Format, escape_markdown};

/// The page.
pub fn summary(record: &Record, anchors: &[String], charts: &[charts::Named]) -> String {
    let mut page = format!("# Benchmark summary of {}\n\n", escape_markdown(&facts::created(record)));
    for tile in headline::tiles(record, anchors) {
        page += &format!("- **{}** {}\n", escape_markdown(&tile.number), escape_markdown(&tile.says));
    }
    page += &format!("\n## Checks\n\n{}\n", escape_markdown(&problems::checks(record)));
    let problems = problems::of(&record.rows);
    if !problems.is_empty() {
        page += "\n";
        for problem in problems {
            page += &format!("- {}\n", escape_markdown(&problem.to_string()));
        }
    }
    if let Some(ladder) = headline::ladder(record, anchors) {
        page += &format!("\n## Ladder\n\n{}", Format::Markdown.render(&[ladder]));
    }
    if let Some(growth) = growth(record) {
        page += &format!("\n## Growth\n\n{}", Format::Markdown.render(&[growth]));
    }
    if !charts.is_empty() {
        page += "\n## Charts\n";
        for named in charts {
            let finding = escape_markdown(named.chart.title());
            page += &format!("\n**{finding}**\n\n![{finding}](charts/{}.svg)\n", named.name);
        }
    }
    page += "\n## Provenance\n\n";
    for (name, value) in facts::facts(record) {
        page += &format!("- {name}: {}\n", escape_markdown(&value));
    }
    page
}
