//! Puts two sides next to each other, figure by figure, and says which pairs may be compared at all.
//!
//! A side is a record, one phase of a record, or a stored baseline. Nothing is judged here: whether a difference
//! matters is for [`crate::verdict`]. What may not be compared keeps its place in the list with the reason, so that no
//! number is dropped in silence.

mod narrow;
mod pair;
mod state;
mod table;

pub use narrow::{UnknownMetric, metrics, narrow, only_metrics};
pub use state::{Comparability, Obstacle};
pub use table::table;
pub(crate) use table::{figure_cells, place_cells, place_columns};

use crate::metric::{Figure, Metric};
use crate::paired::Side;
use crate::record::{Record, Row, Unit};

/// One of the two things that are compared.
#[derive(Debug, Clone, Copy)]
pub struct RecordView<'a> {
    /// Where the rows are.
    pub record: &'a Record,
    /// Only this phase of it; every phase if none is named.
    pub phase: Option<&'a str>,
    /// Whether it holds counts and never wall times, as a stored baseline does: the absence of times is then no loss.
    pub counts_only: bool,
}

impl<'a> RecordView<'a> {
    /// A whole record.
    pub fn record(record: &'a Record) -> Self {
        Self { record, phase: None, counts_only: false }
    }

    /// A stored baseline, turned back into a record.
    pub fn baseline(record: &'a Record) -> Self {
        Self { record, phase: None, counts_only: true }
    }

    /// The same side, narrowed to one phase.
    #[must_use]
    pub fn phase(mut self, phase: &'a str) -> Self {
        self.phase = Some(phase);
        self
    }

    fn rows(self) -> impl Iterator<Item = &'a Row> {
        self.record.rows.iter().filter(move |row| self.phase.is_none_or(|phase| row.phase == phase))
    }

    /// The row that `row` of the other side is held against.
    fn counterpart(self, row: &Row) -> Option<&'a Row> {
        self.record.row(&row.workload, self.phase.unwrap_or(&row.phase))
    }
}

/// One figure on both sides, or one row where the whole row stands or falls.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The workload's id.
    pub workload: String,
    /// The phase on the base side.
    pub base_phase: String,
    /// The phase on the head side.
    pub head_phase: String,
    /// What one run of the workload yields.
    pub unit: Unit,
    /// What is compared; none where the state is about the whole row (new, removed, changed, failed check).
    pub metric: Option<&'static dyn Metric>,
    /// The figure it is held against.
    pub base: Option<Figure>,
    /// The figure that is held against it.
    pub head: Option<Figure>,
    /// `head` over `base`; none where they do not compare, and where `base` is zero.
    pub ratio: Option<Figure>,
    /// Whether the two may be compared.
    pub state: Comparability,
}

impl Comparison {
    /// What it is about, such as `medium/decode@57 in phase optimized: instructions per token`.
    pub fn place(&self) -> String {
        let Self { workload, base_phase, head_phase, .. } = self;
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

    /// Whether the two figures compare and are the same number.
    pub fn equal(&self) -> bool {
        let value = |figure: Option<Figure>| figure.map(|figure| figure.value);
        self.state == Comparability::Comparable && value(self.base) == value(self.head)
    }
}

/// Every figure that either side has, in the order of the head side, rows that only the base side has at the end.
///
/// With one phase on each side, rows are matched by workload; without phases, by workload and phase.
pub fn compare(base: RecordView<'_>, head: RecordView<'_>) -> Vec<Comparison> {
    let metrics: Vec<&'static dyn Metric> = crate::metric::all()
        .iter()
        .copied()
        .filter(|metric| metric.portable() || !(base.counts_only || head.counts_only))
        .collect();
    let scope = pair::Scope {
        metrics: &metrics,
        base: &base.record.environment,
        head: &head.record.environment,
        same_run: std::ptr::eq(base.record, head.record) || base.record == head.record,
    };
    let mut comparisons = Vec::new();
    for row in head.rows() {
        match base.counterpart(row) {
            Some(counterpart) => comparisons.extend(scope.both(counterpart, row)),
            None => comparisons.extend(scope.alone(row, base.phase, Side::Head)),
        }
    }
    for row in base.rows() {
        if head.counterpart(row).is_none() {
            comparisons.extend(scope.alone(row, head.phase, Side::Base));
        }
    }
    comparisons
}

/// Each reason once, with how many figures it is about and the first of them.
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
