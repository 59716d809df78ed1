//! A regression of one figure, which can be accepted.

use crate::compare::Comparison;
use crate::metric::{self, Metric};
use crate::record::Record;

/// A change of a figure from one level to a worse one.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The metric.
    pub metric: &'static dyn Metric,
    /// Level of the base: a count, or 1 for time.
    pub from: f64,
    /// Level of the head: a count, or the ratio of times.
    pub to: f64,
    /// Toolchain of a count, as the text of a [`PortableKey`](crate::record::PortableKey); none for time.
    pub key: Option<String>,
}

impl Loss {
    /// Returns true if two losses belong to the same figure.
    pub fn same_figure(&self, other: &Self) -> bool {
        let figure = |loss: &Self| (loss.workload.clone(), loss.phase.clone(), loss.metric.name(), loss.key.clone());
        figure(self) == figure(other)
    }

    /// The loss in a comparison of counts; none if the counts are not comparable. `head` is the judged record.
    pub(crate) fn of(comparison: &Comparison, head: &Record) -> Option<Self> {
        let (metric, base, value) = (comparison.metric?, comparison.base?, comparison.head?);
        let reading = head.row(&comparison.workload, &comparison.head_phase)?.reading(metric.instrument())?;
        Some(Self {
            workload: comparison.workload.clone(),
            phase: comparison.head_phase.clone(),
            metric,
            from: base.value,
            to: value.value,
            key: Some(head.environment.portable_key(&reading.isa).to_string()),
        })
    }

    /// A loss of time. `change` is the slowdown as a share.
    pub(crate) fn of_time(workload: &str, phase: &str, change: f64) -> Option<Self> {
        let (workload, phase) = (workload.to_owned(), phase.to_owned());
        Some(Self { workload, phase, metric: metric::by_name("time")?, from: 1.0, to: 1.0 + change, key: None })
    }
}
