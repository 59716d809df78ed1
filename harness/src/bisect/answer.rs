//! The result of the trial of one commit, by its counts or its times.

use harness_abtest::{Centre, Interval, SequentialTest, Verdict};
use harness_judge::compare::{Comparison, RecordView as Compared, compare};
use harness_judge::counts::{CountVerdict, judge};
use harness_record::limits::Limits;
use harness_record::metric::{LEVEL, Metric};
use harness_record::{Record, number};

use crate::bisect::Evidence;

/// Finding about a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The commit is as good as the good end.
    Good,
    /// The commit is worse than the good end.
    Bad,
    /// The times of the commit settle neither.
    Unclear,
    /// The commit could not be judged.
    Skipped,
}

/// Result of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The finding about the commit.
    pub finding: Finding,
    /// The figure as text, or the reason that there is none.
    pub told: String,
    /// The figure as a number: a count, or the ratio of times.
    pub value: Option<f64>,
    /// Confidence interval of the ratio of times; none for a count, or if there are too few pairs.
    pub interval: Option<Interval>,
    /// Centre of the logarithms of the ratios of times; none like the interval.
    pub centre: Option<Centre>,
    /// The evidence for the search.
    pub evidence: Evidence,
}

impl Answer {
    /// A commit that cannot be judged, with the reason.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self {
            finding: Finding::Skipped,
            told: why.into(),
            value: None,
            interval: None,
            centre: None,
            evidence: Evidence::Skipped,
        }
    }

    /// A commit whose program is identical to that of the good end, so that its time cannot differ.
    pub(super) fn identical() -> Self {
        let interval = Some(Interval {
            low: 1.0,
            high: 1.0,
            level: LEVEL,
        });
        Self {
            finding: Finding::Good,
            told: "the same program as GOOD".to_owned(),
            value: Some(1.0),
            interval,
            centre: None,
            evidence: Evidence::Good,
        }
    }

    /// Judges one count of a commit like a gate whose base is the good end.
    pub fn by_count(good: &Record, counts: &Record, metric: &Metric, limits: &Limits) -> Self {
        let about = |row: &Comparison| row.metric.is_none_or(|of| of.name() == metric.name());
        let comparisons = compare(
            Compared::measured_together(good),
            Compared::measured_together(counts),
        )
        .into_iter()
        .filter(about);
        let Some(row) = judge(comparisons.collect(), limits).rows.into_iter().next() else {
            return Self::skipped(format!("it has no value for {}", metric.name()));
        };
        let value = row.comparison.head.map(|figure| figure.value);
        let finding = match &row.judgement {
            CountVerdict::Unjudged(why) => return Self::skipped(why.clone()),
            // Budgets are not held in a search; the change of a commit counts.
            CountVerdict::Regressed(_)
            | CountVerdict::Accepted(..)
            | CountVerdict::OverBudget(..) => Finding::Bad,
            CountVerdict::Unchanged(_)
            | CountVerdict::Moved(_)
            | CountVerdict::NotRepeatable(_)
            | CountVerdict::Improved(_) => Finding::Good,
        };
        let evidence = match finding {
            Finding::Bad => Evidence::Bad,
            _ => Evidence::Good,
        };
        let change = row
            .comparison
            .ratio
            .map(|ratio| format!(" ({})", number::percent(ratio.value)));
        let told = format!(
            "{}{}",
            value.map(number::exact).unwrap_or_default(),
            change.unwrap_or_default()
        );
        Self {
            finding,
            told,
            value,
            interval: None,
            centre: None,
            evidence,
        }
    }

    /// Judges times. With the `slowdown` of BAD, the evidence is that for at least half of it.
    pub fn by_time(sequential_test: &SequentialTest, slowdown: Option<&Centre>) -> Self {
        let value = sequential_test.estimate().map(f64::exp);
        let change = value.map_or_else(String::new, number::percent);
        let pairs = sequential_test.log_ratios().len();
        let (finding, told) = match sequential_test.verdict() {
            Verdict::Regressed => (Finding::Bad, format!("time {change} in {pairs} pairs")),
            Verdict::NotSlower | Verdict::Improved => {
                (Finding::Good, format!("time {change} in {pairs} pairs"))
            }
            Verdict::Inconclusive => (
                Finding::Unclear,
                format!("{pairs} pairs ({change}) are inconclusive; --budget allows more"),
            ),
        };
        let interval = sequential_test.interval(LEVEL);
        let interval = interval.map(|log| Interval {
            low: log.low.exp(),
            high: log.high.exp(),
            ..log
        });
        let centre = Centre::of(sequential_test.log_ratios());
        let odds = centre
            .zip(slowdown)
            .map(|(own, bad)| own.log_odds_of_half(bad));
        Self {
            finding,
            told,
            value,
            interval,
            centre,
            evidence: odds.map_or(Evidence::Skipped, Evidence::LogOdds),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harness_abtest::Rules;
    use harness_record::metric::by_name;
    use harness_record::sample::{callgrind, record, row};

    use super::*;

    #[test]
    fn a_count_is_judged_by_the_limits_of_the_good_end() {
        let limits =
            "schema = 1\n[[limit]]\nmetric = 'instructions'\ntolerance = '1 %'\nreason = 'noise'\n";
        let limits = Limits::parse(limits, Path::new("limits.toml")).expect("valid");
        let of = |instructions: u64| record(vec![row("w", "naive", vec![callgrind(instructions)])]);
        let metric = by_name("instructions").expect("a metric");
        let judged = |instructions| Answer::by_count(&of(1000), &of(instructions), metric, &limits);
        let answer = |finding, told: &str, value| Answer {
            finding,
            told: told.to_owned(),
            value: Some(value),
            interval: None,
            centre: None,
            evidence: match finding {
                Finding::Bad => Evidence::Bad,
                _ => Evidence::Good,
            },
        };
        assert_eq!(
            judged(1010),
            answer(Finding::Good, "1,010 (+1.0 %)", 1010.0)
        );
        assert_eq!(judged(1050), answer(Finding::Bad, "1,050 (+5.0 %)", 1050.0));
        assert_eq!(judged(500), answer(Finding::Good, "500 (-50 %)", 500.0));
        let missing = Answer::by_count(
            &of(1000),
            &record(vec![row("w", "naive", vec![])]),
            metric,
            &limits,
        );
        assert_eq!(
            missing,
            Answer::skipped("missing on the head side: callgrind was not measured")
        );
        let other = by_name("peak-bytes").expect("a metric");
        assert_eq!(
            Answer::by_count(&of(1), &of(1), other, &limits),
            Answer::skipped("it has no value for peak-bytes")
        );
    }

    #[test]
    fn time_is_judged_by_the_rules_of_the_gate() {
        let judged = |change: f64, pairs| {
            let mut sequential_test = SequentialTest::new(Rules::default(), 1);
            (0..pairs).for_each(|_| sequential_test.push(change.ln_1p()));
            Answer::by_time(&sequential_test, None)
        };
        assert_eq!(judged(0.03, 30).finding, Finding::Bad);
        assert_eq!(judged(0.0, 30).finding, Finding::Good);
        assert_eq!(judged(-0.05, 30).finding, Finding::Good);
        let few = judged(0.0, 2);
        assert_eq!(
            (few.finding, few.evidence),
            (Finding::Unclear, Evidence::Skipped)
        );
        assert_eq!(
            few.told,
            "2 pairs (0 %) are inconclusive; --budget allows more"
        );
        assert_eq!(judged(0.03, 30).told, "time +3.0 % in 30 pairs");
        let interval = judged(0.03, 30).interval.expect("enough pairs");
        assert!(
            interval.low <= 1.03 + 1e-9 && 1.03 - 1e-9 <= interval.high,
            "{interval:?}"
        );
        assert!(interval.low > 1.0, "{interval:?}");
    }
}
