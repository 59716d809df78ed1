//! Explains verdicts on counts in sentences.

use harness_record::metric::Metric;
use harness_record::number::exact;

use crate::compare::Comparison;
use crate::counts::{CountVerdict, CountsVerdict, JudgedCount, Recounted, Tally};

impl CountsVerdict {
    /// The number of figures for each verdict, such as `2 counts worse, 5 better` or `538 counts within limits (3 moved),
    /// 1 better`. Figures within their limits are left out if others are worse.
    pub fn clause(&self) -> String {
        let Tally {
            unchanged,
            moved,
            improved,
            regressed,
            over_budget,
            accepted,
            not_repeatable,
            unjudged,
        } = self.counts();
        let within = match regressed + over_budget {
            0 => unchanged + moved,
            _ => 0,
        };
        let moved = match moved {
            0 => String::new(),
            moved => format!(" ({moved} moved)"),
        };
        let parts = [
            (regressed, "worse".to_owned()),
            (over_budget, "over budget".to_owned()),
            (accepted, "worse and accepted".to_owned()),
            (unjudged, "not judged".to_owned()),
            (not_repeatable, "not repeatable".to_owned()),
            (within, format!("within limits{moved}")),
            (improved, "better".to_owned()),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = parts
            .enumerate()
            .map(|(place, (count, word))| match (place, count) {
                (0, 1) => format!("1 count {word}"),
                (0, _) => format!("{count} counts {word}"),
                _ => format!("{count} {word}"),
            })
            .collect();
        match words.is_empty() {
            true => "no counts to judge".to_owned(),
            false => words.join(", "),
        }
    }
}

impl JudgedCount {
    /// One sentence with workload, phase and metric, the change, both values, and the limit with its reason; or the
    /// reason why it was not judged.
    pub fn explanation(&self) -> String {
        let Comparison {
            metric,
            base,
            head,
            recounted,
            ..
        } = &self.comparison;
        let place = self.comparison.place();
        match (&self.judgement, metric, base, head) {
            (CountVerdict::Unjudged(why), ..) => format!("{place}: {why}"),
            (CountVerdict::NotRepeatable(_), ..) => {
                let ranges = recounted.as_ref().map_or(String::new(), Recounted::ranges);
                format!("{place}: not repeatable: {ranges}")
            }
            (CountVerdict::OverBudget(budget, _), Some(metric), base, Some(head)) => {
                let change = match base {
                    Some(base) => change(metric, base.value, head.value),
                    None => format!("is {}", exact(head.value)),
                };
                let reason = budget.reason.trim().trim_end_matches('.');
                format!(
                    "{place} {change}; that is above its budget of {}, because {reason}",
                    budget.size()
                )
            }
            (judgement, Some(metric), Some(base), Some(head)) => {
                let mut change = change(metric, base.value, head.value);
                if let Some(all) = recounted.as_ref().filter(|all| all.scatter()) {
                    change = format!("{change} (counts scatter: {})", all.ranges());
                }
                let (rule, reason) = match (judgement, judgement.limit()) {
                    (CountVerdict::Accepted(_, line), _) => {
                        let (from, to) = (exact(line.loss.from), exact(line.loss.to));
                        (format!("from {from} to {to} is accepted"), &line.reason)
                    }
                    (_, Some(limit)) => {
                        (format!("the limit is {}", limit.tolerance), &limit.reason)
                    }
                    (_, None) => return format!("{place} {change}"),
                };
                format!(
                    "{place} {change}; {rule} because {}",
                    reason.trim().trim_end_matches('.')
                )
            }
            (judgement, ..) => format!("{place}: {}", judgement.standing().name()),
        }
    }
}

/// Describes a change, such as `got worse by 1.2 % (+12), from 1,000 to 1,012`.
fn change(metric: &Metric, base: f64, head: f64) -> String {
    let ends = format!("from {} to {}", exact(base), exact(head));
    let how = match metric.worse(base, head) {
        worse if worse > 0.0 => "got worse",
        worse if worse < 0.0 => "got better",
        _ => return format!("stayed at {}", exact(head)),
    };
    let difference = (head - base).abs();
    if base == 0.0 {
        return format!("{how} by {}, {ends}", exact(difference));
    }
    let sign = if head > base { "+" } else { "-" };
    format!(
        "{how} by {} % ({sign}{}), {ends}",
        percent(difference / base * 100.0),
        exact(difference)
    )
}

/// Formats a percentage with at least three significant digits, so that one instruction in a billion does not print as
/// 0.
fn percent(percent: f64) -> String {
    let decimals = (2.0 - percent.log10().floor()).clamp(0.0, 12.0);
    let text = format!("{percent:.0$}", decimals as usize);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_point_noise_is_not_printed() {
        assert_eq!(
            change(
                harness_record::metric::by_name("instructions").expect("a metric"),
                220_371.5,
                220_371.5 + 220.371_499_999_999_97
            ),
            "got worse by 0.1 % (+220.3715), from 220,371.5 to 220,591.8715"
        );
        assert_eq!(exact(1000.0 / 3.0), "333.3333");
        assert_eq!(exact(0.000_012_345), "0.0000123");
    }

    #[test]
    fn a_percentage_never_rounds_to_nothing() {
        assert_eq!(percent(0.1), "0.1");
        assert_eq!(percent(1.2345), "1.23");
        assert_eq!(percent(250.0), "250");
        assert_eq!(percent(0.000_000_123), "0.000000123");
        assert_eq!(percent(12.0), "12");
    }
}
