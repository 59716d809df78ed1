//! Prints the result of a search, and the commits that it tried.

use anyhow::Result;
use harness::bisect::{Answer, Finding, Next, Search};
use harness::terminal::{
    ALARM, Status, WARNING, exact, labelled, notice, paragraph, print, rendered, show,
};
use harness_abtest::Rules;
use harness_record::{Commit, number};
use harness_report::render::{Audience, Cell, Column, Table, Tone};

use super::{Bisect, is_time};
use crate::cli::call;

/// A commit that was tried.
pub(super) struct Tried {
    pub(super) commit: Commit,
    pub(super) answer: Answer,
}

impl Bisect {
    /// Prints the commits that were tried, the result, and the command that reproduces it.
    pub(super) fn show(
        &self,
        commits: &[Commit],
        search: &Search,
        phase: &str,
        name: &str,
        path: &[Tried],
    ) -> Result<Status> {
        let before = |number: usize| {
            if number == 0 {
                &path[0].commit
            } else {
                &commits[number - 1]
            }
        };
        let probabilities = search.probabilities();
        let (mut lines, status) = match search.next() {
            Next::Found(number) => {
                let mut lines = self.found(before(number), &commits[number], phase, name, path);
                let certainty = percent_at_least(probabilities[number]);
                lines.insert(
                    1,
                    format!("probability that this is the first bad commit: {certainty}"),
                );
                (lines, Status::Fine)
            }
            Next::Among(first, last) | Next::Try(first @ last) => {
                let named: Vec<String> = commits[first..=last]
                    .iter()
                    .map(Commit::to_string)
                    .collect();
                let range = format!(
                    "not found: {} in phase {phase} got worse with one of these {} commits, which cannot be told apart: {}",
                    self.workload,
                    named.len(),
                    named.join(", ")
                );
                let certainty = percent_at_least(probabilities[first..=last].iter().sum());
                let certainty = format!("probability that it is one of these: {certainty}");
                let again = self.command(before(first), &commits[last], phase);
                (
                    vec![range, certainty, format!("reproduce with: {again}")],
                    Status::Unjudged,
                )
            }
        };
        if name != "time" && is_time(&self.wanted()?) {
            lines.insert(
                1,
                format!(
                    "by {name}, which got worse from GOOD to BAD; time itself was not measured"
                ),
            );
        }
        let probability = |commit: &Commit| {
            let number = commits.iter().position(|one| one == commit)?;
            probabilities.get(number).copied()
        };
        let mut table = table(path, probability);
        let first = lines.remove(0);
        if self.format.audience() == Audience::Terminal {
            let style = if status == Status::Fine {
                ALARM
            } else {
                WARNING
            };
            let (word, rest) = first.split_once(": ").unwrap_or(("", &first));
            let mut text =
                rendered(&[table], self.format) + &labelled(style, word, &[rest.to_owned()]);
            lines.iter().for_each(|line| text += &paragraph(line));
            print(&text)?;
        } else {
            if exact(self.format) {
                notice(&first);
            }
            (table.title, table.notes) = (first, lines);
            show(&[table], self.format)?;
        }
        Ok(status)
    }

    /// Lines about the guilty commit and the `last` good one before it, and about changes that other commits made.
    fn found(
        &self,
        last: &Commit,
        guilty: &Commit,
        phase: &str,
        name: &str,
        path: &[Tried],
    ) -> Vec<String> {
        let answer = |commit: &Commit| {
            path.iter()
                .rev()
                .find(|tried| tried.commit == *commit)
                .map(|tried| &tried.answer)
        };
        let date = guilty.date.strftime("%Y-%m-%d");
        let mut lines = vec![format!("found: {guilty} by {}, {date}", guilty.author)];
        let (good, bad) = (&path[0], &path[1]);
        if let (Some(was), Some(is)) = (answer(last), answer(guilty)) {
            let place = format!("{} in phase {phase}", self.workload);
            lines.extend(change(name, was, is).map(|change| format!("{place}: {change}")));
            if let Some(change) = rest(name, is, &bad.answer) {
                let rest = self.command(guilty, &bad.commit, phase);
                lines.push(format!(
                    "BAD is worse still ({change}); for the rest: {rest}"
                ));
            }
            // Only for time can a good commit have a part of the change: a good count is within its limit.
            if name == "time"
                && let Some(change) = rest(name, &good.answer, was)
            {
                let rest = self.command(&good.commit, last, phase);
                lines.push(format!(
                    "{last} is slower already ({change}); for that part: {rest}"
                ));
            }
        }
        lines.push(format!(
            "reproduce with: {}",
            self.command(last, guilty, phase)
        ));
        lines
    }

    /// The command line of a search between other commits.
    fn command(&self, good: &Commit, bad: &Commit, phase: &str) -> String {
        let (good, bad) = (good.short(), bad.short());
        let Self {
            workload,
            metric,
            budget,
            confidence,
            ..
        } = self;
        let confidence = match *confidence {
            0.95 => String::new(),
            confidence => format!(" --confidence {confidence}"),
        };
        let isa = self
            .probe
            .isa
            .as_ref()
            .map(|isa| format!(" --isa {isa}"))
            .unwrap_or_default();
        call(&format!(
            "bisect {good} {bad} --workload {workload} --metric {metric} --phase {phase}{isa} --budget {budget}{confidence}"
        ))
    }
}

/// A probability, rounded down so that it is never overstated.
fn percent_at_least(probability: f64) -> String {
    match (probability * 1000.0 + 1e-6).floor() / 10.0 {
        100.0 => "100 %".to_owned(),
        percent => format!("{percent:.1} %"),
    }
}

/// `probability` is that of a commit to be the first bad one; none for GOOD.
fn table(path: &[Tried], probability: impl Fn(&Commit) -> Option<f64>) -> Table {
    let columns = vec![
        Column::left("commit", "commit"),
        Column::left("subject", "subject"),
        Column::left("finding", "found"),
        Column::right("value", "figure"),
        Column::right("probability_first_bad", "first bad"),
        Column::left("skipped_because", "skipped because"),
    ];
    let mut table = Table::new("", columns);
    for Tried { commit, answer } in path {
        let tone = match answer.finding {
            Finding::Good => Tone::Plain,
            Finding::Bad => Tone::Bad,
            Finding::Unclear | Finding::Skipped => Tone::Notice,
        };
        let skipped = answer.finding == Finding::Skipped;
        let probability = probability(commit);
        table.rows.push(vec![
            Cell {
                text: commit.short().to_owned(),
                ..Cell::text(&commit.id)
            },
            Cell::text(&commit.subject),
            Cell::text(word(answer.finding)).toned(tone),
            answer
                .value
                .map_or_else(Cell::missing, |value| Cell::number(value, &answer.told)),
            probability.map_or_else(Cell::missing, |share| {
                Cell::number(share, percent_at_least(share))
            }),
            Cell::text(if skipped { answer.told.as_str() } else { "" }),
        ]);
    }
    table
}

pub(super) fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::Good => "good",
        Finding::Bad => "bad",
        Finding::Unclear => "unclear",
        Finding::Skipped => "skipped",
    }
}

/// Describes the change from one commit to another; times are relative to GOOD. None if either has no figure.
fn change(metric: &str, from: &Answer, to: &Answer) -> Option<String> {
    let (from, to) = (from.value?, to.value?);
    Some(match metric {
        "time" => format!(
            "time {} -> {} against GOOD",
            number::percent(from),
            number::percent(to)
        ),
        _ if from == 0.0 => format!("{metric} {} -> {}", number::exact(from), number::exact(to)),
        _ => format!(
            "{metric} {} -> {} ({})",
            number::exact(from),
            number::exact(to),
            number::percent(to / from)
        ),
    })
}

/// Describes the change between two commits that another search could find; none if there is no such change. Times
/// count as different only if their intervals do not overlap and they differ by the minimum effect, because two equal
/// times never measure exactly equal.
fn rest(metric: &str, from: &Answer, to: &Answer) -> Option<String> {
    let (lower, higher) = (from.value?, to.value?);
    let is_more = match metric {
        "time" => {
            from.interval?.high < to.interval?.low
                && higher / lower >= 1.0 + Rules::default().minimum_effect
        }
        _ => higher > lower,
    };
    if is_more {
        change(metric, from, to)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Interval;

    use super::*;

    #[test]
    fn a_rest_of_time_is_told_where_the_intervals_leave_no_doubt_of_it() {
        let time = |low, value, high| Answer {
            value: Some(value),
            interval: Some(Interval {
                low,
                high,
                level: 0.95,
            }),
            ..Answer::skipped("")
        };
        let described = |from: &Answer, to: &Answer| rest("time", from, to);
        let part = time(1.015, 1.02, 1.025);
        let whole = time(1.045, 1.05, 1.055);
        assert_eq!(
            described(&part, &whole).as_deref(),
            Some("time +2.0 % -> +5.0 % against GOOD")
        );
        assert_eq!(described(&whole, &part), None);
        assert_eq!(
            described(&part, &time(1.02, 1.05, 1.08)),
            None,
            "the intervals overlap"
        );
        assert_eq!(
            described(&time(1.02, 1.02, 1.02), &time(1.023, 1.023, 1.023)),
            None,
            "less than a gate reports"
        );
        assert_eq!(
            described(
                &part,
                &Answer {
                    interval: None,
                    ..time(1.05, 1.05, 1.05)
                }
            ),
            None,
            "too few pairs for an interval"
        );
    }

    #[test]
    fn a_rest_of_a_count_is_any() {
        let count = |value| Answer {
            value: Some(value),
            ..Answer::skipped("")
        };
        let described = rest("instructions", &count(1000.0), &count(1001.0));
        assert_eq!(
            described.as_deref(),
            Some("instructions 1,000 -> 1,001 (+0.10 %)")
        );
        assert_eq!(rest("instructions", &count(1000.0), &count(1000.0)), None);
    }
}
