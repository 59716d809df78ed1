//! The verdict for a terminal.

use anstyle::{AnsiColor, Style};
use harness_judge::counts::SuiteVerdict;

use super::sentences::Sentences;
use super::{GateReport, Labelled};
use crate::render::{fitted, wrapped};

const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const PLAIN: Style = Style::new();

/// The headline in the colour of the exit status, the largest moves, and the details.
pub(super) fn terminal(report: &GateReport<'_>) -> String {
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
    parts.push(format!("reproduce with: {}\n", report.command));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// One sentence on each line, after a coloured label.
fn labelled(style: Style, kind: &Labelled) -> String {
    let label = format!("{}:", kind.label);
    let coloured = |sentence: String| {
        let text = wrapped(&sentence, PLAIN);
        text.replacen(&label, &format!("{style}{label}{style:#}"), 1)
    };
    kind.prefixed().map(coloured).collect()
}
