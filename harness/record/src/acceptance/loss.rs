//! A regression of one figure, which can be accepted.

use crate::metric::{self, Metric};

/// A change of a figure from one level to a worse one.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// The metric.
    pub metric: &'static Metric,
    /// Level of the base: a count, or 1 for time.
    pub from: f64,
    /// Level of the head: a count, or the ratio of times.
    pub to: f64,
    /// The toolchain that a count belongs to, as a [`PortableKey`](crate::PortableKey) is written; none for time.
    pub key: Option<String>,
}

impl Loss {
    /// Returns true if two losses belong to the same figure.
    pub fn same_figure(&self, other: &Self) -> bool {
        let figure = |loss: &Self| {
            (
                loss.workload.clone(),
                loss.phase.clone(),
                loss.metric.name(),
                loss.key.clone(),
            )
        };
        figure(self) == figure(other)
    }

    /// A loss of time. `change` is the slowdown as a share.
    pub fn of_time(workload: &str, phase: &str, change: f64) -> Option<Self> {
        let (workload, phase) = (workload.to_owned(), phase.to_owned());
        Some(Self {
            workload,
            phase,
            metric: metric::by_name("time")?,
            from: 1.0,
            to: 1.0 + change,
            key: None,
        })
    }
}
