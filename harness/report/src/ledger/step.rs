//! The steps from phase to phase in one quantity, over the workloads that have it in every phase.

use harness_abtest::{Mean, geometric_mean};
use harness_record::Row;
use harness_record::metric::{self, Figure, LEVEL};

use super::Ladder;
use crate::ReportData;
use crate::figures::{self, Absent};

/// A quantity of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantity {
    /// The key of its columns.
    pub(super) key: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    /// The metric; none for the speed, which is of tokens or of runs.
    metric: Option<&'static str>,
    pub(super) kind: Kind,
}

/// The meaning of a higher value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Gain,
    Cost,
}

const fn cost(key: &'static str, name: &'static str, metric: &'static str) -> Quantity {
    Quantity {
        key,
        name,
        metric: Some(metric),
        kind: Kind::Cost,
    }
}

/// The smallest share by which a cost rises that is named in the finding.
const SMALLEST_RISE: f64 = 0.01;

impl Quantity {
    pub(super) const SPEED: Self = Self {
        key: "speed",
        name: "speed",
        metric: None,
        kind: Kind::Gain,
    };

    /// Every quantity, in the order of the columns.
    pub(super) const ALL: [Self; 5] = [
        Self::SPEED,
        cost("first_token", "time to first token", "time-to-first-token"),
        cost("peak", "peak heap", "peak-bytes"),
        cost("heap", "heap bytes per token", "bytes-per-unit"),
        cost("instructions", "instructions", "instructions"),
    ];

    /// The ratio of two rows.
    pub(super) fn ratio(&self, base: Option<&Row>, head: &Row) -> Result<Figure, Absent> {
        match self.metric {
            None => figures::speed(base, head),
            Some(name) => {
                let metric = metric::by_name(name).ok_or(Absent::NoMeaning)?;
                figures::ratio(metric, base, head)
            }
        }
    }

    /// True if the quantity is a count, which has no interval because it is exact.
    pub(super) fn is_exact(&self) -> bool {
        self.metric
            .and_then(metric::by_name)
            .is_some_and(metric::Metric::portable)
    }
}

/// The steps in one quantity.
#[derive(Debug)]
pub(super) struct Steps<'a> {
    pub(super) quantity: Quantity,
    /// The workloads of every mean.
    pub(super) workloads: Vec<&'a str>,
    /// The workloads of the ladder that have the quantity, but not in every phase, or that reach zero.
    pub(super) left_out: Vec<&'a str>,
    /// The step to each phase after the first.
    pub(super) steps: Vec<Step>,
    /// For each phase after the first, its ratio to the first.
    pub(super) over_first: Vec<Step>,
    /// The ratio of the last phase to the first.
    pub(super) total: Step,
}

/// The ratio of two phases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// The mean over the workloads.
    Mean(Figure),
    /// This number of workloads reach zero, so there is no ratio.
    Zero(usize),
    /// The earlier phase is zero already.
    FromZero,
}

impl Step {
    pub(super) fn mean(&self) -> Option<Figure> {
        match self {
            Self::Mean(mean) => Some(*mean),
            Self::Zero(_) | Self::FromZero => None,
        }
    }

    /// The factor by which a cost rose, if it did: by at least 1 %, with an interval that excludes no change.
    pub(super) fn rise(&self, steps: &Steps<'_>) -> Option<f64> {
        let mean = self.mean()?;
        let is_shown = match mean.interval {
            Some(ends) => ends.excludes(1.0, LEVEL),
            None => steps.quantity.is_exact(),
        };
        (is_shown && mean.value >= 1.0 + SMALLEST_RISE).then_some(mean.value)
    }
}

impl<'a> Steps<'a> {
    /// The steps; none if no workload has the quantity in every phase.
    pub(super) fn new(
        report_data: &'a ReportData,
        ladder: &Ladder<'a>,
        quantity: Quantity,
    ) -> Option<Self> {
        let ratio = |workload: &str, base: &str, head: &str| {
            let base = report_data.row(workload, base);
            quantity.ratio(base, report_data.row(workload, head)?).ok()
        };
        let first = ladder.phases[0];
        let last = ladder.phases[ladder.phases.len() - 1];
        // For each workload its values as multiples of the first phase.
        let values = |workload: &&'a str| {
            let relative = ladder
                .phases
                .iter()
                .map(|phase| ratio(workload, first, phase));
            let values: Option<Vec<f64>> = relative.map(|figure| Some(figure?.value)).collect();
            Some((*workload, values?))
        };
        let whole: Vec<(&str, Vec<f64>)> = ladder.workloads.iter().filter_map(values).collect();
        let is_above_zero =
            |(_, values): &&(&str, Vec<f64>)| values.iter().all(|value| *value > 0.0);
        let above: Vec<&(&str, Vec<f64>)> = whole.iter().filter(is_above_zero).collect();
        // Where every workload reaches zero, that is the result.
        let kept = if above.is_empty() {
            whole.iter().collect()
        } else {
            above
        };
        let workloads: Vec<&'a str> = kept.iter().map(|(workload, _)| *workload).collect();
        let left_out = ladder.workloads.iter().copied().filter(|workload| {
            !workloads.contains(workload) && ratio(workload, first, last).is_some()
        });
        let step = |base: usize, head: usize| {
            let zeros = |place: usize| {
                kept.iter()
                    .filter(|(_, values)| values[place] == 0.0)
                    .count()
            };
            match (zeros(base), zeros(head)) {
                (0, 0) => {
                    let names = [ladder.phases[base], ladder.phases[head]];
                    let ratios: Option<Vec<_>> = workloads
                        .iter()
                        .map(|workload| {
                            let figure = ratio(workload, names[0], names[1])?;
                            Some((figure.value, figure.interval))
                        })
                        .collect();
                    let Mean { value, interval } = geometric_mean(&ratios?)?;
                    Some(Step::Mean(Figure::with_interval(value, interval)))
                }
                (0, zeros) => Some(Step::Zero(zeros)),
                _ => Some(Step::FromZero),
            }
        };
        let count = ladder.phases.len();
        Some(Self {
            quantity,
            left_out: left_out.collect(),
            steps: (1..count)
                .map(|head| step(head - 1, head))
                .collect::<Option<_>>()?,
            over_first: (1..count)
                .map(|head| step(0, head))
                .collect::<Option<_>>()?,
            total: step(0, count - 1)?,
            workloads,
        })
        .filter(|steps| !steps.workloads.is_empty())
    }
}
