//! Figures of raw readings, by code that is independent of the report.

use harness_record::{Data, Row, Run};

/// A ratio with the ends of its interval and its level.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) level: f64,
}

fn runs(row: &Row) -> (&str, &[Run]) {
    for reading in &row.readings {
        if let Data::Clock { session, runs } = &reading.data {
            return (session, runs);
        }
    }
    panic!("{} in {} has no clock", row.workload, row.phase)
}

fn over(row: &Row, read: impl Fn(&Row, &Run) -> Option<f64>) -> Vec<f64> {
    runs(row)
        .1
        .iter()
        .filter_map(|run| read(row, run))
        .collect()
}

/// Tokens per second; those after the first token if tokens have times of their own.
pub(crate) fn rate(row: &Row, run: &Run) -> Option<f64> {
    match run.tokens_at.len() {
        0 => Some(row.unit.per_run as f64 * run.iterations as f64 / run.nanoseconds as f64 * 1e9),
        n => Some((n - 1) as f64 / (run.tokens_at[n - 1] - run.tokens_at[0]) as f64 * 1e9),
    }
}

pub(crate) fn middle_gap(_: &Row, run: &Run) -> Option<f64> {
    Some(median(
        &run.tokens_at
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64)
            .collect::<Vec<_>>(),
    ))
}

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

/// The mean of a phase over its rounds, with its interval.
pub(crate) fn mean(row: &Row, read: impl Fn(&Row, &Run) -> Option<f64>) -> Ratio {
    let logs = logs(&over(row, read));
    let n = logs.len() as f64;
    ratio(average(&logs), variance(&logs) / n, n - 1.0)
}

/// The quotient of two means, by differences within rounds if both have the same rounds, else by the test of Welch.
pub(crate) fn paired(base: &Row, head: &Row, read: impl Fn(&Row, &Run) -> Option<f64>) -> Ratio {
    let ((base_session, base_runs), (head_session, head_runs)) = (runs(base), runs(head));
    assert_eq!(base_session, head_session, "side by side");
    let numbers = |runs: &[Run]| runs.iter().map(|run| run.round).collect::<Vec<_>>();
    let same = numbers(base_runs) == numbers(head_runs);
    let [base, head] = [base, head].map(|row| logs(&over(row, &read)));
    if same {
        let differences: Vec<f64> = head
            .iter()
            .zip(&base)
            .map(|(head, base)| head - base)
            .collect();
        let n = differences.len() as f64;
        return ratio(average(&differences), variance(&differences) / n, n - 1.0);
    }
    let [a, b] = [&head, &base].map(|logs| variance(logs) / logs.len() as f64);
    let least = |logs: &[f64]| logs.len() as f64 - 1.0;
    let freedom = (a + b).powi(2) / (a.powi(2) / least(&head) + b.powi(2) / least(&base));
    ratio(average(&head) - average(&base), a + b, freedom)
}

fn logs(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value.ln()).collect()
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let middle = average(values);
    let squares = values.iter().map(|value| (value - middle).powi(2));
    squares.sum::<f64>() / (values.len() as f64 - 1.0)
}

fn ratio(log: f64, squared_error: f64, freedom: f64) -> Ratio {
    let half = student(freedom) * squared_error.sqrt();
    Ratio {
        value: log.exp(),
        low: (log - half).exp(),
        high: (log + half).exp(),
        level: 0.95,
    }
}

/// The 97.5 % quantile of Student's t, by integration of its density and bisection.
fn student(freedom: f64) -> f64 {
    let density = |t: f64| (1.0 + t * t / freedom).powf(-(freedom + 1.0) / 2.0);
    // The substitution t = s / (1 - s) maps the half line to a unit interval; Simpson's rule.
    let part = |upper: f64| {
        let steps = 4000;
        let width = upper / f64::from(steps);
        let inner = |i: i32| {
            let s = f64::from(i) * width;
            if s >= 1.0 {
                return 0.0;
            }
            density(s / (1.0 - s)) / (1.0 - s).powi(2)
        };
        let weight = |i: i32| match i {
            0 => 1.0,
            i if i == steps => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        (0..=steps).map(|i| weight(i) * inner(i)).sum::<f64>() * width / 3.0
    };
    let half = part(1.0);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if part(middle) / half < 0.95 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low / (1.0 - low)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if n % 2 == 1 {
        sorted[n / 2]
    } else {
        f64::midpoint(sorted[n / 2 - 1], sorted[n / 2])
    }
}
