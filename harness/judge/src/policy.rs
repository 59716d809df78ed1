//! Lists the changes of the head to the rules of the gate: limits, acceptances, stored counts, timed suite. The head is
//! judged by the rules of the base; the list shows reviewers that later changes will be judged by other rules.

mod limits;

use harness_record::acceptance::Acceptances;
use harness_record::distinct::distinct;
use harness_record::limits::Limits;
use harness_record::{Record, number};

use crate::compare::{Comparability, Comparison, RecordView, compare};

/// The rules of one side. An unreadable file is kept as its error message.
#[derive(Debug)]
pub struct Policy {
    /// Limits of the counts.
    pub limits: Result<Limits, String>,
    /// Accepted regressions.
    pub acceptances: Result<Acceptances, String>,
    /// Stored counts, each with its key.
    pub baselines: Vec<(String, Result<Record, String>)>,
    /// Globs of the workloads whose time is judged.
    pub timed: Vec<String>,
}

impl Policy {
    /// Differences of the head from this base: one sentence for each limit, acceptance, stored figure, and the timed
    /// suite.
    pub fn changes(&self, head: &Self) -> Vec<String> {
        let mut sentences = read_both("limits", &self.limits, &head.limits, limits::differences);
        if self.timed != head.timed {
            sentences.push(format!(
                "timed: {} -> {}",
                suite(&self.timed),
                suite(&head.timed)
            ));
        }
        sentences.extend(read_both(
            "acceptances",
            &self.acceptances,
            &head.acceptances,
            acceptances,
        ));
        let keys = distinct(
            self.baselines
                .iter()
                .chain(&head.baselines)
                .map(|(key, _)| key),
        );
        for key in keys {
            let [base, head] = [self, head].map(|side| {
                side.baselines
                    .iter()
                    .find(|(name, _)| name == key)
                    .map(|(_, read)| read)
            });
            let what = format!("baseline {key}");
            sentences.extend(match (base, head) {
                (Some(base), Some(head)) => {
                    read_both(&what, base, head, |base, head| counts(key, base, head))
                }
                (None, Some(Ok(new))) => {
                    vec![format!("{what} is new, with {} rows", new.rows.len())]
                }
                (None, Some(Err(why))) => vec![format!("the head's {what} cannot be read: {why}")],
                (_, None) => vec![format!("{what} is removed")],
            });
        }
        sentences
    }
}

/// Differences of a file of both sides, if both can be read; otherwise the sides that cannot.
fn read_both<T>(
    what: &str,
    base: &Result<T, String>,
    head: &Result<T, String>,
    differences: impl Fn(&T, &T) -> Vec<String>,
) -> Vec<String> {
    match (base, head) {
        (Ok(base), Ok(head)) => differences(base, head),
        (_, Err(why)) => vec![format!("the head's {what} cannot be read: {why}")],
        (Err(_), Ok(_)) => vec![format!("the base's {what} cannot be read; the head's can")],
    }
}

/// The timed suite of a side, as printed.
fn suite(globs: &[String]) -> String {
    if globs.is_empty() {
        "all workloads".to_owned()
    } else {
        globs.join(", ")
    }
}

fn acceptances(base: &Acceptances, head: &Acceptances) -> Vec<String> {
    let only = |one: &Acceptances, other: &Acceptances, change: &str| -> Vec<String> {
        let lines = one
            .lines()
            .iter()
            .filter(|line| !other.lines().contains(line));
        lines
            .map(|line| format!("acceptance {change}: {}", line.sentence()))
            .collect()
    };
    [only(head, base, "added"), only(base, head, "removed")].concat()
}

fn counts(key: &str, base: &Record, head: &Record) -> Vec<String> {
    let changed = compare(RecordView::baseline(base), RecordView::baseline(head))
        .into_iter()
        .filter(|one| !one.equal());
    let sentence = |one: Comparison| match (&one.state, one.base, one.head) {
        (Comparability::Comparable, Some(base), Some(head)) => {
            format!(
                "{} {} -> {}",
                one.place(),
                number::exact(base.value),
                number::exact(head.value)
            )
        }
        (state, ..) => format!("{}: {}", one.place(), state.name()),
    };
    changed
        .map(|one| format!("baseline {key}: {}", sentence(one)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harness_record::sample::{callgrind, dhat, record, row};

    use super::*;

    fn rulebook(limits: &str, acceptances: &str, baseline: Option<Record>) -> Policy {
        let text = |lines: &str| match lines {
            "" => String::new(),
            lines => format!(
                "# harness acceptances, schema 1\nworkload,phase,metric,from,to,accepted,expires,reason,key\n{lines}"
            ),
        };
        Policy {
            limits: Limits::parse(&format!("schema = 1\n{limits}"), Path::new("l"))
                .map_err(|error| error.to_string()),
            acceptances: Acceptances::parse(&text(acceptances), Path::new("a"))
                .map_err(|error| error.to_string()),
            baselines: baseline
                .into_iter()
                .map(|record| ("key".to_owned(), Ok(record)))
                .collect(),
            timed: Vec::new(),
        }
    }

    fn limit(metric: &str, tolerance: &str, rest: &str) -> String {
        format!(
            "[[limit]]\nmetric = '{metric}'\ntolerance = '{tolerance}'\nreason = 'of noise'\n{rest}\n"
        )
    }

    #[test]
    fn every_changed_rule_and_figure_is_told() {
        let stored = record(vec![
            row("w", "naive", vec![callgrind(1000), dhat(64, 2)]),
            row("old", "naive", vec![dhat(1, 1)]),
        ]);
        let base = rulebook(
            &[
                limit("instructions", "0.1 %", ""),
                limit("peak-bytes", "exact", ""),
                limit("total-bytes", "exact", ""),
            ]
            .concat(),
            "w,naive,instructions,900,1000,2026-01-02,,it paid,key\n",
            Some(stored.clone()),
        );
        let mut counted = stored;
        counted.rows.truncate(1);
        counted.rows[0].readings[0] = callgrind(1050);
        let head = rulebook(
            &[
                limit("instructions", "50 %", ""),
                limit("peak-bytes", "exact", "").replace("noise", "chance"),
                limit("instructions", "5 %", "workload = 'kernel/*'"),
            ]
            .concat(),
            "w,naive,time,1,1.05,2026-01-02,,it pays,\n",
            Some(counted),
        );
        insta::assert_snapshot!(base.changes(&head).join("\n"));
        assert!(base.changes(&base).is_empty() && head.changes(&head).is_empty());
    }

    #[test]
    fn changed_budgets_are_listed_beside_limits() {
        let budget = |max: &str| {
            format!("[[limit]]\nmetric = 'peak-bytes'\nmax = '{max}'\nreason = 'of the device'\n")
        };
        let of = |text: String| rulebook(&text, "", None);
        let both = of(budget("64 MB") + &limit("peak-bytes", "exact", ""));
        let larger = of(budget("96 MB") + &limit("peak-bytes", "exact", ""));
        assert_eq!(
            both.changes(&larger),
            ["budget: peak-bytes of all workloads max 64 MB -> max 96 MB, because of the device"]
        );
        let none = of(limit("peak-bytes", "exact", ""));
        assert_eq!(
            both.changes(&none),
            ["budget: peak-bytes of all workloads is removed; it was max 64 MB"]
        );
    }

    #[test]
    fn another_order_of_limits_and_another_suite_are_listed() {
        let of = |glob: &str| limit("instructions", "1 %", &format!("workload = '{glob}'"));
        let all = limit("instructions", "0.1 %", "");
        let base = rulebook(
            &[all.clone(), of("kernel/*"), of("kernel/gelu*")].concat(),
            "",
            None,
        );
        let mut head = rulebook(
            &[of("kernel/gelu*"), of("kernel/*"), all.clone()].concat(),
            "",
            None,
        );
        head.timed = vec!["kernel/*".to_owned(), "model/*".to_owned()];
        let (kernels, gelu) = ("instructions of kernel/*", "instructions of kernel/gelu*");
        let gelu_first = format!(
            "limit: new order, and the first that matches a workload applies: {kernels}, then {gelu} -> {gelu}, then \
             {kernels}"
        );
        assert_eq!(
            base.changes(&head),
            [
                gelu_first,
                "timed: all workloads -> kernel/*, model/*".to_owned()
            ]
        );
        // A limit for all workloads applies last, wherever it stands. New and removed limits are listed as such.
        let moved = rulebook(
            &[of("kernel/*"), of("kernel/gelu*"), all].concat(),
            "",
            None,
        );
        assert!(base.changes(&moved).is_empty());
        let fewer = rulebook(&of("kernel/gelu*"), "", None);
        let gone = |of: &str| format!("limit: instructions of {of} is removed; it was ");
        assert_eq!(
            base.changes(&fewer),
            [gone("all workloads") + "0.1 %", gone("kernel/*") + "1 %"]
        );
    }

    #[test]
    fn unreadable_rules_are_listed() {
        let good = rulebook("", "", None);
        let bad = rulebook(
            "limits = 1",
            "w,naive,instruction,1,2,2026-01-02,,it pays,key\n",
            None,
        );
        let told = good.changes(&bad);
        assert!(
            told.len() == 2 && told.iter().all(|one| one.starts_with("the head's ")),
            "{told:?}"
        );
        let new = rulebook(
            "",
            "",
            Some(record(vec![row("w", "naive", vec![callgrind(1)])])),
        );
        assert_eq!(good.changes(&new), ["baseline key is new, with 1 rows"]);
        assert_eq!(new.changes(&good), ["baseline key is removed"]);
    }
}
