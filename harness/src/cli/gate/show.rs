//! Prints the verdict of the gate against a revision.

use anyhow::Result;
use harness_abtest::Verdict;
use harness_judge::gate::{GateVerdict, TimeOutcome};
use harness_record::session::Session;
use harness_report::render::{Audience, Format, Table};
use harness_report::tables::counts::table;
use harness_report::tables::times::times_table;

use harness::terminal::{ALARM, WARNING, exact, notice, print, show};

/// Prints regressions, times, changed counts, open points, the summary, and the command that reproduces it. `changed`
/// holds tables of the functions behind the regressions.
pub(super) fn gate_verdict(
    session: &Session,
    gate_verdict: &GateVerdict,
    changed: &[Table],
    format: Format,
    all: bool,
) -> Result<()> {
    let again = format!("reproduce with: {}", with_seed(session));
    let mut red: Vec<String> = gate_verdict.red_times().map(|time| time.sentence()).collect();
    let is_noisy = gate_verdict.noise().is_some();
    red.extend(gate_verdict.lost_counts());
    red.extend(figures(gate_verdict, all));
    let mut open: Vec<String> = gate_verdict
        .times
        .iter()
        .filter(|time| match time.outcome {
            TimeOutcome::WithinLayoutLimit | TimeOutcome::Failed | TimeOutcome::Verdict(Verdict::Inconclusive) => true,
            _ => time.is_red && is_noisy,
        })
        .map(|time| time.sentence())
        .collect();
    open.extend(gate_verdict.counts.iter().flat_map(|counts| counts.unjudged()));
    open.extend(session.unmatched.iter().cloned());
    let accepted = gate_verdict.times.iter().filter(|time| time.accepted.is_some()).map(|time| time.sentence());
    let accepted: Vec<String> =
        accepted.chain(gate_verdict.counts.iter().flat_map(|counts| counts.accepted())).collect();
    let amended = amended_lines(&session.amended, all || exact(format));
    let better = gate_verdict
        .times
        .iter()
        .filter(|time| time.outcome == TimeOutcome::Verdict(Verdict::Improved))
        .map(|time| time.sentence());

    let mut tables = Vec::new();
    if !gate_verdict.times.is_empty() {
        tables.push(times_table(gate_verdict, exact(format)));
    }
    if let Some(counts) = &gate_verdict.counts {
        let shown = if all || exact(format) { counts.clone() } else { counts.remarkable() };
        let table = table(&shown, exact(format));
        tables.extend((!table.rows.is_empty()).then_some(table));
    }
    match format.audience() {
        Audience::Program => {
            let mut notes = gate_verdict.circumstances(session);
            notes.extend(session.unmatched.iter().cloned());
            notes.extend(rule_lines(&accepted, &gate_verdict.pending, &gate_verdict.complaints, &amended));
            match tables.first_mut().filter(|_| format.has_notes()) {
                Some(first) => {
                    first.title = gate_verdict.summary();
                    first.notes = notes;
                    first.notes.push(again.clone());
                }
                // Some formats have no notes, and without tables there is nowhere to put them.
                None => notes.iter().for_each(|note| notice(note)),
            }
            tables.extend_from_slice(changed);
            show(&tables, format)?;
            notice(&gate_verdict.summary());
            notice(&again);
            Ok(())
        }
        Audience::Document => {
            let mut notes = red;
            notes.extend(better);
            notes.extend(open.iter().map(|sentence| format!("open: {sentence}")));
            notes.extend(rule_lines(&accepted, &gate_verdict.pending, &gate_verdict.complaints, &amended));
            notes.extend(gate_verdict.circumstances(session));
            notes.push(again);
            match tables.last_mut() {
                Some(last) => last.notes = notes,
                None => tables.push(Table { notes, ..Default::default() }),
            }
            tables[0].title = gate_verdict.summary();
            tables.extend_from_slice(changed);
            show(&tables, format)
        }
        Audience::Terminal => {
            let mut text = String::new();
            for sentence in red {
                text += &format!("{ALARM}regressed:{ALARM:#} {sentence}\n");
            }
            text += &format.render(&tables);
            for sentence in better {
                text += &format!("improved: {sentence}\n");
            }
            for sentence in open {
                text += &format!("{WARNING}open:{WARNING:#} {sentence}\n");
            }
            for line in rule_lines(&accepted, &gate_verdict.pending, &gate_verdict.complaints, &amended) {
                text += &marked(&line);
            }
            for sentence in gate_verdict.circumstances(session) {
                text += &format!("{sentence}\n");
            }
            text += &format!("{}\n", gate_verdict.summary());
            for table in changed {
                text += &format!("\n{}", format.render(std::slice::from_ref(table)));
            }
            text += &format!("{again}\n");
            print(&text)
        }
    }
}

/// Number of regressed figures that are printed as sentences, because one allocation more can show in dozens of
/// figures. The table has all of them.
const SHOWN_FIGURES: usize = 6;

fn figures(gate_verdict: &GateVerdict, all: bool) -> Vec<String> {
    let mut sentences: Vec<String> = gate_verdict.counts.iter().flat_map(|counts| counts.regressions()).collect();
    let more = sentences.len().saturating_sub(SHOWN_FIGURES);
    if more > 0 && !all {
        sentences.truncate(SHOWN_FIGURES);
        sentences.push(format!("{more} more figures are in the table; --all prints a sentence for each"));
    }
    sentences
}

/// Number of changed rules that are printed, because a change may store hundreds of new counts.
const SHOWN_AMENDED: usize = 20;

fn amended_lines(amended: &[String], all: bool) -> Vec<String> {
    let shown = if all { amended.len() } else { SHOWN_AMENDED };
    let more = amended.len().saturating_sub(shown);
    let mut lines: Vec<String> = amended.iter().take(shown).cloned().collect();
    lines.extend((more > 0).then(|| format!("{more} more; --all shows them")));
    lines
}

/// Lines on acceptances and changed rules, each with its kind in front.
fn rule_lines(accepted: &[String], pending: &[String], complaints: &[String], amended: &[String]) -> Vec<String> {
    let kinds = [("accepted", accepted), ("pending", pending), ("complaint", complaints), ("changed rule", amended)];
    kinds.iter().flat_map(|(kind, lines)| lines.iter().map(move |line| format!("{kind}: {line}"))).collect()
}

/// Colours the kind of a line.
fn marked(line: &str) -> String {
    let (kind, rest) = line.split_once(": ").unwrap_or(("note", line));
    format!("{WARNING}{kind}:{WARNING:#} {rest}\n")
}

/// The command line, with the seed added.
fn with_seed(session: &Session) -> String {
    let seed = format!("--seed {}", session.terms.seed);
    match session.measured.is_empty() || session.command.contains("--seed") {
        true => session.command.clone(),
        false => format!("{} {seed}", session.command),
    }
}
