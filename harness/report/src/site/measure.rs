//! The measures of a site: a metric, and the scale on which its values compare between records.

use harness_record::metric::{self, Metric};
use harness_record::{Row, number};

/// The metric of time.
const TIME: &str = "time";

/// Changes of times below this share are shown as zero.
const SMALLEST_CHANGE: f64 = 1e-4;

/// A metric on a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The metric.
    pub metric: &'static Metric,
    /// The scale.
    pub scale: Scale,
}

/// The scale of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Ratio to the anchor phase in the same record. It compares between records.
    Ratio,
    /// A count, which repeats exactly.
    Exact,
    /// A time. It compares on one machine only, and also there it drifts between runs.
    Absolute,
}

impl Measure {
    /// All measures, in the order of pages.
    pub fn all() -> Vec<Self> {
        let of_time = |scale| metric::by_name(TIME).map(|metric| Self { metric, scale });
        let counts = metric::all().iter().filter(|metric| metric.portable());
        let counts = counts.map(|metric| Self {
            metric,
            scale: Scale::Exact,
        });
        let ratio = of_time(Scale::Ratio).into_iter();
        ratio
            .chain(counts)
            .chain(of_time(Scale::Absolute))
            .collect()
    }

    /// Returns true if the values are counts.
    pub fn is_count(&self) -> bool {
        self.scale == Scale::Exact
    }

    /// Returns true if a step of the values is a change of the program. Absolute times also change with the machine.
    pub fn compares(&self) -> bool {
        self.scale != Scale::Absolute
    }

    /// The value of a row. The ratio needs the row of the anchor; the ratio of the anchor to itself is left out, because
    /// it is always 1. None without a right answer.
    pub(super) fn value(&self, row: &Row, anchor: Option<&Row>) -> Option<f64> {
        let passed = |row: &&Row| row.check.is_fine();
        let row = Some(row).filter(passed)?;
        let figure = match self.scale {
            Scale::Ratio => {
                let anchor = anchor.filter(passed)?;
                if anchor.phase == row.phase {
                    return None;
                }
                self.metric.ratio(anchor, row)?
            }
            Scale::Exact | Scale::Absolute => self.metric.figure(row)?,
        };
        Some(figure.value).filter(|value| value.is_finite() && *value >= 0.0)
    }

    /// The name for readers, such as `instructions per call`.
    pub fn title(&self, unit: &str, anchor: &str) -> String {
        match self.scale {
            Scale::Ratio => format!("time, ratio to {anchor}"),
            Scale::Exact => self.metric.title_per(unit),
            Scale::Absolute => "time, absolute".to_owned(),
        }
    }

    /// A value for readers.
    pub fn show(&self, value: f64) -> String {
        match self.scale {
            Scale::Ratio => number::ratio(value),
            Scale::Exact | Scale::Absolute => number::plain(self.metric.quantity(), value),
        }
    }

    /// The change from one value to another for readers, in percent. Tiny changes of times are rounding errors.
    pub fn change(&self, from: f64, to: f64) -> String {
        let is_tiny = !self.is_count() && (to / from - 1.0).abs() < SMALLEST_CHANGE;
        if from == to || is_tiny {
            "0 %".to_owned()
        } else if from == 0.0 {
            "from 0".to_owned()
        } else {
            number::percent(to / from)
        }
    }
}
