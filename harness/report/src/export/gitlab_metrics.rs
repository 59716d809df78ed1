//! The metrics report of GitLab: OpenMetrics text whose values a merge request shows beside those of its target branch.
//!
//! GitLab compares values as texts, so every digit of noise would be a change. Counts have all their digits; times have
//! two, and still change from run to run. GitLab splits a line as a shell does and takes `#` for a comment.

use super::open_metrics::{name, sample};
use super::{Exporter, Results};

/// One line for each figure of the head.
pub(super) struct GitLabMetrics;

impl Exporter for GitLabMetrics {
    fn name(&self) -> &'static str {
        "gitlab-metrics"
    }

    fn help(&self) -> &'static str {
        "Metrics report of GitLab, with stable digits"
    }

    fn export(&self, results: &Results) -> String {
        let mut lines: Vec<String> = results
            .rows
            .iter()
            .filter_map(|row| {
                let metric = row.metric.as_deref()?;
                let value = match row.counted {
                    true => row.value?,
                    false => two_digits(row.value?),
                };
                let (name, _) = name(metric, "", &row.unit);
                let [workload, phase] =
                    [&row.workload, &row.phase].map(|text| text.replace('#', "%23"));
                let labels = [("workload", workload.as_str()), ("phase", &phase)];
                Some(sample(&name, &labels, value))
            })
            .collect();
        // A family must not be interrupted by another one. The sort is stable: workloads keep their order.
        lines.sort_by(|a, b| family(a).cmp(family(b)));
        lines.concat() + "# EOF\n"
    }
}

fn family(line: &str) -> &str {
    line.split(['{', ' ']).next().unwrap_or_default()
}

/// The value with two significant digits.
fn two_digits(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}
