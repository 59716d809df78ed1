//! A number of cases out of a total, with its exact interval.

use harness_abtest::{Interval, share_interval};

/// Level of intervals, so that each end alone holds at 95 %.
const LEVEL: f64 = 0.9;

/// A number of cases out of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// The number of cases.
    pub(crate) count: usize,
    /// The total.
    pub(crate) of: usize,
}

impl Rate {
    /// The share; none if the total is 0.
    pub(crate) fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }

    /// Confidence interval of the true rate (Clopper and Pearson 1934); each end alone holds at 95 %.
    pub(crate) fn interval(self) -> Interval {
        share_interval(self.count, self.of, LEVEL)
    }

    /// Text such as `1 of 8 = 12.5 %`.
    pub(crate) fn text(self) -> String {
        format!(
            "{} of {} = {} %",
            self.count,
            self.of,
            percent(self.share().unwrap_or_default())
        )
    }

    /// Text such as `12.5 % [0.64, 47.1]`, with the interval in percent.
    pub(crate) fn with_interval(self) -> String {
        let (share, ends) = (self.share().unwrap_or_default(), self.interval());
        format!(
            "{} % [{}, {}]",
            percent(share),
            percent(ends.low),
            percent(ends.high)
        )
    }
}

/// A share in percent, with at most two decimals and without the sign.
pub(crate) fn percent(share: f64) -> String {
    match 100.0 * share {
        percent if percent == 0.0 || percent >= 99.95 => format!("{percent:.0}"),
        percent if percent < 10.0 => format!("{percent:.2}"),
        percent => format!("{percent:.1}"),
    }
}
