//! Differences between the limits and the budgets of two sides.

use harness_record::distinct::distinct;
use harness_record::limits::Limits;

/// A limit or a budget, as texts.
struct Rule {
    /// Its name, such as `peak-bytes of kernel/*`.
    about: String,
    metric: &'static str,
    has_glob: bool,
    bound: String,
    reason: String,
}

/// One sentence for each difference.
pub(super) fn differences(base: &Limits, head: &Limits) -> Vec<String> {
    [
        of_kind("limit", &limits(base), &limits(head)),
        of_kind("budget", &budgets(base), &budgets(head)),
    ]
    .concat()
}

fn limits(side: &Limits) -> Vec<Rule> {
    let rule = |one: &harness_record::limits::Limit| {
        let glob = one.workload.as_ref().map(|glob| glob.as_str());
        Rule::new(
            one.metric.name(),
            glob,
            one.tolerance.to_string(),
            &one.reason,
        )
    };
    side.all().iter().map(rule).collect()
}

fn budgets(side: &Limits) -> Vec<Rule> {
    let rule = |one: &harness_record::limits::Budget| {
        let glob = one.workload.as_ref().map(|glob| glob.as_str());
        Rule::new(one.metric.name(), glob, one.max.to_string(), &one.reason)
    };
    side.budgets().iter().map(rule).collect()
}

impl Rule {
    fn new(metric: &'static str, glob: Option<&str>, bound: String, reason: &str) -> Self {
        Self {
            about: format!("{metric} of {}", glob.unwrap_or("all workloads")),
            metric,
            has_glob: glob.is_some(),
            bound,
            reason: reason.to_owned(),
        }
    }
}

fn of_kind(kind: &str, base: &[Rule], head: &[Rule]) -> Vec<String> {
    let mut sentences = Vec::new();
    for rule in head {
        let Rule {
            about,
            bound,
            reason,
            ..
        } = rule;
        match base.iter().find(|other| other.about == *about) {
            None => sentences.push(format!("{kind}: {about} is new: {bound}, because {reason}")),
            Some(old) if old.bound != *bound => {
                let before = &old.bound;
                sentences.push(format!(
                    "{kind}: {about} {before} -> {bound}, because {reason}"
                ));
            }
            Some(old) if old.reason != *reason => {
                sentences.push(format!("{kind}: {about} has a new reason: {reason}"));
            }
            Some(_) => {}
        }
    }
    let gone = base
        .iter()
        .filter(|old| !head.iter().any(|rule| rule.about == old.about));
    sentences
        .extend(gone.map(|old| format!("{kind}: {} is removed; it was {}", old.about, old.bound)));
    // The first rule that matches a workload applies, so their order matters.
    for metric in distinct(base.iter().map(|rule| rule.metric)) {
        let order = |rules: &[Rule], others: &[Rule]| -> Vec<String> {
            let named = rules
                .iter()
                .filter(|one| one.has_glob && one.metric == metric);
            let known = named.filter(|one| others.iter().any(|other| other.about == one.about));
            known.map(|one| one.about.clone()).collect()
        };
        let (before, after) = (order(base, head), order(head, base));
        if before != after {
            let list = |names: &[String]| names.join(", then ");
            sentences.push(format!(
                "{kind}: new order, and the first that matches a workload applies: {} -> {}",
                list(&before),
                list(&after)
            ));
        }
    }
    sentences
}
