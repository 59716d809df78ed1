//! What a search found, and the path it took.

use anyhow::Result;
use harness::bisect::{Answer, Finding, Next};
use harness::render::{Cell, Column, Format, Table, Tone, number};
use harness::revision::Commit;

use super::Bisect;
use crate::cli::{ALARM, Outcome, WARNING, exact, notice, print, show};

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
    ) -> Result<Outcome> {
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
                let value = |commit: &Commit| find(commit).and_then(|tried| tried.answer.value);
                let date = guilty.date.strftime("%Y-%m-%d");
                let mut lines = vec![format!("found: {guilty} by {}, {date}", guilty.author)];
                if let (Some(from), Some(to)) = (value(last), value(guilty)) {
                    lines.push(format!("{place}: {}", change(name, from, to)));
                }
                if let (Some(here), Some(there)) = (value(guilty), path.get(1).and_then(|bad| bad.answer.value))
                    && name != "time"
                    && there > here
                {
                    lines.push(format!(
                        "BAD is worse still ({}); for the rest: {}",
                        change(name, here, there),
                        again(guilty, &path[1].commit)
                    ));
                }
                lines.push(format!("reproduce with: {}", again(last, guilty)));
                (lines, Outcome::Fine)
            }
            Next::Among(first, last) | Next::Try(first @ last) => {
                let named: Vec<String> = commits[first..=last].iter().map(Commit::to_string).collect();
                let told = format!(
                    "not found: {place} got worse with one of these {}, and those between cannot be told: {}",
                    named.len(),
                    named.join(", ")
                );
                (vec![told, format!("reproduce with: {}", again(before(first), &commits[last]))], Outcome::Unjudged)
            }
        };
        if self.format == Format::Table {
            let mut text = self.format.render(&[table]);
            let style = if outcome == Outcome::Fine { ALARM } else { WARNING };
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

pub(super) fn told(metric: &str, value: f64) -> String {
    if metric == "time" { "the time others are held against".to_owned() } else { number::exact(value) }
}

/// From what to what: of time the changes against GOOD.
fn change(metric: &str, from: f64, to: f64) -> String {
    match metric {
        "time" => format!("time {} -> {} against GOOD", number::percent(from), number::percent(to)),
        _ if from == 0.0 => format!("{metric} {} -> {}", number::exact(from), number::exact(to)),
        _ => format!("{metric} {} -> {} ({})", number::exact(from), number::exact(to), number::percent(to / from)),
    }
}
