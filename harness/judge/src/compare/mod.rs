//! Compares two sides figure by figure, and decides which figures are comparable.
//!
//! A side is a record, one phase of a record, or a stored baseline. Nothing is judged here: [`crate::counts`] decides
//! if a difference matters. A figure that is not comparable keeps its place in the list with the reason, so that no
//! number is dropped silently.

mod narrow;
mod pair;
mod state;

pub use narrow::{UnknownMetric, metrics, narrow, only_metrics};
pub use state::{Comparability, Obstacle};

use harness_abtest::Side;
use harness_probe::Unit;
use harness_record::metric::{Figure, Metric};
use harness_record::{Record, Row, RowIndex};

use crate::counts::Recounted;

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
pub struct RecordView<'a> {
    /// The record with the rows.
    pub record: &'a Record,
    /// Restriction to one phase; none for every phase.
    pub phase: Option<&'a str>,
    /// True if it has counts only, like a stored baseline. Missing wall times are then not reported.
    pub counts_only: bool,
    /// True if one harness measured both sides after another, each built from its own sources. Settings of the build that
    /// come from the sources are then the subject of the comparison, not an obstacle to it.
    pub measured_together: bool,
}

impl<'a> RecordView<'a> {
    /// A whole record.
    pub fn record(record: &'a Record) -> Self {
        Self {
            record,
            phase: None,
            counts_only: false,
            measured_together: false,
        }
    }

    /// A stored baseline, converted to a record.
    pub fn baseline(record: &'a Record) -> Self {
        Self {
            record,
            phase: None,
            counts_only: true,
            measured_together: false,
        }
    }

    /// The counts of one side of a gate against a revision.
    pub fn measured_together(record: &'a Record) -> Self {
        Self {
            measured_together: true,
            ..Self::baseline(record)
        }
    }

    /// Restricts the side to one phase.
    #[must_use]
    pub fn phase(mut self, phase: &'a str) -> Self {
        self.phase = Some(phase);
        self
    }

    fn rows(self) -> impl Iterator<Item = &'a Row> {
        self.record
            .rows
            .iter()
            .filter(move |row| self.phase.is_none_or(|phase| row.phase == phase))
    }

    /// The row that `row` of the other side is compared with. `index` is that of this side.
    fn counterpart(self, row: &Row, index: &RowIndex<'a>) -> Option<&'a Row> {
        index.row(&row.workload, self.phase.unwrap_or(&row.phase))
    }
}

/// Comparison of one figure on both sides, or of a whole row if its figures are not compared one by one.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The workload's id.
    pub workload: String,
    /// The phase on the base side.
    pub base_phase: String,
    /// The phase on the head side.
    pub head_phase: String,
    /// Unit of work that one run of the workload yields.
    pub unit: Unit,
    /// The compared metric; none if the state is about the whole row (new, removed, changed, failed check).
    pub metric: Option<&'static Metric>,
    /// Figure of the base.
    pub base: Option<Figure>,
    /// Figure of the head.
    pub head: Option<Figure>,
    /// `head` over `base`; none if they are not comparable or `base` is zero.
    pub ratio: Option<Figure>,
    /// Every count of both sides, if a side was counted more than once.
    pub recounted: Option<Recounted>,
    /// Comparability of the two figures.
    pub state: Comparability,
}

impl Comparison {
    /// Workload, phase and metric, such as `medium/decode@57 in phase optimized: instructions per token`.
    pub fn place(&self) -> String {
        let Self {
            workload,
            base_phase,
            head_phase,
            ..
        } = self;
        let row = if base_phase == head_phase {
            format!("{workload} in phase {head_phase}")
        } else {
            format!("{workload} in phase {head_phase} against {base_phase}")
        };
        match self.metric {
            Some(metric) => format!("{row}: {}", metric.title_per(&self.unit.name)),
            None => row,
        }
    }

    /// True if the two figures are comparable and equal.
    pub fn equal(&self) -> bool {
        let value = |figure: Option<Figure>| figure.map(|figure| figure.value);
        self.state == Comparability::Comparable && value(self.base) == value(self.head)
    }
}

/// Compares every figure of the two sides, in the order of the head; rows that only the base has come last.
///
/// If each side is restricted to one phase, rows are matched by workload, otherwise by workload and phase.
pub fn compare(base: RecordView<'_>, head: RecordView<'_>) -> Vec<Comparison> {
    let metrics: Vec<&'static Metric> = harness_record::metric::all()
        .iter()
        .filter(|metric| metric.portable() || !(base.counts_only || head.counts_only))
        .collect();
    let scope = pair::Scope {
        metrics: &metrics,
        base: &base.record.environment,
        head: &head.record.environment,
        same_run: std::ptr::eq(base.record, head.record) || base.record == head.record,
        measured_together: base.measured_together && head.measured_together,
    };
    let (base_index, head_index) = (base.record.index(), head.record.index());
    let mut comparisons = Vec::new();
    for row in head.rows() {
        match base.counterpart(row, &base_index) {
            Some(counterpart) => comparisons.extend(scope.both(counterpart, row)),
            None => comparisons.extend(scope.alone(row, base.phase, Side::Head)),
        }
    }
    for row in base.rows() {
        if head.counterpart(row, &head_index).is_none() {
            comparisons.extend(scope.alone(row, head.phase, Side::Base));
        }
    }
    comparisons
}

/// One sentence for each reason, with the first figure and the number of others.
pub fn grouped(reasons: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut groups: Vec<(String, String, usize)> = Vec::new();
    for (place, reason) in reasons {
        match groups.iter_mut().find(|(_, known, _)| *known == reason) {
            Some((_, _, count)) => *count += 1,
            None => groups.push((place, reason, 1)),
        }
    }
    let sentence = |(place, reason, count): (String, String, usize)| match count {
        1 => format!("{place}: {reason}"),
        2 => format!("{place}, and 1 other: {reason}"),
        _ => format!("{place}, and {} others: {reason}", count - 1),
    };
    groups.into_iter().map(sentence).collect()
}

#[cfg(test)]
mod tests;
