//! The estimator of the report once more, by other code: geometric means over rounds, and intervals of Student's t.

use std::cell::RefCell;
use std::collections::HashMap;
use std::f64::consts::FRAC_PI_2;

/// A value, and the ends of its 95 % interval if there are enough rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Computed {
    pub(crate) value: f64,
    pub(crate) ends: Option<(f64, f64)>,
}

impl Computed {
    pub(crate) fn exact(value: f64) -> Self {
        Self { value, ends: None }
    }

    pub(crate) fn inverse(&self) -> Self {
        self.map(|value| 1.0 / value)
    }

    /// Applies a monotonic function to the value and to the ends.
    pub(crate) fn map(&self, of: impl Fn(f64) -> f64) -> Self {
        let ends = self.ends.map(|(low, high)| (of(low), of(high)));
        Self {
            value: of(self.value),
            ends: ends.map(|(a, b)| (a.min(b), a.max(b))),
        }
    }

    pub(crate) fn low(&self) -> f64 {
        self.ends.map_or(f64::NEG_INFINITY, |(low, _)| low)
    }

    pub(crate) fn high(&self) -> f64 {
        self.ends.map_or(f64::INFINITY, |(_, high)| high)
    }
}

/// The logarithm of the value of each round.
pub(crate) type Logs = Vec<(u32, f64)>;

/// The geometric mean over rounds.
pub(crate) fn mean_of_rounds(logs: &Logs) -> Computed {
    let values = values(logs);
    let n = values.len() as f64;
    around(mean(&values), variance(&values) / n, n - 1.0)
}

/// The quotient of two means. If both ran in the same rounds, its interval is that of the differences within rounds,
/// else that of Welch.
pub(crate) fn quotient_of_rounds(base: &Logs, head: &Logs) -> Computed {
    let rounds = |logs: &Logs| logs.iter().map(|(round, _)| *round).collect::<Vec<_>>();
    let (of_base, of_head) = (values(base), values(head));
    let difference = mean(&of_head) - mean(&of_base);
    if rounds(base) == rounds(head) {
        let differences: Vec<f64> = of_head.iter().zip(&of_base).map(|(a, b)| a - b).collect();
        let n = differences.len() as f64;
        return around(difference, variance(&differences) / n, n - 1.0);
    }
    let [n_base, n_head] = [&of_base, &of_head].map(|logs| logs.len() as f64);
    let (from_base, from_head) = (variance(&of_base) / n_base, variance(&of_head) / n_head);
    let freedom = (from_base + from_head).powi(2)
        / (from_base.powi(2) / (n_base - 1.0) + from_head.powi(2) / (n_head - 1.0));
    let freedom = if n_base.min(n_head) < 3.0 {
        0.0
    } else {
        freedom
    };
    around(difference, from_base + from_head, freedom)
}

/// The geometric mean of independent ratios: squared logarithmic half-widths add up.
pub(crate) fn mean_of_ratios(ratios: &[Computed]) -> Computed {
    let n = ratios.len() as f64;
    let log = ratios.iter().map(|ratio| ratio.value.ln()).sum::<f64>() / n;
    let half = |end: fn(&Computed) -> f64| {
        let squares = ratios
            .iter()
            .map(|ratio| (end(ratio) / ratio.value).ln().powi(2));
        squares.sum::<f64>().sqrt() / n
    };
    let is_known = ratios.iter().all(|ratio| ratio.ends.is_some());
    Computed {
        value: log.exp(),
        ends: is_known.then(|| {
            let (low, high) = (half(Computed::low), half(Computed::high));
            ((log - low).exp(), (log + high).exp())
        }),
    }
}

/// The product of ratios whose errors are not independent: logarithmic half-widths add up.
pub(crate) fn product(ratios: &[Computed]) -> Computed {
    let product = |of: fn(&Computed) -> f64| ratios.iter().map(of).product::<f64>();
    let is_known = ratios.iter().all(|ratio| ratio.ends.is_some());
    Computed {
        value: product(|ratio| ratio.value),
        ends: is_known.then(|| (product(Computed::low), product(Computed::high))),
    }
}

/// A quantile by linear interpolation between order statistics.
pub(crate) fn quantile(mut values: Vec<f64>, q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = q * values.len().checked_sub(1)? as f64;
    let (below, above) = (
        values[place.floor() as usize],
        values[place.ceil() as usize],
    );
    Some(below + (above - below) * place.fract())
}

/// The power law through points of sizes and values: Sen's slope of the logarithms with its 95 % interval, and the
/// largest deviation of a point.
pub(crate) fn power_law(points: &[(f64, f64)]) -> Option<(Computed, f64)> {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mut slopes = Vec::new();
    for (index, a) in logs.iter().enumerate() {
        slopes.extend(logs[index + 1..].iter().map(|b| (b.1 - a.1) / (b.0 - a.0)));
    }
    slopes.sort_by(f64::total_cmp);
    let slope = quantile(slopes.clone(), 0.5)?;
    let level = quantile(logs.iter().map(|(x, y)| y - slope * x).collect(), 0.5)?;
    let away = logs.iter().map(|(x, y)| (y - level - slope * x).abs());
    let deviation = away.fold(0.0, f64::max).exp() - 1.0;
    // Between five points there are ten slopes, and the interval of Sen leaves out none of them: Kendall's S reaches 8.0.
    let ends = (points.len() == 5).then(|| (slopes[0], slopes[9]));
    Some((Computed { value: slope, ends }, deviation))
}

fn values(logs: &Logs) -> Vec<f64> {
    logs.iter().map(|(_, log)| *log).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (values.len() as f64 - 1.0)
}

/// The value of a mean of logarithms, with its interval if the freedom is that of three rounds.
fn around(log: f64, squared_error: f64, freedom: f64) -> Computed {
    let ends = (freedom >= 2.0).then(|| {
        let half = squared_error.sqrt() * quantile_of_t(freedom);
        ((log - half).exp(), (log + half).exp())
    });
    Computed {
        value: log.exp(),
        ends,
    }
}

/// The 97.5 % quantile of Student's t. With t = sqrt(freedom) tan(a), the density is proportional to
/// cos(a)^(freedom - 1), so its integral to the quantile is 95 % of that to a right angle.
fn quantile_of_t(freedom: f64) -> f64 {
    thread_local! {
        static KNOWN: RefCell<HashMap<u64, f64>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        *known
            .entry(freedom.to_bits())
            .or_insert_with(|| integrated(freedom))
    })
}

fn integrated(freedom: f64) -> f64 {
    const STEPS: usize = 2000;
    let step = FRAC_PI_2 / STEPS as f64;
    let density = |angle: f64| angle.cos().max(0.0).powf(freedom - 1.0);
    let mut below = vec![0.0];
    let mut before = density(0.0);
    for index in 0..STEPS {
        let start = index as f64 * step;
        let after = density(start + step);
        let simpson = before + 4.0 * density(start + step / 2.0) + after;
        below.push(below[index] + simpson * step / 6.0);
        before = after;
    }
    let wanted = 0.95 * below[STEPS];
    let index = below.partition_point(|sum| *sum < wanted) - 1;
    let part = (wanted - below[index]) / (below[index + 1] - below[index]);
    freedom.sqrt() * ((index as f64 + part) * step).tan()
}

#[test]
fn quantiles_of_t_agree_with_a_printed_table() {
    for (freedom, quantile) in [
        (2.0, 4.303),
        (3.0, 3.182),
        (5.0, 2.571),
        (11.0, 2.201),
        (120.0, 1.980),
    ] {
        let found = quantile_of_t(freedom);
        assert!((found - quantile).abs() < 6e-4, "{freedom}: {found}");
    }
}
