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

pub(crate) fn over(row: &Row, read: impl Fn(&Row, &Run) -> Option<f64>) -> Vec<f64> {
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

/// The ratio over the rounds in which both were measured.
pub(crate) fn paired(base: &Row, head: &Row, read: impl Fn(&Row, &Run) -> Option<f64>) -> Ratio {
    let ((base_session, base_runs), (head_session, head_runs)) = (runs(base), runs(head));
    assert_eq!(base_session, head_session, "side by side");
    let mut logs = Vec::new();
    for run in head_runs {
        for other in base_runs.iter().filter(|other| other.round == run.round) {
            logs.push(
                (read(head, run).expect("a number") / read(base, other).expect("a number")).ln(),
            );
        }
    }
    let (low, high, level) = ends(&logs);
    Ratio {
        value: median(&logs).exp(),
        low: low.exp(),
        high: high.exp(),
        level,
    }
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

pub(crate) fn half_width(values: &[f64]) -> f64 {
    let (low, high, _) = ends(values);
    let middle = median(values);
    (middle - low).max(high - middle)
}

/// The narrowest pair of order statistics that contains the median with probability 95 %, or else the widest pair; and
/// its probability, by the binomial distribution.
fn ends(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as u64;
    let choose = |k: u64| (0..k).fold(1_u64, |all, i| all * (n - i) / (i + 1));
    let level = |left_out: u64| {
        1.0 - 2.0 * (0..=left_out).map(choose).sum::<u64>() as f64 / 2f64.powi(n as i32)
    };
    let mut left_out = 0;
    while left_out + 1 < n / 2 && level(left_out + 1) >= 0.95 {
        left_out += 1;
    }
    let place = left_out as usize;
    (
        sorted[place],
        sorted[sorted.len() - 1 - place],
        level(left_out),
    )
}
