//! The headline of a gate: one sentence that holds the whole verdict.

use harness_abtest::Rules;
use itertools::Itertools;

use crate::Standing;
use crate::counts::SuiteVerdict;
use crate::gate::{GateVerdict, JudgedFigure, Measured, TimeVerdict};

/// Number of slower workloads that the headline names.
const NAMED: usize = 3;

impl GateVerdict {
    /// The headline, such as `1 of 9 timed workloads slower: medium/decode@32 +4.2 % [3.1, 5.0]; 2 counts worse, 5
    /// better`. It begins with `Not judged: ` if the gate could not judge.
    pub fn headline(&self) -> String {
        let clauses = self.clauses();
        match self.conclusion() {
            SuiteVerdict::Unjudged => format!("Not judged: {clauses}"),
            SuiteVerdict::Passed | SuiteVerdict::Regressed => capitalized(&clauses),
        }
    }

    /// The headline after a word for the exit status: `PASSED: none of 9 timed workloads slower`.
    pub fn summary(&self) -> String {
        format!("{}: {}", self.conclusion().word(), self.clauses())
    }

    fn clauses(&self) -> String {
        let mut clauses: Vec<String> = self.noise().into_iter().collect();
        clauses.extend(
            self.uncounted
                .then(|| "instructions were not counted, valgrind is missing".to_owned()),
        );
        clauses.extend(
            self.untimed
                .then(|| "no time was judged, none of the workloads is timed".to_owned()),
        );
        clauses.extend((!self.times.is_empty()).then(|| self.time_clause()));
        if self.identical.time {
            let counts = if self.identical.counts {
                ", and no count either"
            } else {
                ""
            };
            clauses.push(format!(
                "identical programs: no time can have changed{counts}"
            ));
        }
        clauses.extend(self.counts.as_ref().map(|counts| counts.clause()));
        if clauses.is_empty() {
            clauses.push("there was nothing to judge".to_owned());
        }
        clauses.join("; ")
    }

    /// The verdict on the times, such as `none of 9 timed workloads slower, 2 inconclusive (up to +8.1 %)`.
    fn time_clause(&self) -> String {
        let figures = self.figures();
        let that = |standing| {
            let times = figures.iter().filter_map(move |one| match one.measured {
                Measured::Time(time) if one.standing == standing => Some(time),
                _ => None,
            });
            times.collect::<Vec<_>>()
        };
        let layout = self.layout_limit;
        let words = [
            (Standing::Regressed, named(&that(Standing::Regressed))),
            (Standing::OverBudget, "over budget".to_owned()),
            (Standing::Accepted, "slower, accepted".to_owned()),
            (
                Standing::WithinLayoutLimit,
                format!("slower within the layout limit of {}", share(layout)),
            ),
            (
                Standing::NotJudged,
                "slower on this machine, not judged".to_owned(),
            ),
            (Standing::Failed, "not measured".to_owned()),
            (
                Standing::Inconclusive,
                format!("inconclusive{}", bound(&that(Standing::Inconclusive))),
            ),
            (Standing::Improved, "faster".to_owned()),
        ];
        let words: Vec<String> = words
            .into_iter()
            .map(|(standing, word)| (that(standing).len(), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let is_slower = |one: &&JudgedFigure<'_>| one.standing <= Standing::WithinLayoutLimit;
        let slower = figures.iter().filter(is_slower);
        let slower = slower.filter(|one| matches!(one.measured, Measured::Time(_)));
        let all = self.times.len();
        let plural = if all == 1 { "workload" } else { "workloads" };
        let is_judged =
            !that(Standing::NotSlower).is_empty() || !that(Standing::Improved).is_empty();
        if slower.count() == 0 && that(Standing::NotJudged).is_empty() && is_judged {
            let beyond = match self.margin > Rules::default().margin {
                true => format!(" by {} or more", share(self.margin)),
                false => String::new(),
            };
            let none = format!("none of {all} timed {plural} slower{beyond}");
            return std::iter::once(none).chain(words).join(", ");
        }
        // `1 of 9 timed workloads slower: ...`, and after it only numbers.
        let mut words = words.into_iter();
        let first = words.next().unwrap_or_default();
        let (count, word) = first.split_once(' ').unwrap_or(("0", &first));
        let first = format!("{count} of {all} timed {plural} {word}");
        std::iter::once(first).chain(words).join(", ")
    }
}

/// `slower: ID +4.2 % [3.1, 5.0], ID +1.2 % [0.8, 1.5]`, the largest first, with the number of others.
fn named(times: &[&TimeVerdict]) -> String {
    let change = |time: &TimeVerdict| time.found.map_or(0.0, |found| found.change);
    let largest = times
        .iter()
        .sorted_by(|a, b| change(b).total_cmp(&change(a)));
    let named = largest
        .take(NAMED)
        .map(|time| format!("{} {}", time.workload, time.change_text()));
    let more = match times.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("slower: {}{more}", named.format(", "))
}

/// ` (up to +8.1 %)`: the largest slowdown that the intervals contain; empty if a workload has no interval.
fn bound(times: &[&TimeVerdict]) -> String {
    let found: Option<Vec<_>> = times.iter().map(|time| time.found).collect();
    let highs = found.unwrap_or_default().into_iter();
    let highs: Option<Vec<_>> = highs
        .map(|found| Some((found.interval?.high, found.bound_text()?)))
        .collect();
    let largest = highs
        .unwrap_or_default()
        .into_iter()
        .max_by(|a, b| a.0.total_cmp(&b.0));
    largest.map_or(String::new(), |(_, text)| format!(" ({text})"))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    first + letters.as_str()
}

/// Formats a share in percent, such as `1 %` or `0.5 %`.
pub(super) fn share(share: f64) -> String {
    format!("{} %", (share * 1e6).round() / 1e4)
}
