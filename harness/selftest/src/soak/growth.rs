//! Growth of a measured quantity over time, as a robust slope with an interval.
//!
//! The slope is the median of the slopes between all pairs of samples (Theil 1950, Sen 1968), so a few outliers and a
//! step at the start do not change it. The interval of Sen follows from the normal approximation of Kendall's statistic.
//! It assumes independent errors.

use std::time::Duration;

use harness_abtest::{Interval, median};

/// Quantile of the normal distribution for a two-sided interval of 95 %.
const Z: f64 = 1.959_964;
/// Confidence level of the interval.
const LEVEL: f64 = 0.95;
/// Fewest samples for a judgement.
const FEWEST: usize = 8;
/// Seconds in an hour.
const HOUR: f64 = 3600.0;

/// A quantity that was sampled repeatedly.
#[derive(Debug, Clone)]
pub struct Series {
    /// The quantity, with its unit.
    pub name: &'static str,
    /// Largest growth per hour that is accepted; none if the growth is shown only.
    pub limit: Option<f64>,
    /// Time in seconds since the start, and value.
    pub samples: Vec<(f64, f64)>,
}

/// Adds a sample to each series: their values at a time since the start.
pub(super) fn add_samples<const N: usize>(
    series: &mut [Series; N],
    at: Duration,
    values: [f64; N],
) {
    for (one, value) in series.iter_mut().zip(values) {
        one.samples.push((at.as_secs_f64(), value));
    }
}

/// The result for one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The whole interval of the growth is within the limit.
    Steady,
    /// The whole interval is above the limit.
    Grows,
    /// The limit lies within the interval, or there are too few samples.
    Open,
    /// There is no limit.
    Shown,
}

/// The growth per hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// The median of the slopes.
    pub per_hour: f64,
    /// Interval of 95 %.
    pub interval: Interval,
}

impl Judgement {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Grows => "grows",
            Self::Open => "open",
            Self::Shown => "shown only",
        }
    }
}

impl Series {
    /// An empty series.
    pub(super) fn new(name: &'static str, limit: Option<f64>) -> Self {
        Self {
            name,
            limit,
            samples: Vec::new(),
        }
    }

    /// The growth; none for fewer than eight samples.
    pub fn growth(&self) -> Option<Growth> {
        let count = self.samples.len();
        if count < FEWEST {
            return None;
        }
        let mut slopes: Vec<f64> = Vec::with_capacity(count * (count - 1) / 2);
        for (place, (early, low)) in self.samples.iter().enumerate() {
            let later = self.samples[place + 1..].iter();
            let later = later.filter(|(late, _)| late > early);
            slopes.extend(later.map(|(late, high)| (high - low) / (late - early) * HOUR));
        }
        slopes.sort_by(f64::total_cmp);
        let (n, all) = (count as f64, slopes.len());
        // Kendall's statistic of n independent values has this variance (Sen 1968, without ties).
        let spread = Z * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
        let low = ((all as f64 - spread) / 2.0).floor().max(0.0) as usize;
        Some(Growth {
            per_hour: median(&slopes)?,
            interval: Interval {
                low: *slopes.get(low)?,
                high: *slopes.get(all - 1 - low)?,
                level: LEVEL,
            },
        })
    }

    /// Compares the growth with the limit.
    pub fn judgement(&self) -> Judgement {
        match (self.limit, self.growth()) {
            (None, _) => Judgement::Shown,
            (_, None) => Judgement::Open,
            (Some(limit), Some(growth)) if growth.interval.low > limit => Judgement::Grows,
            (Some(limit), Some(growth)) if growth.interval.high <= limit => Judgement::Steady,
            _ => Judgement::Open,
        }
    }

    /// The medians of the first and of the last quarter of the samples; none without samples.
    pub fn quarters(&self) -> Option<(f64, f64)> {
        let values: Vec<f64> = self.samples.iter().map(|&(_, value)| value).collect();
        let quarter = values.len().div_ceil(4);
        Some((
            median(&values[..quarter])?,
            median(&values[values.len() - quarter..])?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Random;

    use super::*;

    /// Half an hour of samples every ten seconds: a level of 50, this growth per hour, and noise of this width.
    fn series(per_hour: f64, noise: f64, seed: u64) -> Series {
        let mut random = Random::new(seed);
        let sample = |place: u32| {
            let at = f64::from(place) * 10.0;
            (
                at,
                50.0 + per_hour * at / HOUR + noise * (random.share() - 0.5),
            )
        };
        Series {
            samples: (0..180).map(sample).collect(),
            ..Series::new("memory in MB", Some(1.0))
        }
    }

    #[test]
    fn a_leak_below_the_noise_is_found() {
        let mut leak = series(3.0, 2.0, 1);
        assert_eq!(leak.judgement(), Judgement::Grows);
        let growth = leak.growth().expect("samples");
        assert!(
            (growth.per_hour - 3.0).abs() < 0.7 && growth.interval.low > 1.0,
            "{growth:?}"
        );
        let (first, last) = leak.quarters().expect("samples");
        assert!(last - first > 0.6, "{first} {last}");
        // Outliers do not hide it.
        leak.samples
            .iter_mut()
            .take(3)
            .for_each(|one| one.1 = 500.0);
        assert_eq!(leak.judgement(), Judgement::Grows);
    }

    #[test]
    fn noise_and_a_step_at_the_start_are_no_leak() {
        for seed in 0..50 {
            let mut flat = series(0.0, 0.5, seed);
            assert_eq!(flat.judgement(), Judgement::Steady, "seed {seed}");
            flat.samples
                .iter_mut()
                .take(10)
                .for_each(|one| one.1 = 20.0);
            assert_eq!(flat.judgement(), Judgement::Steady, "seed {seed}");
        }
    }

    #[test]
    fn the_interval_holds_at_its_level() {
        let missed = (0..400)
            .filter(|&seed| {
                let growth = series(2.0, 4.0, seed).growth().expect("samples");
                growth.interval.excludes(2.0, LEVEL)
            })
            .count();
        // Expected are 20 of 400; 45 is far beyond chance.
        assert!((3..45).contains(&missed), "{missed}");
    }

    #[test]
    fn few_samples_and_wide_noise_stay_open() {
        let mut short = series(100.0, 0.0, 1);
        short.samples.truncate(FEWEST - 1);
        assert_eq!(short.judgement(), Judgement::Open);
        assert_eq!(series(1.0, 20.0, 1).judgement(), Judgement::Open);
        short.limit = None;
        assert_eq!(short.judgement(), Judgement::Shown);
    }

    #[test]
    fn a_constant_value_is_steady() {
        let flat = series(0.0, 0.0, 1);
        assert_eq!(flat.judgement(), Judgement::Steady);
        assert_eq!(flat.quarters(), Some((50.0, 50.0)));
    }
}
