//! The verdict of the gate against a revision, as sentences and tables.

use harness_abtest::Verdict;
use harness_judge::gate::{GateVerdict, TimeOutcome, TimeVerdict};
use harness_record::session::Session;
use harness_report::tables::{counts, times};

use super::show::Printout;

/// Number of regressed figures that are printed as sentences, because one allocation more can show in dozens of
/// figures. The table has all of them.
const SHOWN_FIGURES: usize = 6;

/// Number of changed rules that are printed, because a change may store hundreds of new counts.
const SHOWN_AMENDED: usize = 20;

/// Collects what is printed, without the functions behind the regressions. `all` includes figures that passed; `exact`
/// is true for programs, which get everything.
pub(super) fn printout(
    session: &Session,
    verdict: &GateVerdict,
    exact: bool,
    all: bool,
) -> Printout {
    let is_noisy = verdict.noise().is_some();
    let sentences = |is_meant: &dyn Fn(&TimeVerdict) -> bool| -> Vec<String> {
        verdict
            .times
            .iter()
            .filter(|time| is_meant(time))
            .map(TimeVerdict::sentence)
            .collect()
    };
    let counted = || verdict.counts.iter();
    let mut regressed: Vec<String> = verdict.red_times().map(TimeVerdict::sentence).collect();
    regressed.extend(verdict.lost_counts());
    let more_figures =
        |more| format!("{more} more figures are in the table; --all prints a sentence for each");
    let figures = counted().flat_map(|counts| counts.regressions()).collect();
    regressed.extend(shortened(figures, SHOWN_FIGURES, all, more_figures));
    let mut open = sentences(&|time| match time.outcome {
        TimeOutcome::WithinLayoutLimit
        | TimeOutcome::Failed
        | TimeOutcome::Verdict(Verdict::Inconclusive) => true,
        _ => time.is_red && is_noisy,
    });
    open.extend(counted().flat_map(|counts| counts.unjudged()));
    let mut accepted = sentences(&|time| time.accepted.is_some());
    accepted.extend(counted().flat_map(|counts| counts.accepted()));
    let more_rules = |more| format!("{more} more; --all shows them");
    let amended = shortened(
        session.amended.clone(),
        SHOWN_AMENDED,
        all || exact,
        more_rules,
    );

    let mut tables = Vec::new();
    if !verdict.times.is_empty() {
        tables.push(times::times_table(verdict, exact));
    }
    if let Some(counts) = &verdict.counts {
        let shown = if all || exact {
            counts.clone()
        } else {
            counts.remarkable()
        };
        tables.extend(Some(counts::table(&shown, exact)).filter(|table| !table.rows.is_empty()));
    }
    Printout {
        summary: verdict.summary(),
        command: with_seed(session),
        tables,
        regressed,
        improved: sentences(&|time| time.outcome == TimeOutcome::Verdict(Verdict::Improved)),
        open: ("open", open),
        unmatched: session.unmatched.clone(),
        rules: vec![
            ("accepted", accepted),
            ("pending", verdict.pending.clone()),
            ("complaint", verdict.complaints.clone()),
            ("changed rule", amended),
        ],
        circumstances: verdict.circumstances(session),
        ..Printout::default()
    }
}

/// The first `most` sentences, and one about the number of others; with `all` every sentence.
fn shortened(
    mut sentences: Vec<String>,
    most: usize,
    all: bool,
    others: impl Fn(usize) -> String,
) -> Vec<String> {
    let more = sentences.len().saturating_sub(most);
    if more > 0 && !all {
        sentences.truncate(most);
        sentences.push(others(more));
    }
    sentences
}

/// The command line, with the seed added.
fn with_seed(session: &Session) -> String {
    let is_complete = session.measured.is_empty() || session.command.contains("--seed");
    let seed = if is_complete {
        String::new()
    } else {
        format!(" --seed {}", session.terms.seed)
    };
    format!("{}{seed}", session.command)
}
