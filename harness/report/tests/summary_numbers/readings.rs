//! Figures of raw readings, by code that is independent of the report.
//!
//! A figure of the clock is the geometric mean over the rounds of a run, a ratio the quotient of two figures. Their
//! intervals are those of Student's t in logarithms, at 95 %.

use std::f64::consts::FRAC_PI_2;

use harness_record::{Data, Row, Run};

/// A value, and the ends of its 95 % interval if there are enough rounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Computed {
    pub(crate) value: f64,
    pub(crate) ends: Option<(f64, f64)>,
}

impl Computed {
    /// The value and the ends, as they are written.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        let ends = self.ends.into_iter().flat_map(|(low, high)| [low, high]);
        std::iter::once(self.value).chain(ends).collect()
    }

    pub(crate) fn low(&self) -> f64 {
        self.ends.map_or(f64::NEG_INFINITY, |(low, _)| low)
    }

    pub(crate) fn high(&self) -> f64 {
        self.ends.map_or(f64::INFINITY, |(_, high)| high)
    }
}

/// Computes the value of one round from its slices.
pub(crate) type PerRound = fn(&Row, &[&Run]) -> f64;

/// Tokens per second: the median over the slices of a round. Only tokens after the first count if tokens have times of
/// their own.
pub(crate) fn rate(row: &Row, slices: &[&Run]) -> f64 {
    let of_slice = |run: &&Run| match run.tokens_at.len() {
        0 => row.unit.per_run as f64 * run.iterations as f64 / run.nanoseconds as f64 * 1e9,
        n => (n - 1) as f64 / (run.tokens_at[n - 1] - run.tokens_at[0]) as f64 * 1e9,
    };
    median(slices.iter().map(of_slice).collect())
}

/// Seconds of one iteration: the median over the slices of a round.
pub(crate) fn seconds(_: &Row, slices: &[&Run]) -> f64 {
    median(
        slices
            .iter()
            .map(|run| run.nanoseconds as f64 / run.iterations as f64 / 1e9)
            .collect(),
    )
}

/// The median latency of the tokens of a round, in seconds.
pub(crate) fn middle_gap(_: &Row, slices: &[&Run]) -> f64 {
    median(
        slices
            .iter()
            .flat_map(|run| run.tokens_at.windows(2))
            .map(|pair| (pair[1] - pair[0]) as f64 / 1e9)
            .collect(),
    )
}

/// The figure of a row.
pub(crate) fn figure(row: &Row, read: PerRound) -> Computed {
    let logs: Vec<f64> = logs(row, read).into_iter().map(|(_, log)| log).collect();
    let freedom = logs.len() as f64 - 1.0;
    around(mean(&logs), variance(&logs) / logs.len() as f64, freedom)
}

/// The ratio of two rows. If both ran in the same rounds, its interval is that of the differences within rounds, else
/// that of Welch.
pub(crate) fn ratio(base: &Row, head: &Row, read: PerRound) -> Computed {
    assert_eq!(runs(base).0, runs(head).0, "side by side");
    let (base, head) = (logs(base, read), logs(head, read));
    let rounds = |logs: &[(u32, f64)]| logs.iter().map(|(round, _)| *round).collect::<Vec<_>>();
    let values = |logs: &[(u32, f64)]| logs.iter().map(|(_, log)| *log).collect::<Vec<_>>();
    let (of_base, of_head) = (values(&base), values(&head));
    let difference = mean(&of_head) - mean(&of_base);
    if rounds(&base) == rounds(&head) {
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

/// Bytes and blocks of the heap for one unit.
pub(crate) fn heap(row: &Row) -> (f64, f64) {
    for reading in &row.readings {
        if let Data::Dhat {
            total_bytes,
            total_blocks,
            tokens,
            token_bytes,
            token_blocks,
            ..
        } = reading.data
        {
            let (n, bytes, blocks) = match tokens {
                0 => (row.unit.per_run, total_bytes, total_blocks),
                n => (n, token_bytes, token_blocks),
            };
            return (bytes as f64 / n as f64, blocks as f64 / n as f64);
        }
    }
    panic!("{} in {} has no heap", row.workload, row.phase)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    f64::midpoint(values[(n - 1) / 2], values[n / 2])
}

fn runs(row: &Row) -> (&str, &[Run]) {
    for reading in &row.readings {
        if let Data::Clock { session, runs } = &reading.data {
            return (session, runs);
        }
    }
    panic!("{} in {} has no clock", row.workload, row.phase)
}

/// The logarithm of the value of each round.
fn logs(row: &Row, read: PerRound) -> Vec<(u32, f64)> {
    let (_, runs) = runs(row);
    let mut rounds: Vec<u32> = runs.iter().map(|run| run.round).collect();
    rounds.dedup();
    let value = |round: &u32| {
        let slices: Vec<&Run> = runs.iter().filter(|run| run.round == *round).collect();
        (*round, read(row, &slices).ln())
    };
    rounds.iter().map(value).collect()
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
    let half = squared_error.sqrt() * quantile_of_t(freedom.max(1.0));
    Computed {
        value: log.exp(),
        ends: (freedom >= 2.0).then(|| ((log - half).exp(), (log + half).exp())),
    }
}

/// The 97.5 % quantile of Student's t. With t = sqrt(freedom) tan(a), the density is proportional to
/// cos(a)^(freedom - 1), so its integral to the quantile is 95 % of that to a right angle.
fn quantile_of_t(freedom: f64) -> f64 {
    const STEPS: usize = 4000;
    let step = FRAC_PI_2 / STEPS as f64;
    let density = |angle: f64| angle.cos().max(0.0).powf(freedom - 1.0);
    let mut below = vec![0.0];
    for index in 0..STEPS {
        let start = index as f64 * step;
        let simpson = density(start) + 4.0 * density(start + step / 2.0) + density(start + step);
        below.push(below[index] + simpson * step / 6.0);
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
