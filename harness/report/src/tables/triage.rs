//! Tables of a triage: for people one row for each commit and metric, for programs one row for each figure.

use harness_judge::triage::{Change, Entry, Kind, Ruling};
use harness_record::distinct::distinct;
use harness_record::number;

use crate::render::{Cell, Table, Tone};

/// A table for each kind of change that occurs; the largest change of an entry stands for it.
pub fn summary(entries: &[Entry]) -> Vec<Table> {
    let of_kind =
        |kind: Kind| -> Vec<&Entry> { entries.iter().filter(|entry| entry.kind == kind).collect() };
    let filled = Kind::ALL
        .into_iter()
        .map(|kind| (kind, of_kind(kind)))
        .filter(|(_, entries)| !entries.is_empty());
    filled.map(|(kind, entries)| of(kind, &entries)).collect()
}

fn of(kind: Kind, entries: &[&Entry]) -> Table {
    let undecided = entries.iter().filter(|entry| entry.undecided() > 0).count();
    let heading = match kind {
        Kind::Regression => "Regressions",
        Kind::Mixed => "Mixed",
        Kind::Improvement => "Improvements",
    };
    let title = match undecided {
        0 => format!("{heading}: {}", entries.len()),
        _ => format!("{heading}: {}, undecided: {undecided}", entries.len()),
    };
    Table::of(title, entries)
        .left("decision", "decision", |entry| decision(entry))
        .left("commit", "commit", |entry| entry.commit.short())
        .left("date", "date", |entry| day(entry))
        .left("metric", "metric", |entry| entry.metric.name())
        .left("workload", "workload", |entry| workloads(entry))
        .right("change", "change", |entry| change(entry))
        .left("cause", "cause", |entry| cause(entry))
        .left("subject", "subject", |entry| &entry.commit.subject)
        .table
}

/// One row for each figure, with exact values.
pub fn figures(entries: &[Entry]) -> Table {
    let rows = entries.iter().flat_map(|entry| {
        entry
            .changes
            .iter()
            .map(move |(change, ruling)| (entry, change, ruling))
    });
    Table::of("Changes", rows)
        .left("kind", "kind", |(entry, ..)| entry.kind.name())
        .left("commit", "commit", |(entry, ..)| &entry.commit.id)
        .left("subject", "subject", |(entry, ..)| &entry.commit.subject)
        .left("date", "date", |(entry, ..)| entry.date.to_string())
        .left("base", "base", |(entry, ..)| {
            entry.base.as_deref().unwrap_or_default()
        })
        .left("workload", "workload", |(_, change, _)| &change.workload)
        .left("phase", "phase", |(_, change, _)| &change.phase)
        .left("metric", "metric", |(_, change, _)| change.metric.name())
        .right("from", "from", |(_, change, _)| level(change.from))
        .right("to", "to", |(_, change, _)| level(change.to))
        .right("ratio", "ratio", |(_, change, _)| match change.ratio() {
            Some(ratio) => Cell::number(ratio, ratio.to_string()),
            None => Cell::missing(),
        })
        .left("source", "source", |(_, change, _)| change.source.name())
        .left("cause", "cause", |(_, change, _)| {
            change.cause.as_deref().unwrap_or_default()
        })
        .left("state", "state", |(.., ruling)| state(ruling))
        .left("decision", "decision", |(.., ruling)| words(ruling))
        .table
}

fn level(value: f64) -> Cell {
    Cell::number(value, number::exact(value))
}

fn day(entry: &Entry) -> String {
    entry.date.strftime("%Y-%m-%d").to_string()
}

/// The state of a decision, in one word for programs.
fn state(ruling: &Ruling) -> &'static str {
    match ruling {
        Ruling::Decided { .. } => "decided",
        Ruling::Accepted(_) => "accepted",
        Ruling::Unneeded => "unneeded",
        Ruling::Undecided => "undecided",
    }
}

/// The decision with its date and the role that decided.
fn words(ruling: &Ruling) -> String {
    match ruling {
        Ruling::Decided { date, decision, by } if by.is_empty() => format!("{decision} ({date})"),
        Ruling::Decided { date, decision, by } => format!("{decision} ({by}, {date})"),
        Ruling::Accepted(date) => format!("accepted ({date})"),
        Ruling::Unneeded => "none needed".to_owned(),
        Ruling::Undecided => "undecided".to_owned(),
    }
}

/// The decisions on the regressions of an entry, and the number of figures without one.
fn decision(entry: &Entry) -> Cell {
    let open = entry.undecided();
    let is_shown = |ruling: &Ruling| match ruling {
        Ruling::Undecided => false,
        // The improvements of a mixed entry.
        Ruling::Unneeded => entry.kind == Kind::Improvement,
        Ruling::Decided { .. } | Ruling::Accepted(_) => true,
    };
    let rulings = entry.changes.iter().map(|(_, ruling)| ruling);
    let mut texts = distinct(rulings.filter(|ruling| is_shown(ruling)).map(words));
    match open {
        0 => return Cell::text(texts.join("; ")),
        open if open == entry.changes.len() || texts.is_empty() => {
            texts.insert(0, "undecided".to_owned());
        }
        open => texts.insert(
            0,
            format!("undecided for {open} of {}", entry.changes.len()),
        ),
    }
    Cell::text(texts.join("; ")).toned(Tone::Bad)
}

/// The place of the largest change, and the number of other figures.
fn workloads(entry: &Entry) -> String {
    let place = entry.largest().map_or_else(String::new, |change| {
        format!("{} in phase {}", change.workload, change.phase)
    });
    match entry.changes.len() {
        0 | 1 => place,
        2 => format!("{place}, and 1 other"),
        all => format!("{place}, and {} others", all - 1),
    }
}

/// The change, or the lowest and the highest of several.
fn change(entry: &Entry) -> Cell {
    let changes = entry.changes.iter().map(|(change, _)| change);
    let ratios: Option<Vec<f64>> = changes.map(Change::ratio).collect();
    let tone = |difference: f64| Tone::of_change(entry.metric, difference);
    match (ratios, entry.largest()) {
        (Some(mut ratios), Some(largest)) => {
            ratios.sort_by(f64::total_cmp);
            let (low, high) = (ratios[0], ratios[ratios.len() - 1]);
            let text = if low == high {
                number::percent(low)
            } else {
                format!("{} to {}", number::percent(low), number::percent(high))
            };
            let largest = largest.ratio().unwrap_or(high);
            Cell::number(largest, text).toned(tone(largest - 1.0))
        }
        (None, Some(largest)) => Cell::text(format!(
            "{} -> {}",
            number::exact(largest.from),
            number::exact(largest.to)
        ))
        .toned(tone(largest.to - largest.from)),
        (_, None) => Cell::missing(),
    }
}

/// The causes of an entry, or the commit after which it changed.
fn cause(entry: &Entry) -> String {
    let causes = entry
        .changes
        .iter()
        .filter_map(|(change, _)| change.cause.as_deref());
    let causes = distinct(causes);
    match (causes.as_slice(), &entry.base) {
        ([], Some(base)) => format!("unknown; changed after {}", base.get(..10).unwrap_or(base)),
        ([], None) => "unknown".to_owned(),
        ([one], _) => (*one).to_owned(),
        ([one, rest @ ..], _) => format!("{one}; and {} more causes", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use harness_judge::triage::{Observed, Source, triage};
    use harness_record::Commit;
    use harness_record::metric::by_name;

    use super::*;
    use crate::render::Format;

    fn entries() -> Vec<Entry> {
        let change = |workload: &str, metric: &str, from: f64, to: f64| Change {
            workload: workload.to_owned(),
            phase: "fast".to_owned(),
            metric: by_name(metric).expect("a metric"),
            from,
            to,
            source: Source::Counts,
            cause: None,
            acceptance: None,
        };
        let observed = |number: u8, changes: Vec<Change>| Observed {
            commit: Commit {
                id: format!("{number:02x}").repeat(20),
                subject: format!("Change {number}"),
                date: "2026-03-14T15:09:26Z".parse().expect("a date"),
                author: "N <n@example.org>".to_owned(),
            },
            date: "2026-03-14T15:09:26Z".parse().expect("a date"),
            base: (number > 1).then(|| "ff".repeat(20)),
            changes,
        };
        let because = |change: Change| Change {
            cause: Some("instructions equal".to_owned()),
            ..change
        };
        let all = [
            observed(1, vec![because(change("w", "time", 1.0, 1.05))]),
            observed(2, vec![change("w", "instructions", 100.0, 90.0)]),
            observed(
                3,
                vec![
                    change("v", "total-bytes", 0.0, 64.0),
                    change("w", "total-bytes", 640.0, 64.0),
                    change("u", "instructions", 100.0, 110.0),
                    change("v", "instructions", 100.0, 103.0),
                ],
            ),
        ];
        triage(&all, &[], |_| true)
    }

    #[test]
    fn people_read_an_entry_for_each_commit_and_metric() {
        let text = Format::MARKDOWN.render(&summary(&entries()));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn programs_read_every_figure() {
        let table = figures(&entries());
        assert_eq!(table.rows.len(), 6);
        assert!(summary(&[]).is_empty());
    }
}
