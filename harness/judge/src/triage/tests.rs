use std::path::Path;

use harness_record::acceptance::Acceptances;
use harness_record::limits::Limits;
use harness_record::metric::by_name;
use harness_record::roadmap::Roadmap;
use harness_record::sample::{callgrind, record, row, session};
use proptest::prelude::*;

use super::*;

fn commit(number: u8, day: i64) -> Commit {
    Commit {
        id: format!("{number:02x}").repeat(20),
        subject: format!("Change {number}"),
        date: at(day),
        author: "N <n@example.org>".to_owned(),
    }
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(day * 86_400).expect("a date")
}

fn since(day: i64) -> impl Fn(&Observed) -> bool {
    move |one| one.date >= at(day)
}

fn change(workload: &str, metric: &str, from: f64, to: f64) -> Change {
    Change {
        workload: workload.to_owned(),
        phase: "fast".to_owned(),
        metric: by_name(metric).expect("a metric"),
        from,
        to,
        source: Source::Counts,
        cause: None,
        acceptance: None,
    }
}

fn observed(number: u8, day: i64, changes: Vec<Change>) -> Observed {
    Observed {
        commit: commit(number, day),
        date: at(day),
        base: None,
        changes,
    }
}

fn log(entries: &[(&str, &str)]) -> Vec<Decision> {
    let head = "schema = 1\nsource = 's'\nworkload = 'w'\nagainst = 'a'\n\
        [[phase]]\nname = 'a'\ntitle = 'A'\nwhen = 'now'\nweek = 0\n";
    let entries = entries.iter().map(|(date, subject)| {
        format!("[[decision]]\ndate = {date}\nsubject = '{subject}'\ndecision = 'kept {date}'\n")
    });
    let text = head.to_owned() + &entries.collect::<String>();
    Roadmap::parse(&text, Path::new("roadmap.toml"))
        .expect("valid")
        .decisions
}

/// What each entry is about, its kind, and the number of undecided changes.
fn seen(entries: &[Entry]) -> Vec<(&str, &str, Kind, usize)> {
    let seen = |entry: &'_ Entry| (entry.kind, entry.undecided());
    entries
        .iter()
        .map(|entry| {
            let (kind, undecided) = seen(entry);
            (
                entry.commit.subject.as_str(),
                entry.metric.name(),
                kind,
                undecided,
            )
        })
        .collect()
}

#[test]
fn undecided_regressions_come_first_and_come_back() {
    let all = [
        observed(1, 10, vec![change("w", "instructions", 100.0, 110.0)]),
        observed(2, 20, vec![change("w", "instructions", 110.0, 90.0)]),
        observed(
            3,
            30,
            vec![
                change("w", "instructions", 90.0, 80.0),
                change("v", "instructions", 90.0, 91.0),
                change("w", "total-bytes", 0.0, 64.0),
            ],
        ),
    ];
    let entries = triage(&all, &[], since(25));
    assert_eq!(
        seen(&entries),
        [
            ("Change 3", "total-bytes", Kind::Regression, 1),
            ("Change 1", "instructions", Kind::Regression, 1),
            ("Change 3", "instructions", Kind::Mixed, 1),
        ],
        "the old improvement is left out"
    );
    assert_eq!(entries[2].largest().expect("changes").workload, "w");
}

#[test]
fn a_decision_settles_what_it_covers() {
    let all = [observed(
        0xab,
        10,
        vec![
            change("w", "instructions", 100.0, 110.0),
            change("v", "instructions", 100.0, 120.0),
        ],
    )];
    let undecided = |entries: &[(&str, &str)]| -> usize {
        let entries = triage(&all, &log(entries), since(0));
        entries.iter().map(Entry::undecided).sum()
    };
    assert_eq!(undecided(&[]), 2);
    assert_eq!(undecided(&[("2026-01-01", "abababa w")]), 1);
    assert_eq!(undecided(&[("2026-01-01", "abababa w time")]), 2);
    assert_eq!(undecided(&[("2026-01-01", "abababa")]), 0);
    assert_eq!(undecided(&[("2026-01-01", "bababab")]), 2);
    assert!(
        triage(&all, &log(&[("2026-01-01", "abababa")]), since(11)).is_empty(),
        "what is decided does not come back"
    );
    let twice = log(&[("2026-01-01", "abababa"), ("2026-01-02", "abababa w")]);
    let entries = triage(&all, &twice, since(0));
    let ruling = |workload: &str| {
        let mut changes = entries[0].changes.iter();
        changes
            .find(|(change, _)| change.workload == workload)
            .map(|(_, ruling)| ruling.clone())
    };
    assert!(
        matches!(ruling("w"), Some(Ruling::Decided { decision, .. }) if decision == "kept 2026-01-02"),
        "the last one counts"
    );
}

#[test]
fn counts_beyond_their_limits_are_changes_and_accepted_ones_are_decided() {
    let counts = |w: u64, v: u64| {
        record(vec![
            row("w", "fast", vec![callgrind(w)]),
            row("v", "fast", vec![callgrind(v)]),
        ])
    };
    let limits = include_str!("../../../../baselines/limits.toml");
    let limits = Limits::parse(limits, Path::new("limits.toml")).expect("valid");
    let (base, head) = (counts(1_000_000, 1000), counts(1_000_001, 1100));
    let key = head.environment.portable_key("avx2").to_string();
    let accepted_csv = format!(
        "# harness acceptances, schema 1\nworkload,phase,metric,from,to,accepted,expires,reason,key\n\
         v,fast,instructions,1000,1100,2026-01-02,2026-01-03,it pays,{key}\n"
    );
    let acceptances = Acceptances::parse(&accepted_csv, Path::new("accepted.csv")).expect("valid");
    let none = Acceptances::default();
    let found = counted(&base, &head, &limits, &none);
    assert_eq!(
        found.len(),
        1,
        "a change within the limit is none: {found:?}"
    );
    assert_eq!(
        (found[0].workload.as_str(), found[0].ratio()),
        ("v", Some(1.1))
    );
    let found = counted(&base, &head, &limits, &acceptances);
    let all = [
        observed(1, 1, found),
        observed(1, 1, accepted(&none, &acceptances)),
    ];
    let entries = triage(&all, &[], since(0));
    assert_eq!(
        seen(&entries),
        [("Change 1", "instructions", Kind::Regression, 0)]
    );
    let [(change, ruling)] = entries[0].changes.as_slice() else {
        panic!("one figure, although two sources show it: {entries:?}")
    };
    assert_eq!(change.cause.as_deref(), Some("it pays"));
    assert_eq!(*ruling, Ruling::Accepted(jiff::civil::date(2026, 1, 2)));
    assert!(accepted(&acceptances, &acceptances).is_empty());
}

#[test]
fn a_gate_shows_confirmed_changes_of_time_with_their_cause() {
    let slower = timed(&session(&[0.05; 30])).expect("judged");
    let [change] = slower.as_slice() else {
        panic!("{slower:?}")
    };
    assert!(change.is_worse() && change.cause.is_some(), "{change:?}");
    let faster = timed(&session(&[-0.05; 30])).expect("judged");
    assert!(faster.iter().all(|change| !change.is_worse()) && faster.len() == 1);
    assert!(timed(&session(&[0.0; 30])).expect("judged").is_empty());
}

proptest! {
    /// No undecided change is lost, and nothing appears twice.
    #[test]
    fn every_undecided_change_is_shown_once(
        changes in prop::collection::vec((0..4_u8, 0..3_usize, 0..40_i64, 0.0..9.0f64, 0.0..9.0f64), 0..30), first_day in 0..40_i64,
    ) {
        let all: Vec<Observed> = changes
            .iter()
            .map(|(number, workload, day, from, to)| {
                observed(*number, *day, vec![change(&format!("w{workload}"), "instructions", *from, *to)])
            })
            .collect();
        let entries = triage(&all, &[], since(first_day));
        let figures: Vec<_> = entries
            .iter()
            .flat_map(|entry| entry.changes.iter().map(move |(change, _)| (&entry.commit.id, &change.workload)))
            .collect();
        prop_assert_eq!(figures.iter().unique().count(), figures.len());
        let first = all.iter().unique_by(|one| (&one.commit.id, &one.changes[0].workload));
        let worse = first.filter(|one| one.changes[0].is_worse()).count();
        prop_assert_eq!(entries.iter().map(Entry::undecided).sum::<usize>(), worse);
        prop_assert!(entries.is_sorted_by_key(|entry| entry.undecided() == 0));
    }
}
