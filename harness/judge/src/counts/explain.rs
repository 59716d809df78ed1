//! Explains verdicts on counts in sentences.

use harness_record::metric::Metric;
use harness_record::number::exact;

use crate::compare::Comparison;
use crate::counts::{CountVerdict, CountsVerdict, JudgedCount, Tally};

impl CountsVerdict {
    /// One line about the suite, such as `REGRESSED: of 24 comparisons 1 regressed, 2 were not judged, 21 are within
    /// limits`.
    pub fn summary(&self) -> String {
        let Tally {
            passed,
            improved,
            regressed,
            accepted,
            unjudged,
        } = self.counts();
        let all = match self.rows.len() {
            0 => return "NOT JUDGED: there was nothing to judge".to_owned(),
            1 => "1 comparison".to_owned(),
            n => format!("{n} comparisons"),
        };
        let parts = [
            (regressed, "regressed", "regressed"),
            (
                accepted,
                "regressed and is accepted",
                "regressed and are accepted",
            ),
            (unjudged, "was not judged", "were not judged"),
            (improved, "improved", "improved"),
            (passed, "is within limits", "are within limits"),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        format!(
            "{}: of {all} {}",
            self.conclusion().word(),
            parts.join(", ")
        )
    }
}

impl JudgedCount {
    /// One sentence with workload, phase and metric, the change, both values, and the limit with its reason; or the
    /// reason why it was not judged.
    pub fn explanation(&self) -> String {
        let Comparison {
            metric, base, head, ..
        } = &self.comparison;
        let place = self.comparison.place();
        match (&self.judgement, metric, base, head) {
            (CountVerdict::Unjudged(why), ..) => format!("{place}: {why}"),
            (judgement, Some(metric), Some(base), Some(head)) => {
                let change = change(metric, base.value, head.value);
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
            (judgement, ..) => format!("{place}: {}", judgement.name()),
        }
    }
}

/// Describes a change, such as `got worse by 1.2 % (+12), from 1,000 to 1,012`. Values are not rounded.
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
    fn a_percentage_never_rounds_to_nothing() {
        assert_eq!(percent(0.1), "0.1");
        assert_eq!(percent(1.2345), "1.23");
        assert_eq!(percent(250.0), "250");
        assert_eq!(percent(0.000_000_123), "0.000000123");
        assert_eq!(percent(12.0), "12");
    }
}
