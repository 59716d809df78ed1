//! Values of single positions in a generated text: the time of a token, the growth, and the warm-up.

use harness_record::{Check, Data, Row};

use crate::known::Known;
use crate::mentions::names;
use crate::statistics::{Computed, Logs, mean_of_rounds, quantile};
use crate::text::Text;

/// The values that a text on positions may show.
pub(crate) fn candidates(known: &Known<'_>, text: &Text) -> Vec<Computed> {
    let words = format!("{} | {} | {} | ", text.around, text.heading, text.text);
    if ![
        "position",
        "token 2",
        "the first token",
        "tokens to",
        "time per token",
        "Warm-up",
        "warms up",
    ]
    .iter()
    .any(|word| words.contains(word))
    {
        return Vec::new();
    }
    let workload = known.headline;
    let phases = known.readings.phases(workload);
    let near = format!("{} | {}", text.row, text.text);
    let named = names(&near, phases.iter().copied());
    let named = if named.is_empty() { phases } else { named };
    // The token that a column is about.
    let column = text
        .heading
        .strip_prefix("token ")
        .and_then(|number| number.parse::<usize>().ok());
    let mut found = Vec::new();
    for phase in named {
        let row = known
            .readings
            .row(workload, phase)
            .filter(|row| row.check == Check::Passed);
        let mut cache = known.points.borrow_mut();
        let points = cache
            .entry(phase.to_owned())
            .or_insert_with(|| row.map(points).unwrap_or_default());
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            continue;
        };
        if let Some(column) = column {
            found.extend(column.checked_sub(2).and_then(|place| points.get(place)));
            continue;
        }
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let middle = |values: &[f64]| quantile(values.to_vec(), 0.5).expect("values");
        let tenth = (values.len() / 10).max(1);
        let growth = middle(&values[values.len() - tenth..]) / middle(&values[..tenth]);
        let numbers = [
            last.value / first.value,
            growth,
            1.0,
            2.0,
            values.len() as f64,
            values.len() as f64 + 1.0,
        ];
        found.extend(numbers.map(Computed::exact));
        found.extend([*first, *last]);
        found.extend(warm_up(points));
    }
    if text.heading.is_empty() && text.text.starts_with("token ") {
        found.extend((0..=100_u32).map(|number| Computed::exact(f64::from(number))));
    }
    found
}

/// The time of each token after the first: the mean over rounds.
fn points(row: &Row) -> Vec<Computed> {
    let runs = row.readings.iter().find_map(|reading| match &reading.data {
        Data::Clock { runs, .. } => Some(runs),
        _ => None,
    });
    let Some(runs) = runs else { return Vec::new() };
    let tokens = runs
        .iter()
        .map(|run| run.tokens_at.len())
        .max()
        .unwrap_or(0);
    let of_token = |token: usize| {
        let rounds = runs.chunk_by(|a, b| a.round == b.round);
        let logs: Logs = rounds
            .filter_map(|slices| {
                let pairs = slices.iter().filter_map(|run| {
                    Some((run.tokens_at.get(token)?, run.tokens_at.get(token - 1)?))
                });
                let gap = quantile(
                    pairs
                        .map(|(at, before)| (at - before) as f64 / 1e9)
                        .collect(),
                    0.5,
                )?;
                Some((slices[0].round, gap.ln()))
            })
            .collect();
        mean_of_rounds(&logs)
    };
    (1..tokens).map(of_token).collect()
}

/// The number of slower first tokens, and their mean time as a multiple of the median of the second quarter.
fn warm_up(points: &[Computed]) -> Vec<Computed> {
    let quarter = points.len() / 4;
    let steady = quantile(
        points[quarter..2 * quarter]
            .iter()
            .map(|point| point.value)
            .collect(),
        0.5,
    );
    let Some(steady) = steady.filter(|_| points.len() >= 12) else {
        return Vec::new();
    };
    let is_slow = |point: &&Computed| point.value >= 1.1 * steady && point.low() > steady;
    let slow: Vec<f64> = points[..quarter]
        .iter()
        .take_while(is_slow)
        .map(|point| point.value / steady)
        .collect();
    let count = slow.len() as f64;
    [count, slow.iter().sum::<f64>() / count]
        .map(Computed::exact)
        .to_vec()
}
