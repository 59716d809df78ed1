//! The summary of a step on GitHub: Markdown with every figure, what needs attention first.
//!
//! GitHub drops a summary of more than 1 MiB as a whole, and a step may append other text to the same file. So the rows
//! are cut at half of that, on the border of a row, and a sentence states how many are left out.

use super::{Exporter, Results, Row};
use crate::render::escape_markdown as escape;

/// A headline, a table of every figure, and the notes.
pub(super) struct Summary;

/// Most bytes of the text: half of the limit.
const MOST: usize = 512 * 1024;
/// Part of it for headline, notes and sentences.
const NOTES: usize = 64 * 1024;

const HEAD: &str = "| workload | phase | metric | verdict | base | value | change | limit |\n\
    | :--- | :--- | :--- | :--- | ---: | ---: | ---: | ---: |\n";

impl Exporter for Summary {
    fn name(&self) -> &'static str {
        "github-summary"
    }

    fn help(&self) -> &'static str {
        "Step summary of GitHub: every figure, below its limit of 1 MiB"
    }

    fn export(&self, results: &Results) -> String {
        let mut text = format!("### {}\n\n", escape(&results.headline));
        let explained = results.attention().into_iter().map(Row::sentence);
        let sentences = explained.chain(results.unmatched.iter().chain(&results.notes).cloned());
        let items: Vec<String> = sentences
            .map(|one| format!("- {}\n", escape(&one)))
            .collect();
        let (shown, more) = fitting(&items, NOTES);
        text += &shown;
        if more > 0 {
            text += &format!("- {more} more sentences are left out.\n");
        }
        if !items.is_empty() {
            text += "\n";
        }
        let mut rows: Vec<&Row> = results.rows.iter().collect();
        rows.sort_by_key(|row| row.outcome);
        let lines: Vec<String> = rows.into_iter().map(line).collect();
        if lines.is_empty() {
            return text;
        }
        let (shown, more) = fitting(&lines, MOST - NOTES - text.len().min(NOTES));
        text += HEAD;
        text += &shown;
        if more > 0 {
            text += &format!(
                "\n{more} of {} figures are left out, because GitHub shows at most 1 MiB; the other exports have all.\n",
                lines.len()
            );
        }
        text
    }
}

/// The lines that fit into so many bytes, and the number of the others.
fn fitting(lines: &[String], most: usize) -> (String, usize) {
    let mut text = String::new();
    for (place, line) in lines.iter().enumerate() {
        if text.len() + line.len() > most {
            return (text, lines.len() - place);
        }
        text += line;
    }
    (text, 0)
}

fn line(row: &Row) -> String {
    let number = |value: Option<f64>| value.map_or(String::new(), |value| row.shown(value));
    let verdict = match row.outcome.needs_attention() {
        true => format!("**{}**", escape(&row.verdict)),
        false => escape(&row.verdict),
    };
    let change = row.change.map(|change| change.text());
    format!(
        "| {} | {} | {} | {verdict} | {} | {} | {} | {} |\n",
        escape(&row.workload),
        escape(&row.phase),
        escape(&row.title),
        number(row.base),
        number(row.value),
        escape(&change.unwrap_or_default()),
        escape(row.limit.as_deref().unwrap_or_default()),
    )
}
