//! The sentences of a gate, by kind.

use harness_abtest::Verdict;
use harness_judge::Standing;
use harness_judge::gate::{JudgedFigure, Measured, TimeOutcome, TimeVerdict};

use super::{GateReport, Labelled};

/// Number of regressed figures that are printed as sentences, because one allocation more can show in dozens of
/// figures. The table has all of them.
const SHOWN_FIGURES: usize = 6;

/// Number of changed rules that are printed, because a change may store hundreds of new counts.
const SHOWN_AMENDED: usize = 20;

/// The sentences of a gate.
#[derive(Debug)]
pub(super) struct Sentences {
    /// Regressions.
    pub(super) regressed: Labelled,
    /// Figures that were not judged, are inconclusive, or do not repeat.
    pub(super) open: Labelled,
    /// Workloads that only one side has; they are in no table.
    pub(super) unmatched: Vec<String>,
    /// Confirmed speedups.
    pub(super) improved: Labelled,
    /// Acceptances and changed rules.
    pub(super) rules: Vec<Labelled>,
    /// Rules, noise floor and machine.
    pub(super) circumstances: Vec<String>,
}

impl Sentences {
    /// Collects the sentences; with `all`, every one.
    pub(super) fn of(report: &GateReport<'_>, all: bool) -> Self {
        let verdict = report.verdict;
        let figures = verdict.figures();
        let times = |is_meant: &dyn Fn(&JudgedFigure<'_>) -> bool| -> Vec<String> {
            let meant = figures.iter().filter(|one| is_meant(one));
            let times = meant.filter_map(|one| match one.measured {
                Measured::Time(time) => Some(time),
                Measured::Count(_) => None,
            });
            times.map(TimeVerdict::sentence).collect()
        };
        let counted = || verdict.counts.iter();
        let mut regressed = times(&|one| one.standing.is_regression());
        regressed.extend(verdict.lost_counts());
        let more_figures = |more| {
            format!("{more} more figures are in the table; --all prints a sentence for each")
        };
        let lost = match all {
            true => counted().flat_map(|counts| counts.regressions()).collect(),
            // The others are in the sentences above: a loss of instructions shows in one sentence, and one allocation more
            // in up to five figures.
            false => verdict.other_losses(),
        };
        regressed.extend(shortened(lost, SHOWN_FIGURES, all, more_figures));
        let mut open = times(&|one| {
            matches!(
                one.standing,
                Standing::WithinLayoutLimit
                    | Standing::Failed
                    | Standing::NotJudged
                    | Standing::Inconclusive
            )
        });
        open.extend(counted().flat_map(|counts| counts.unjudged()));
        let scattered = counted().flat_map(|counts| counts.not_repeatable());
        open.extend(shortened(
            scattered.collect(),
            SHOWN_FIGURES,
            all,
            more_figures,
        ));
        let mut accepted = times(&|one| one.standing == Standing::Accepted);
        accepted.extend(counted().flat_map(|counts| counts.accepted()));
        let improved = |one: &JudgedFigure<'_>| match one.measured {
            Measured::Time(time) => time.outcome == TimeOutcome::Verdict(Verdict::Improved),
            Measured::Count(_) => false,
        };
        let more_rules = |more| format!("{more} more; --all shows them");
        let session = report.session;
        let amended = session.map_or(Vec::new(), |session| session.amended.clone());
        let amended = shortened(amended, SHOWN_AMENDED, all, more_rules);
        Self {
            regressed: Labelled::new("regressed", regressed),
            open: Labelled::new(
                if session.is_some() {
                    "open"
                } else {
                    "not judged"
                },
                open,
            ),
            unmatched: session.map_or(Vec::new(), |session| session.unmatched.clone()),
            improved: Labelled::new("improved", times(&improved)),
            rules: vec![
                Labelled::new("accepted", accepted),
                Labelled::new("pending", verdict.pending.clone()),
                Labelled::new("complaint", verdict.complaints.clone()),
                Labelled::new("changed rule", amended),
            ],
            circumstances: session.map_or(Vec::new(), |session| verdict.circumstances(session)),
        }
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
