//! The verdict for a terminal.

use anstyle::{AnsiColor, Style};
use harness_judge::counts::SuiteVerdict;

use super::sentences::Sentences;
use super::{GateReport, Labelled};
use crate::render::{Table, fitted_to, wrapped_to};

const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const PLAIN: Style = Style::new();

/// The headline in the colour of the exit status, the largest moves, and the details, within a number of columns.
pub(super) fn terminal(report: &GateReport<'_>, columns: usize) -> String {
    let fitted = |table: &Table| fitted_to(table, columns);
    let wrapped = |sentence: &str, style| wrapped_to(sentence, style, columns);
    let labelled = |style, kind: &Labelled| labelled(style, kind, columns);
    let verdict = report.verdict;
    let sentences = Sentences::of(report, report.all);
    let colour = match verdict.conclusion() {
        SuiteVerdict::Passed => GOOD,
        SuiteVerdict::Regressed => BAD,
        SuiteVerdict::Unjudged => OPEN,
    };
    let mut parts = vec![wrapped(&verdict.summary(), colour)];
    let moves = report.moves();
    if !moves.rows.is_empty() {
        parts.push(fitted(&moves));
    }
    let explained = [
        labelled(BAD, &sentences.regressed),
        labelled(OPEN, &sentences.open),
        labelled(OPEN, &Labelled::new("open", sentences.unmatched)),
        labelled(GOOD, &sentences.improved),
        sentences
            .rules
            .iter()
            .map(|rule| labelled(OPEN, rule))
            .collect(),
    ];
    parts.push(explained.concat());
    let shown = report.every_figure().len();
    let times = usize::from(!verdict.times.is_empty());
    let tables = report.every_figure().into_iter();
    parts.extend(
        tables
            .take(if report.all { shown } else { times })
            .map(|table| fitted(&table)),
    );
    parts.push(
        sentences
            .circumstances
            .iter()
            .map(|line| wrapped(line, PLAIN))
            .collect(),
    );
    let functions = report.functions.iter();
    parts.extend(functions.map(fitted));
    parts.push(command(
        &format!("reproduce with: {}", report.command),
        columns,
    ));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// One sentence on each line, after a coloured label.
fn labelled(style: Style, kind: &Labelled, columns: usize) -> String {
    let label = format!("{}:", kind.label);
    let coloured = |sentence: String| {
        let text = wrapped_to(&sentence, PLAIN, columns);
        text.replacen(&label, &format!("{style}{label}{style:#}"), 1)
    };
    kind.prefixed().map(coloured).collect()
}

/// A command of a shell on several lines, which can be copied: each but the last ends in a backslash. A quoted word stays
/// on one line.
fn command(line: &str, columns: usize) -> String {
    const INDENT: &str = "    ";
    let mut lines = vec![String::new()];
    for word in words(line) {
        match lines.last_mut() {
            // Room for a space before the word and for the end of the line.
            Some(last) if last.trim().is_empty() => *last += word,
            Some(last) if last.chars().count() + word.chars().count() + 3 <= columns => {
                *last += " ";
                *last += word;
            }
            _ => lines.push(INDENT.to_owned() + word),
        }
    }
    lines.join(" \\\n") + "\n"
}

/// The words of a line, with their quotes.
fn words(line: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let is_end = |c: char| {
        is_quoted ^= c == '\'';
        c == ' ' && !is_quoted
    };
    line.split(is_end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_continued_and_can_be_copied() {
        let line = "reproduce with: harness gate --base 0123456789ab --filter 'a b' --seed 12345";
        assert_eq!(command(line, 100), format!("{line}\n"));
        assert_eq!(
            command(line, 40),
            "reproduce with: harness gate --base \\\n    0123456789ab --filter 'a b' --seed \\\n    12345\n"
        );
    }
}
