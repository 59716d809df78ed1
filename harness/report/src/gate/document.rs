//! The verdict for a pull request: Markdown that fits into one comment.

use super::GateReport;
use super::sentences::Sentences;
use crate::render::{Format, Table, escape_markdown as escape};

/// Most characters of the text. A comment on GitHub has at most 65,536; the rest is for the lines that the workflow adds.
const MOST: usize = 65_000;
/// Most characters of each fold but the one with all rows, which gets the rest.
const MOST_OF_FOLD: usize = 8_000;

/// The headline, the largest moves, and folds with the details. Only folds are ever cut.
pub(super) fn markdown(report: &GateReport<'_>) -> String {
    let sentences = Sentences::of(report, false);
    let mut top = format!("**{}.**\n\n", escape(&report.verdict.headline()));
    let moves = report.moves();
    if !moves.rows.is_empty() || !moves.notes.is_empty() {
        top += &format!("{}\n", Format::MARKDOWN.render(&[moves]));
    }
    let mut explained: Vec<String> = Vec::new();
    explained.extend(sentences.regressed.prefixed());
    explained.extend(sentences.open.prefixed());
    explained.extend(sentences.unmatched);
    explained.extend(sentences.improved.prefixed());
    let rules = sentences.rules.iter().flat_map(|rule| rule.prefixed());
    let folds = [
        fold("Explanations", &items(&explained), MOST_OF_FOLD),
        fold(
            "Functions behind the regressions",
            &report
                .functions
                .iter()
                .flat_map(table_lines)
                .collect::<Vec<_>>(),
            MOST_OF_FOLD,
        ),
        fold(
            "Noise floor and machine",
            &items(&conditions(report, sentences.circumstances)),
            MOST_OF_FOLD,
        ),
        fold(
            "Accepted regressions and changed rules",
            &items(&rules.collect::<Vec<_>>()),
            MOST_OF_FOLD,
        ),
        fold("Reproduce", &code(&report.command), MOST),
    ];
    let [explanations, rest @ ..] = &folds;
    let used = size(&top) + folds.iter().map(|fold| size(fold)).sum::<usize>();
    let figures = report.verdict.figures().len();
    let rows: Vec<String> = report.every_figure().iter().flat_map(table_lines).collect();
    let rows = fold(
        &format!("All rows ({figures})"),
        &rows,
        MOST.saturating_sub(used),
    );
    format!("{top}{explanations}{rows}{}", rest.concat())
}

/// The two commits, then the conditions of the measurement.
fn conditions(report: &GateReport<'_>, circumstances: Vec<String>) -> Vec<String> {
    let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
    let sides = report.session.map(|session| {
        let dirty = if session.head.dirty {
            " with uncommitted changes"
        } else {
            ""
        };
        [
            format!("head: {}{dirty}", short(&session.head.commit)),
            format!("base: {}", short(&session.base.commit)),
            format!("CPU: {}", session.environment.cpu),
        ]
    });
    sides.into_iter().flatten().chain(circumstances).collect()
}

/// A part that opens with a click, of at most `most` characters. A sentence replaces the lines that do not fit. Empty if
/// there are no lines.
fn fold(summary: &str, lines: &[String], most: usize) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let open = format!("<details><summary>{}</summary>\n\n", html(summary));
    let close = "\n</details>\n\n";
    let cut = |more: usize| {
        format!(
            "\n{more} more lines are cut to fit into a comment; the file of the gate has them all.\n"
        )
    };
    let room = most.saturating_sub(size(&open) + size(close) + size(&cut(lines.len())));
    let mut used = 0;
    let fitting = lines.iter().take_while(|line| {
        used += size(line) + 1;
        used <= room
    });
    let shown = fitting.count();
    let mut text = lines[..shown].join("\n").trim_end().to_owned() + "\n";
    if shown < lines.len() {
        text += &cut(lines.len() - shown);
    }
    format!("{open}{text}{close}")
}

/// The lines of a table; an empty line ends it.
fn table_lines(table: &Table) -> Vec<String> {
    let text = Format::MARKDOWN.render(std::slice::from_ref(table));
    text.lines()
        .map(str::to_owned)
        .chain([String::new()])
        .collect()
}

fn items(sentences: &[String]) -> Vec<String> {
    let item = |sentence: &String| format!("- {}", escape(sentence));
    sentences.iter().map(item).collect()
}

/// A block of code. Its fence is longer than any run of backticks in the command.
fn code(command: &str) -> Vec<String> {
    let mut fence = "```".to_owned();
    while command.contains(&fence) {
        fence.push('`');
    }
    vec![format!("{fence}sh"), command.to_owned(), fence]
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn size(text: &str) -> usize {
    text.chars().count()
}
