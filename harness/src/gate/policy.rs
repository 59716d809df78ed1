//! What a change alters of the rules and figures that it is judged by: limits, acceptances, stored counts. It is judged by
//! those of the base all the same; whoever reviews it has to see that the next change will be judged by others.

use std::path::Path;

use crate::acceptance::Acceptances;
use crate::baseline::Store;
use crate::compare::{Comparability, Comparison, RecordView, compare};
use crate::distinct::distinct;
use crate::record::Record;
use crate::render::number;
use crate::verdict::{Limit, Limits};

/// The rules of one side; where something cannot be read, the sentence that says why.
#[derive(Debug)]
pub struct Policy {
    limits: Result<Limits, String>,
    acceptances: Result<Acceptances, String>,
    baselines: Vec<(String, Result<Record, String>)>,
    timed: Vec<String>,
}

impl Policy {
    /// Reads what lies in the project's folder of baselines.
    pub fn read(folder: &Path, timed: &[String]) -> Self {
        let store = Store::new(folder);
        let told = |error: &dyn std::error::Error| error.to_string();
        let keys = store.keys().unwrap_or_default();
        let baseline = |key: String| {
            let record = store.read(&key).map(|baseline| baseline.record).map_err(|error| told(&error));
            (key, record)
        };
        Self {
            limits: Limits::read(&folder.join("limits.toml")).map_err(|error| told(&error)),
            acceptances: Acceptances::read(folder).map_err(|error| told(&error)),
            baselines: keys.into_iter().map(baseline).collect(),
            timed: timed.to_vec(),
        }
    }

    /// What the head has otherwise than this base, one sentence for each limit, acceptance and stored figure, and for what is timed.
    pub fn changes(&self, head: &Self) -> Vec<String> {
        let mut told = match (&self.limits, &head.limits) {
            (Ok(base), Ok(head)) => limits(base, head),
            (_, Err(why)) => vec![format!("the head's limits cannot be read: {why}")],
            (Err(_), Ok(_)) => vec!["the base's limits cannot be read, the head's can".to_owned()],
        };
        if self.timed != head.timed {
            told.push(format!("timed: {} -> {}", suite(&self.timed), suite(&head.timed)));
        }
        told.extend(match (&self.acceptances, &head.acceptances) {
            (Ok(base), Ok(head)) => acceptances(base, head),
            (_, Err(why)) => vec![format!("the head's acceptances cannot be read: {why}")],
            (Err(_), Ok(_)) => vec!["the base's acceptances cannot be read, the head's can".to_owned()],
        });
        let keys = distinct(self.baselines.iter().chain(&head.baselines).map(|(key, _)| key));
        for key in keys {
            let find = |side: &Self| side.baselines.iter().find(|(name, _)| name == key).map(|(_, read)| read.clone());
            told.extend(match (find(self), find(head)) {
                (Some(Ok(base)), Some(Ok(head))) => counts(key, &base, &head),
                (None, Some(Ok(new))) => vec![format!("baseline {key} is new, with {} rows", new.rows.len())],
                (Some(_), None) => vec![format!("baseline {key} is gone")],
                (_, Some(Err(why))) => vec![format!("the head's baseline {key} cannot be read: {why}")],
                (Some(Err(_)), Some(Ok(_))) => {
                    vec![format!("the base's baseline {key} cannot be read, the head's can")]
                }
                (None, None) => Vec::new(),
            });
        }
        told
    }
}

/// The timed suite of a side.
fn suite(globs: &[String]) -> String {
    if globs.is_empty() { "all workloads".to_owned() } else { globs.join(", ") }
}

fn limits(base: &Limits, head: &Limits) -> Vec<String> {
    let about = |limit: &Limit| {
        let glob = limit.workload.as_ref().map_or("all workloads", |glob| glob.as_str());
        format!("{} of {glob}", limit.metric.name())
    };
    let mut told = Vec::new();
    for limit in head.all() {
        let name = about(limit);
        match base.all().iter().find(|other| about(other) == name) {
            None => told.push(format!("limit: {name} is new: {}, because {}", limit.tolerance, limit.reason)),
            Some(old) if old.tolerance != limit.tolerance => {
                told.push(format!("limit: {name} {} -> {}, because {}", old.tolerance, limit.tolerance, limit.reason));
            }
            Some(old) if old.reason != limit.reason => {
                told.push(format!("limit: {name} has another reason: {}", limit.reason));
            }
            Some(_) => {}
        }
    }
    let gone = base.all().iter().filter(|old| !head.all().iter().any(|limit| about(limit) == about(old)));
    told.extend(gone.map(|old| format!("limit: {} is gone; it was {}", about(old), old.tolerance)));
    // Of those that name a workload the first holds, so their order is a rule, too.
    for metric in distinct(base.all().iter().map(|limit| limit.metric.name())) {
        let order = |limits: &Limits, other: &Limits| -> Vec<String> {
            let named =
                limits.all().iter().filter(|one| one.workload.is_some() && one.metric.name() == metric).map(about);
            named.filter(|name| other.all().iter().any(|one| about(one) == *name)).collect()
        };
        let (before, after) = (order(base, head), order(head, base));
        if before != after {
            let list = |names: &[String]| names.join(", then ");
            told.push(format!("limit: the first that names a workload holds: {} -> {}", list(&before), list(&after)));
        }
    }
    told
}

fn acceptances(base: &Acceptances, head: &Acceptances) -> Vec<String> {
    let only = |one: &Acceptances, other: &Acceptances, what: &str| -> Vec<String> {
        let lines = one.lines().iter().filter(|line| !other.lines().contains(line));
        lines.map(|line| format!("acceptance {what}: {}", line.sentence())).collect()
    };
    [only(head, base, "added"), only(base, head, "removed")].concat()
}

fn counts(key: &str, base: &Record, head: &Record) -> Vec<String> {
    let changed =
        compare(RecordView::baseline(base), RecordView::baseline(head)).into_iter().filter(|one| !one.equal());
    let told = |one: Comparison| match (&one.state, one.base, one.head) {
        (Comparability::Comparable, Some(base), Some(head)) => {
            format!("{} {} -> {}", one.place(), number::exact(base.value), number::exact(head.value))
        }
        (state, ..) => format!("{}: {}", one.place(), state.name()),
    };
    changed.map(|one| format!("baseline {key}: {}", told(one))).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::record::sample::{callgrind, dhat, record, row};

    fn rulebook(limits: &str, acceptances: &str, baseline: Option<Record>) -> Policy {
        let text = |lines: &str| match lines {
            "" => String::new(),
            lines => format!(
                "# harness acceptances, schema 1\nworkload,phase,metric,from,to,accepted,expires,reason,key\n{lines}"
            ),
        };
        Policy {
            limits: Limits::parse(&format!("schema = 1\n{limits}"), Path::new("l")).map_err(|error| error.to_string()),
            acceptances: Acceptances::parse(&text(acceptances), Path::new("a")).map_err(|error| error.to_string()),
            baselines: baseline.into_iter().map(|record| ("key".to_owned(), Ok(record))).collect(),
            timed: Vec::new(),
        }
    }

    fn limit(metric: &str, tolerance: &str, rest: &str) -> String {
        format!("[[limit]]\nmetric = '{metric}'\ntolerance = '{tolerance}'\nreason = 'of noise'\n{rest}\n")
    }

    #[test]
    fn every_changed_rule_and_figure_is_told() {
        let stored =
            record(vec![row("w", "naive", vec![callgrind(1000), dhat(64, 2)]), row("old", "naive", vec![dhat(1, 1)])]);
        let base = rulebook(
            &[limit("instructions", "0.1 %", ""), limit("peak-bytes", "exact", ""), limit("total-bytes", "exact", "")]
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
    fn another_order_of_limits_and_another_suite_are_told() {
        let of = |glob: &str| limit("instructions", "1 %", &format!("workload = '{glob}'"));
        let all = limit("instructions", "0.1 %", "");
        let base = rulebook(&[all.clone(), of("kernel/*"), of("kernel/gelu*")].concat(), "", None);
        let mut head = rulebook(&[of("kernel/gelu*"), of("kernel/*"), all.clone()].concat(), "", None);
        head.timed = vec!["kernel/*".to_owned(), "model/*".to_owned()];
        let (kernels, gelu) = ("instructions of kernel/*", "instructions of kernel/gelu*");
        let gelu_first =
            format!("limit: the first that names a workload holds: {kernels}, then {gelu} -> {gelu}, then {kernels}");
        assert_eq!(base.changes(&head), [gelu_first, "timed: all workloads -> kernel/*, model/*".to_owned()]);
        // What is about all workloads holds last, wherever it stands; what is new or gone is told as such.
        let moved = rulebook(&[of("kernel/*"), of("kernel/gelu*"), all].concat(), "", None);
        assert!(base.changes(&moved).is_empty());
        let fewer = rulebook(&of("kernel/gelu*"), "", None);
        let gone = |of: &str| format!("limit: instructions of {of} is gone; it was ");
        assert_eq!(base.changes(&fewer), [gone("all workloads") + "0.1 %", gone("kernel/*") + "1 %"]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let good = rulebook("", "", None);
        let bad = rulebook("limits = 1", "w,naive,instruction,1,2,2026-01-02,,it pays,key\n", None);
        let told = good.changes(&bad);
        assert!(told.len() == 2 && told.iter().all(|one| one.starts_with("the head's ")), "{told:?}");
        let new = rulebook("", "", Some(record(vec![row("w", "naive", vec![callgrind(1)])])));
        assert_eq!(good.changes(&new), ["baseline key is new, with 1 rows"]);
        assert_eq!(new.changes(&good), ["baseline key is gone"]);
    }
}
