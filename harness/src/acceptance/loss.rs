//! A figure that got worse, and by how much: what can be accepted.

use crate::metric::{self, Metric};

/// A figure that went from one level to a worse one.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// What was read.
    pub metric: &'static dyn Metric,
    /// The level it came from: a count as it is judged, or 1 for time.
    pub from: f64,
    /// The level it came to: a count, or the ratio of times.
    pub to: f64,
    /// The toolchain that a count belongs to, as a [`PortableKey`](crate::record::PortableKey) is written; none for time.
    pub key: Option<String>,
}

impl Loss {
    /// Whether two losses are about one figure.
    pub fn same_figure(&self, other: &Self) -> bool {
        let figure = |loss: &Self| (loss.workload.clone(), loss.phase.clone(), loss.metric.name(), loss.key.clone());
        figure(self) == figure(other)
    }

    /// A loss of time: `change` is the share by which it is slower.
    pub fn of_time(workload: &str, phase: &str, change: f64) -> Option<Self> {
        let (workload, phase) = (workload.to_owned(), phase.to_owned());
        Some(Self { workload, phase, metric: metric::by_name("time")?, from: 1.0, to: 1.0 + change, key: None })
    }
}
