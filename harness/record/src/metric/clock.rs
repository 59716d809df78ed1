//! Wall times: the value of each round of the clock, and figures and ratios over rounds.

use harness_abtest::{Interval, Rounds, interval_of_mean, median, quantile};
use harness_probe::Instrument;

use crate::metric::{Figure, LEVEL};
use crate::{Data, Row, Run, Spread};

/// Computes a value of one slice; none if the slice has none.
pub(super) type PerSlice = fn(&Row, &Run) -> Option<f64>;

/// The seconds of one iteration.
pub(super) fn seconds(_: &Row, run: &Run) -> Option<f64> {
    (run.iterations > 0 && run.nanoseconds > 0)
        .then(|| run.nanoseconds as f64 / run.iterations as f64 / 1e9)
}

/// Tokens per second. If a workload generates text: the tokens after the first, divided by the time since the first,
/// which excludes prefill. If it processes tokens without generating text (prefill, one decode step): its tokens
/// divided by its time.
pub(super) fn rate(row: &Row, run: &Run) -> Option<f64> {
    if row.unit.name != "token" {
        return None;
    }
    let (tokens, nanoseconds) = match run.tokens_at.as_slice() {
        [] => (row.unit.per_run * run.iterations, run.nanoseconds),
        [first, .., last] => (run.tokens_at.len() as u64 - 1, last.saturating_sub(*first)),
        [_] => return None,
    };
    (nanoseconds > 0).then(|| tokens as f64 / (nanoseconds as f64 / 1e9))
}

/// Time to first token (TTFT): prefill and the first token, in seconds.
pub(super) fn first_token(_: &Row, run: &Run) -> Option<f64> {
    run.tokens_at.first().map(|&at| at as f64 / 1e9)
}

/// The median over the slices of each round of a value, by round.
pub(super) fn slices_by_round(row: &Row, value: PerSlice) -> Option<Vec<(u32, f64)>> {
    by_round(row, |slices| {
        let values: Vec<f64> = slices.iter().filter_map(|run| value(row, run)).collect();
        median(&values)
    })
}

/// A quantile of the latency per generated token after the first, in seconds, over the tokens of each round. If one run
/// of a workload is one token, the time of the run is the latency of that token.
///
/// A slice of several iterations contains only their mean. The median of such means stands for the median of the
/// tokens. Rare slow tokens are averaged out in a mean, so all other quantiles use slices of one iteration only.
pub(super) fn tokens_by_round(row: &Row, q: f64) -> Option<Vec<(u32, f64)>> {
    by_round(row, |slices| quantile(&latencies(row, slices, q), q))
}

/// The smallest (0) or largest (1) latency of all tokens.
pub(super) fn extreme(row: &Row, q: f64) -> Option<f64> {
    quantile(&latencies(row, runs(row)?, q), q)
}

/// The mean of rounds as a figure.
pub(super) fn mean(rounds: &Rounds) -> Option<Figure> {
    Some(Figure {
        value: rounds.mean(),
        interval: rounds.interval(LEVEL),
        rounds: Some(rounds.count()),
    })
}

/// The time of one run in seconds as another tool states it, with its interval. A standard deviation gives Student's t
/// interval of the mean.
pub(super) fn estimate(row: &Row) -> Option<Figure> {
    let Data::Estimate {
        picoseconds,
        ref spread,
        ..
    } = row.reading(Instrument::Clock)?.data
    else {
        return None;
    };
    let seconds = |picoseconds: u64| picoseconds as f64 / 1e12;
    let value = seconds(picoseconds);
    let interval = spread.as_ref().and_then(|spread| match *spread {
        Spread::Interval {
            lower_picoseconds,
            upper_picoseconds,
            confidence_permille,
        } => Some(Interval {
            low: seconds(lower_picoseconds),
            high: seconds(upper_picoseconds),
            level: f64::from(confidence_permille) / 1e3,
        }),
        Spread::Deviation {
            picoseconds,
            samples,
        } => interval_of_mean(value, seconds(picoseconds), samples, LEVEL),
    });
    Some(Figure::with_interval(value, interval))
}

/// The quotient of two means.
pub(super) fn quotient(base: &Rounds, head: &Rounds) -> Figure {
    Figure {
        value: head.over(base),
        interval: head.interval_over(base, LEVEL),
        rounds: Some(base.count().min(head.count())),
    }
}

/// The session of a row's clock: rows of one session were measured in turn.
pub(super) fn session(row: &Row) -> Option<&str> {
    match &row.reading(Instrument::Clock)?.data {
        Data::Clock { session, .. } => Some(session),
        _ => None,
    }
}

/// The value of each round that has one, with the number of the round. Slices of a round are adjacent.
fn by_round(row: &Row, value: impl Fn(&[Run]) -> Option<f64>) -> Option<Vec<(u32, f64)>> {
    let rounds = runs(row)?.chunk_by(|a, b| a.round == b.round);
    Some(
        rounds
            .filter_map(|slices| Some((slices[0].round, value(slices)?)))
            .collect(),
    )
}

fn latencies(row: &Row, slices: &[Run], q: f64) -> Vec<f64> {
    let usable = slices.iter().filter(|run| is_of_single_tokens(run, q));
    usable.flat_map(|run| gaps(row, run)).collect()
}

/// Criterion's estimate of the time of one run in seconds, with its interval.
pub(super) fn criterion(row: &Row) -> Option<Figure> {
    let Data::Criterion {
        estimate_picoseconds,
        lower_picoseconds,
        upper_picoseconds,
        confidence_permille,
        ..
    } = row.reading(Instrument::Criterion)?.data
    else {
        return None;
    };
    let [value, low, high] =
        [estimate_picoseconds, lower_picoseconds, upper_picoseconds].map(|time| time as f64 / 1e12);
    let level = f64::from(confidence_permille) / 1e3;
    Some(Figure::with_interval(
        value,
        Some(Interval { low, high, level }),
    ))
}

/// Returns the slices in the clock reading of a row.
fn runs(row: &Row) -> Option<&[Run]> {
    match &row.reading(Instrument::Clock)?.data {
        Data::Clock { runs, .. } => Some(runs),
        _ => None,
    }
}

/// True if a quantile of tokens can use the slice: it has one iteration, or its mean stands for the median.
fn is_of_single_tokens(run: &Run, q: f64) -> bool {
    run.iterations == 1 || q == 0.5
}

/// Returns the seconds between successive tokens. If one run is one token, returns the seconds of one iteration.
fn gaps(row: &Row, run: &Run) -> Vec<f64> {
    if row.unit.name == "token"
        && row.unit.per_run == 1
        && run.tokens_at.is_empty()
        && run.iterations > 0
    {
        return vec![run.nanoseconds as f64 / run.iterations as f64 / 1e9];
    }
    run.tokens_at
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]) as f64 / 1e9)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::by_name;
    use crate::sample::{clock, row};

    #[test]
    fn extremes_are_not_computed_from_means() {
        let mut row = row("decode", "naive", vec![clock("a", &[100, 200, 900])]);
        let metric = |name: &str| by_name(name).expect("a metric");
        let figure = |row: &Row, name: &str| {
            metric(name)
                .figure(row)
                .map(|figure| (figure.value * 1e9).round())
        };
        assert_eq!(figure(&row, "latency-max"), Some(900.0));
        let Data::Clock { runs, .. } = &mut row.readings[0].data else {
            unreachable!("a clock")
        };
        runs.iter_mut().for_each(|run| run.iterations = 10);
        // The geometric mean of 10, 20 and 90 ns.
        assert_eq!(figure(&row, "latency-median"), Some(26.0));
        for name in ["latency-p95", "latency-min", "latency-max"] {
            assert_eq!(metric(name).ratio(&row, &row), None);
            assert_eq!(figure(&row, name), None);
        }
    }

    #[test]
    fn a_time_without_samples_has_the_interval_of_its_tool() {
        let time = by_name("time").expect("a metric");
        let figure = |spread| {
            let mut row = row("w", "imported", vec![clock("a", &[])]);
            row.readings[0].data = Data::Estimate {
                statistic: crate::Statistic::Mean,
                picoseconds: 2_000_000,
                spread,
            };
            assert_eq!(time.ratio(&row, &row), None, "it has no rounds");
            time.figure(&row).expect("a time")
        };
        let ends = figure(Some(Spread::Interval {
            lower_picoseconds: 1_900_000,
            upper_picoseconds: 2_200_000,
            confidence_permille: 990,
        }));
        let interval = ends.interval.expect("stated");
        assert_eq!(
            (ends.value, interval.low, interval.high, interval.level),
            (2e-6, 1.9e-6, 2.2e-6, 0.99)
        );
        // Student's t for 3 degrees of freedom is 3.182.
        let ends = figure(Some(Spread::Deviation {
            picoseconds: 200_000,
            samples: 4,
        }));
        let interval = ends.interval.expect("four samples");
        assert!((interval.high - 2.3182e-6).abs() < 1e-10, "{interval:?}");
        assert_eq!(figure(None).interval, None);
    }

    /// A phase with these slices, in nanoseconds, in each round.
    fn phase(name: &str, rounds: &[&[u64]]) -> Row {
        let mut row = row("decode", name, vec![clock("a", &[])]);
        if let Data::Clock { runs, .. } = &mut row.readings[0].data {
            runs.extend((0..).zip(rounds).flat_map(|(round, slices)| {
                slices.iter().map(move |&nanoseconds| Run {
                    round,
                    iterations: 1,
                    nanoseconds,
                    tokens_at: Vec::new(),
                })
            }));
        }
        row
    }

    #[test]
    fn a_round_is_the_median_of_its_slices_and_a_figure_the_mean_of_rounds() {
        let time = by_name("time").expect("a metric");
        let base = phase("naive", &[&[1000], &[1000], &[4000], &[4000]]);
        let head = phase(
            "fast",
            &[&[90, 100, 999], &[100, 100], &[400, 1, 900], &[400]],
        );
        let (slow, fast) = (time.figure(&base), time.figure(&head));
        let [slow, fast] = [slow, fast].map(|figure| figure.expect("measured"));
        assert!(
            (slow.value * 1e9 - 2000.0).abs() < 1e-6 && (fast.value * 1e9 - 200.0).abs() < 1e-6
        );
        let ratio = time.ratio(&base, &head).expect("measured in turn");
        assert!((ratio.value - fast.value / slow.value).abs() < 1e-12);
        let ends = ratio.interval.expect("four rounds");
        assert!(ends.high - ends.low < 1e-9, "drift cancels: {ends:?}");
        assert!(
            slow.interval.expect("four rounds").high > 4000.0e-9,
            "drift is in the time itself"
        );
        assert_eq!((ratio.rounds, slow.rounds), (Some(4), Some(4)));
    }

    #[test]
    fn other_rounds_give_a_wider_interval_and_other_sessions_none() {
        let time = by_name("time").expect("a metric");
        let base = phase("naive", &[&[1000], &[1100], &[1200]]);
        let head = phase("fast", &[&[500], &[550], &[600], &[560]]);
        let ratio = time.ratio(&base, &head).expect("measured in turn");
        let quotient = time.figure(&head).expect("measured").value
            / time.figure(&base).expect("measured").value;
        assert!((ratio.value - quotient).abs() < 1e-12);
        assert!(ratio.interval.expect("three rounds").high > 0.55);
        let elsewhere = row("decode", "fast", vec![clock("b", &[1, 2, 3])]);
        assert_eq!(time.ratio(&base, &elsewhere), None);
        let two = phase("fast", &[&[500], &[550]]);
        assert_eq!(time.ratio(&base, &two).expect("measured").interval, None);
    }

    /// A simulated machine: its speed drifts, the host steals time from one slice in ten, and one process in twenty is
    /// slower by 3 %. Every round has a process of its own for each phase.
    #[test]
    fn the_interval_of_a_ratio_covers_at_its_level_on_a_disturbed_machine() {
        use harness_abtest::Random;
        use harness_abtest::noise::Noise;
        let time = by_name("time").expect("a metric");
        let mut random = Random::new(11);
        for (count, slices) in [(4, 5), (8, 5), (12, 3)] {
            let covered = (0..500)
                .filter(|_| {
                    let mut drift = 0.0;
                    let mut rounds = [Vec::new(), Vec::new()];
                    for _ in 0..count {
                        drift += Noise::Normal(5.0).draw(&mut random);
                        for (phase, time) in rounds.iter_mut().zip([4e8_f64, 1e8]) {
                            let slow = if random.below(20) == 0 { 0.03 } else { 0.0 };
                            let process = drift + slow + Noise::Normal(0.5).draw(&mut random);
                            let slice = |_| {
                                let is_stolen = random.below(10) == 0;
                                let stolen = if is_stolen { random.share() } else { 0.0 };
                                let own = Noise::HeavyTailed.draw(&mut random) + stolen;
                                (time * f64::exp(process + own)) as u64
                            };
                            phase.push((0..slices).map(slice).collect::<Vec<u64>>());
                        }
                    }
                    let [base, head] = rounds.map(|rounds| {
                        phase("p", &rounds.iter().map(Vec::as_slice).collect::<Vec<_>>())
                    });
                    let ratio = time.ratio(&base, &head).expect("measured in turn");
                    let ends = ratio.interval.expect("enough rounds");
                    (ends.low..=ends.high).contains(&0.25)
                })
                .count();
            // 95 % of 500, less three standard errors.
            assert!(covered >= 460, "{covered} of 500 with {count} rounds");
        }
    }
}
