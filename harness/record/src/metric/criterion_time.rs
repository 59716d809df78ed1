//! Time of one run, as criterion estimates it.

use harness_abtest::Interval;
use harness_probe::Instrument;

use crate::metric::{Better, Figure, Metric, Quantity};
use crate::{Data, Row};

/// Criterion's estimate of the time of one run in seconds, with its interval. It has no ratio: two estimates of
/// criterion are minutes apart, and the speed of the machine drifts in between.
pub(super) struct CriterionTime;

impl Metric for CriterionTime {
    fn name(&self) -> &'static str {
        "criterion-time"
    }
    fn title(&self) -> &'static str {
        "time of one run (criterion)"
    }
    fn quantity(&self) -> Quantity {
        Quantity::Seconds
    }
    fn better(&self) -> Better {
        Better::Lower
    }
    fn instrument(&self) -> Instrument {
        Instrument::Criterion
    }
    fn figure(&self, row: &Row) -> Option<Figure> {
        match &row.reading(Instrument::Criterion)?.data {
            Data::Criterion {
                estimate_picoseconds, lower_picoseconds, upper_picoseconds, confidence_permille, ..
            } => {
                let interval = Interval {
                    low: *lower_picoseconds as f64 / 1e12,
                    high: *upper_picoseconds as f64 / 1e12,
                    level: f64::from(*confidence_permille) / 1e3,
                };
                Some(Figure { value: *estimate_picoseconds as f64 / 1e12, interval: Some(interval) })
            }
            _ => None,
        }
    }
}
