//! Compares a row of each side, metric by metric.

use harness_abtest::Side;
use harness_record::metric::Metric;
use harness_record::{Check, Environment, Row};

use crate::compare::Comparison;
use crate::compare::state::{Comparability, Obstacle};
use crate::counts::Recounted;

/// Properties that are common to all rows of a comparison.
pub(super) struct Scope<'a> {
    pub(super) metrics: &'a [&'static Metric],
    pub(super) base: &'a Environment,
    pub(super) head: &'a Environment,
    /// True if both sides are phases of one record. Kernels, instruction set and threads are then the subject of the
    /// comparison, not an obstacle to it.
    pub(super) same_run: bool,
    /// True if one harness measured both sides, so that only their sources differ.
    pub(super) measured_together: bool,
}

impl Scope<'_> {
    /// Compares a row that both sides have.
    pub(super) fn both(&self, base: &Row, head: &Row) -> Vec<Comparison> {
        let whole = |state| vec![comparison(base, head, None, state)];
        if let Some((place, message)) = failed(base)
            .map(|m| (Side::Base, m))
            .or_else(|| failed(head).map(|m| (Side::Head, m)))
        {
            return whole(Comparability::FailedCheck { place, message });
        }
        if base.definition != head.definition || base.unit != head.unit {
            return whole(Comparability::Changed { definition: true });
        }
        if base.answer != head.answer {
            return whole(Comparability::Changed { definition: false });
        }
        self.metrics
            .iter()
            .filter_map(|&metric| self.metric(base, head, metric))
            .collect()
    }

    /// Reports a row that only one side has. `other_phase` is the phase that the other side is restricted to. None if
    /// the row has none of the compared metrics.
    pub(super) fn alone(
        &self,
        row: &Row,
        other_phase: Option<&str>,
        place: Side,
    ) -> Option<Comparison> {
        let state = match (place, failed(row)) {
            (Side::Head, Some(message)) => Comparability::FailedCheck { place, message },
            (Side::Head, None) => Comparability::New,
            (Side::Base, _) => Comparability::Removed,
        };
        let is_measured = self.metrics.iter().any(|metric| is_measured(row, metric));
        if !is_measured && !matches!(state, Comparability::FailedCheck { .. }) {
            return None;
        }
        let mut comparison = comparison(row, row, None, state);
        if let Some(phase) = other_phase {
            match place {
                Side::Head => comparison.base_phase = phase.to_owned(),
                Side::Base => comparison.head_phase = phase.to_owned(),
            }
        }
        Some(comparison)
    }

    fn metric(&self, base: &Row, head: &Row, metric: &'static Metric) -> Option<Comparison> {
        let (base_figure, head_figure) = (metric.figure(base), metric.figure(head));
        let state = match (base_figure, head_figure) {
            (Some(_), Some(_)) => match self.obstacle(base, head, metric) {
                None => Comparability::Comparable,
                Some(obstacle) => Comparability::NotComparable(obstacle),
            },
            (None, Some(_)) => Comparability::Missing {
                place: Side::Base,
                message: why(base, metric),
            },
            (Some(_), None) => Comparability::Missing {
                place: Side::Head,
                message: why(head, metric),
            },
            (None, None) => match (failure(base, metric), failure(head, metric)) {
                (_, Some(message)) => Comparability::Missing {
                    place: Side::Head,
                    message,
                },
                (Some(message), None) => Comparability::Missing {
                    place: Side::Base,
                    message,
                },
                (None, None) => return None,
            },
        };
        let mut comparison = comparison(base, head, Some(metric), state);
        // Numbers of different tools and times of different machines are not shown, because readers would compare them.
        if !matches!(
            comparison.state,
            Comparability::NotComparable(Obstacle::OtherMachine { .. } | Obstacle::OtherOrigin(_))
        ) {
            (comparison.base, comparison.head) = (base_figure, head_figure);
        }
        if comparison.state == Comparability::Comparable {
            comparison.ratio = metric.ratio(base, head);
            comparison.recounted = Recounted::of(metric, base, head);
        }
        Some(comparison)
    }

    /// The reason why no number compares, if one side was imported: another origin, or imports whose environment nobody
    /// named and no file describes.
    fn other_origin(&self) -> Option<String> {
        let (base, head) = (self.base, self.head);
        base.import.as_ref().or(head.import.as_ref())?;
        base.other_origin(head).or_else(|| {
            let is_known = base.same_machine(base) && head.same_machine(head);
            (!is_known).then(|| {
                "the files of the imports do not describe their machine; `harness import --environment NAME` names it"
                    .to_owned()
            })
        })
    }

    fn obstacle(&self, base: &Row, head: &Row, metric: &Metric) -> Option<Obstacle> {
        let (base_reading, head_reading) = (
            base.reading(metric.instrument())?,
            head.reading(metric.instrument())?,
        );
        if !self.same_run
            && let Some(difference) = self.other_origin()
        {
            return Some(Obstacle::OtherOrigin(difference));
        }
        if metric.portable() {
            if self.same_run {
                return None;
            }
            let base_key = self.base.portable_key(&base_reading.isa);
            let head_key = self.head.portable_key(&head_reading.isa);
            let differences = match self.measured_together {
                true => base_key.differences_outside_sources(&head_key),
                false => base_key.differences(&head_key),
            };
            return (!differences.is_empty()).then(|| Obstacle::OtherKey(differences.join(", ")));
        }
        if metric.ratio(base, head).is_some() {
            return None;
        }
        if !self.same_run && !self.base.same_machine(self.head) {
            return Some(Obstacle::OtherMachine {
                base: self.base.machine(),
                head: self.head.machine(),
            });
        }
        if !self.same_run && base_reading.threads != head_reading.threads {
            return Some(Obstacle::OtherThreads {
                base: base_reading.threads,
                head: head_reading.threads,
            });
        }
        let settings = self.base.settings_differences(self.head);
        if !self.same_run && !settings.is_empty() {
            return Some(Obstacle::OtherKey(settings.join(", ")));
        }
        Some(Obstacle::Apart)
    }
}

fn comparison(
    base: &Row,
    head: &Row,
    metric: Option<&'static Metric>,
    state: Comparability,
) -> Comparison {
    Comparison {
        workload: head.workload.clone(),
        base_phase: base.phase.clone(),
        head_phase: head.phase.clone(),
        unit: head.unit.clone(),
        metric,
        base: None,
        head: None,
        ratio: None,
        recounted: None,
        state,
    }
}

fn failed(row: &Row) -> Option<String> {
    match &row.check {
        Check::Passed | Check::Unchecked => None,
        Check::Failed(message) => Some(message.clone()),
        Check::NotRun(message) => Some(format!("the check did not come to an end: {message}")),
    }
}

fn is_measured(row: &Row, metric: &Metric) -> bool {
    row.reading(metric.instrument()).is_some() || row.failure(metric.instrument()).is_some()
}

fn failure(row: &Row, metric: &Metric) -> Option<String> {
    row.failure(metric.instrument()).map(str::to_owned)
}

fn why(row: &Row, metric: &Metric) -> String {
    let instrument = metric.instrument();
    failure(row, metric).unwrap_or_else(|| match row.reading(instrument) {
        Some(_) => {
            format!(
                "the reading of {} contains no {}",
                instrument.name(),
                metric.title_per(&row.unit.name)
            )
        }
        None => format!("{} was not measured", instrument.name()),
    })
}
