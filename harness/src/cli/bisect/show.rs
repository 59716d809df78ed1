//! Prints the result of a search, and the commits that it tried.

use anyhow::Result;
use harness::bisect::{Answer, Finding, Next};
use harness_abtest::Rules;
use harness_record::{Commit, number};
use harness_report::render::{Audience, Cell, Column, Table, Tone};

use super::Bisect;
use harness::terminal::{ALARM, Status, WARNING, exact, notice, print, show};

/// A commit that was tried.
pub(super) struct Tried {
    pub(super) commit: Commit,
    pub(super) answer: Answer,
}

impl Bisect {
    pub(super) fn show(
        &self,
        commits: &[Commit],
        end: Next,
        place: &str,
        name: &str,
        path: &[Tried],
    ) -> Result<Status> {
        let find = |commit: &Commit| path.iter().find(|tried| tried.commit == *commit);
        let again = |good: &Commit, bad: &Commit| {
            let phase = place.rsplit(' ').next().unwrap_or_default();
            let (good, bad) = (good.short(), bad.short());
            let (workload, metric) = (&self.workload, &self.metric);
            let isa = self.isa.as_ref().map(|isa| format!(" --isa {isa}")).unwrap_or_default();
            let budget = self.budget;
            format!(
                "cargo harness bisect {good} {bad} --workload {workload} --metric {metric} --phase {phase}{isa} --budget {budget}"
            )
        };
        let before = |number: usize| match number {
            0 => &path[0].commit,
            number => &commits[number - 1],
        };
        let mut table = table(path);
        let (mut lines, outcome) = match end {
            Next::Found(number) => {
                let (guilty, last) = (&commits[number], before(number));
                let date = guilty.date.strftime("%Y-%m-%d");
                let mut lines = vec![format!("found: {guilty} by {}, {date}", guilty.author)];
                let (good, bad) = (&path[0], &path[1]);
                if let (Some(was), Some(is)) = (find(last), find(guilty)) {
                    lines.extend(change(name, &was.answer, &is.answer).map(|change| format!("{place}: {change}")));
                    if let Some(change) = rest(name, &is.answer, &bad.answer) {
                        let rest = again(guilty, &bad.commit);
                        lines.push(format!("BAD is worse still ({change}); for the rest: {rest}"));
                    }
                    // Only for time can a good commit have a part of the change: a good count is within its limit.
                    if name == "time"
                        && let Some(change) = rest(name, &good.answer, &was.answer)
                    {
                        let rest = again(&good.commit, last);
                        lines.push(format!("{last} is slower already ({change}); for that part: {rest}"));
                    }
                }
                lines.push(format!("reproduce with: {}", again(last, guilty)));
                (lines, Status::Fine)
            }
            Next::Among(first, last) | Next::Try(first @ last) => {
                let named: Vec<String> = commits[first..=last].iter().map(Commit::to_string).collect();
                let range = format!(
                    "not found: {place} got worse with one of these {} commits, of which only the last can be measured: {}",
                    named.len(),
                    named.join(", ")
                );
                (vec![range, format!("reproduce with: {}", again(before(first), &commits[last]))], Status::Unjudged)
            }
        };
        if self.metric == "time" && name != "time" {
            lines.insert(1, format!("by {name}, which got worse from GOOD to BAD; time itself was not measured"));
        }
        if self.format.audience() == Audience::Terminal {
            let mut text = self.format.render(&[table]);
            let style = if outcome == Status::Fine { ALARM } else { WARNING };
            let first = lines.remove(0);
            let (word, rest) = first.split_once(": ").unwrap_or(("", &first));
            text += &format!("{style}{word}:{style:#} {rest}\n");
            lines.iter().for_each(|line| text += &format!("{line}\n"));
            print(&text)?;
        } else {
            table.title = lines.remove(0);
            table.notes = lines;
            if exact(self.format) {
                notice(&table.title);
            }
            show(&[table], self.format)?;
        }
        Ok(outcome)
    }
}

fn table(path: &[Tried]) -> Table {
    let columns = vec![
        Column::left("commit", "commit"),
        Column::left("subject", "subject"),
        Column::left("finding", "found"),
        Column::right("value", "figure"),
        Column::left("skipped_because", "skipped because"),
    ];
    let mut table = Table::new("", columns);
    for Tried { commit, answer } in path {
        let tone = match answer.finding {
            Finding::Good => Tone::Plain,
            Finding::Bad => Tone::Bad,
            Finding::Skipped => Tone::Notice,
        };
        let skipped = answer.finding == Finding::Skipped;
        table.rows.push(vec![
            Cell { text: commit.short().to_owned(), ..Cell::text(&commit.id) },
            Cell::text(&commit.subject),
            Cell::text(word(answer.finding)).toned(tone),
            answer.value.map_or_else(Cell::missing, |value| Cell::number(value, &answer.told)),
            Cell::text(if skipped { answer.told.as_str() } else { "" }),
        ]);
    }
    table
}

pub(super) fn word(finding: Finding) -> &'static str {
    match finding {
        Finding::Good => "good",
        Finding::Bad => "bad",
        Finding::Skipped => "skipped",
    }
}

/// Text for the figure of GOOD itself.
pub(super) fn told(metric: &str, value: f64) -> String {
    if metric == "time" { "the base of the comparison".to_owned() } else { number::exact(value) }
}

/// Describes the change from one commit to another; times are relative to GOOD. None if either has no figure.
fn change(metric: &str, from: &Answer, to: &Answer) -> Option<String> {
    let (from, to) = (from.value?, to.value?);
    Some(match metric {
        "time" => format!("time {} -> {} against GOOD", number::percent(from), number::percent(to)),
        _ if from == 0.0 => format!("{metric} {} -> {}", number::exact(from), number::exact(to)),
        _ => format!("{metric} {} -> {} ({})", number::exact(from), number::exact(to), number::percent(to / from)),
    })
}

/// Describes the change between two commits that another search could find; none if there is no such change. Times
/// count as different only if their intervals do not overlap and they differ by the minimum effect, because two equal
/// times never measure exactly equal.
fn rest(metric: &str, from: &Answer, to: &Answer) -> Option<String> {
    let (lower, higher) = (from.value?, to.value?);
    let is_more = match metric {
        "time" => {
            let apart = from.interval?.high < to.interval?.low;
            apart && higher / lower >= 1.0 + Rules::default().minimum_effect
        }
        _ => higher > lower,
    };
    is_more.then(|| change(metric, from, to)).flatten()
}

#[cfg(test)]
mod tests {
    use harness_abtest::Interval;

    use super::*;

    #[test]
    fn a_rest_of_time_is_told_where_the_intervals_leave_no_doubt_of_it() {
        let time = |low, value, high| Answer {
            value: Some(value),
            interval: Some(Interval { low, high, level: 0.95 }),
            ..Answer::skipped("")
        };
        let described = |from: &Answer, to: &Answer| rest("time", from, to);
        let part = time(1.015, 1.02, 1.025);
        let whole = time(1.045, 1.05, 1.055);
        assert_eq!(described(&part, &whole).as_deref(), Some("time +2.0 % -> +5.0 % against GOOD"));
        assert_eq!(described(&whole, &part), None);
        assert_eq!(described(&part, &time(1.02, 1.05, 1.08)), None, "the intervals overlap");
        assert_eq!(described(&time(1.02, 1.02, 1.02), &time(1.023, 1.023, 1.023)), None, "less than a gate reports");
        assert_eq!(
            described(&part, &Answer { interval: None, ..time(1.05, 1.05, 1.05) }),
            None,
            "too few pairs for an interval"
        );
    }

    #[test]
    fn a_rest_of_a_count_is_any() {
        let count = |value| Answer { value: Some(value), ..Answer::skipped("") };
        let described = rest("instructions", &count(1000.0), &count(1001.0));
        assert_eq!(described.as_deref(), Some("instructions 1,000 -> 1,001 (+0.10 %)"));
        assert_eq!(rest("instructions", &count(1000.0), &count(1000.0)), None);
    }
}
