//! Two commands that were timed side by side, as a table and a sentence.

use harness_abtest::{Interval, Rules, SequentialTest, Verdict, WorkloadPairs, median};
use harness_record::metric::{Figure, LEVEL, Quantity};
use harness_record::number;

use crate::render::{Cell, Column, Table, Tone};

/// The measurement of two commands.
#[derive(Debug, Clone, Copy)]
pub struct CommandPair<'a> {
    /// The first command, which the second is compared with.
    pub names: &'a [String; 2],
    /// The pairs.
    pub measured: &'a WorkloadPairs,
    /// The rules of the verdict.
    pub rules: Rules,
}

/// The table of the two commands. `exact` gives one row with the verdict for programs.
pub fn table(pair: &CommandPair<'_>, exact: bool) -> Table {
    let test = SequentialTest::of(pair.rules, 1, pair.measured.log_ratios());
    let ratio = test.estimate().map(|estimate| Figure {
        value: estimate.exp(),
        interval: test.interval(LEVEL).map(|ends| ends.map(f64::exp)),
        rounds: Some(test.log_ratios().len()),
    });
    let seconds = seconds(pair.measured, &test);
    let [base, head] = pair.names;
    if exact {
        return for_programs(pair, &test, ratio, seconds);
    }
    let mut table = Table::of("", [(base, seconds[0], None), (head, seconds[1], ratio)])
        .left("command", "command", |(name, ..)| *name)
        .right("time_seconds", "time", |(_, time, _)| {
            time.map(|time| Cell::plain(Quantity::Seconds, time))
        })
        .right("ratio_to_first", "x first", |(_, _, ratio)| match ratio {
            Some(ratio) => {
                Cell::number(ratio.value, number::ratio_figure(ratio)).toned(tone(&test))
            }
            None => Cell::number(1.0, "1"),
        })
        .table;
    table.notes.push(sentence(pair, &test, ratio));
    table
}

/// The times of both commands. Their quotient is the estimate of the test.
fn seconds(measured: &WorkloadPairs, test: &SequentialTest) -> [Option<f64>; 2] {
    let logs: Vec<f64> = measured
        .pairs
        .iter()
        .filter_map(|pair| pair.estimate())
        .map(|estimate| (estimate.base.ln() + estimate.head.ln()) / 2.0)
        .collect();
    let half = test.estimate().map(|estimate| estimate / 2.0);
    let middle = median(&logs).zip(half);
    [-1.0, 1.0].map(|sign| middle.map(|(middle, half)| (middle + sign * half).exp() / 1e9))
}

fn for_programs(
    pair: &CommandPair<'_>,
    test: &SequentialTest,
    ratio: Option<Figure>,
    [base, head]: [Option<f64>; 2],
) -> Table {
    let ends: Option<Interval> = ratio.and_then(|ratio| ratio.interval);
    let left = |key: &str| Column::left(key, key);
    let right = |key: &str| Column::right(key, key);
    let cells: [(Column, Cell); 10] = [
        (left("base"), Cell::text(&pair.names[0])),
        (left("head"), Cell::text(&pair.names[1])),
        (left("verdict"), Cell::text(test.verdict().name())),
        (right("base_seconds"), base.into()),
        (right("head_seconds"), head.into()),
        (right("ratio"), ratio.map(|ratio| ratio.value).into()),
        (right("ratio_low"), ends.map(|ends| ends.low).into()),
        (right("ratio_high"), ends.map(|ends| ends.high).into()),
        (right("pairs"), test.log_ratios().len().into()),
        (right("seconds"), pair.measured.seconds().into()),
    ];
    let (columns, row): (Vec<Column>, Vec<Cell>) = cells.into_iter().unzip();
    let mut table = Table::new("", columns);
    table.rows.push(row);
    table
}

fn tone(test: &SequentialTest) -> Tone {
    match test.verdict() {
        Verdict::Regressed => Tone::Bad,
        Verdict::Improved => Tone::Good,
        Verdict::NotSlower => Tone::Plain,
        Verdict::Inconclusive => Tone::Notice,
    }
}

/// A ratio of times in words.
fn change(ratio: f64) -> String {
    let percent = || number::percent(ratio).replace(['+', '-'], "");
    match ratio {
        2.0.. => format!("{} times as long", number::ratio(ratio).replace('x', "")),
        1.0.. => format!("{} more time", percent()),
        _ => format!("{} less time", percent()),
    }
}

/// The verdict as one sentence.
fn sentence(pair: &CommandPair<'_>, test: &SequentialTest, ratio: Option<Figure>) -> String {
    let [base, head] = pair.names;
    let count = test.log_ratios().len();
    let pairs = match count {
        1 => "1 pair".to_owned(),
        count => format!("{count} pairs"),
    };
    let margin = number::percent(1.0 + pair.rules.margin).replace('+', "");
    match (test.verdict(), ratio) {
        (Verdict::Regressed | Verdict::Improved, Some(ratio)) => {
            let word = match ratio.value > 1.0 {
                true => "slower",
                false => "faster",
            };
            format!(
                "`{head}` is {word} than `{base}`: it takes {}, confirmed by {pairs}.",
                change(ratio.value)
            )
        }
        (Verdict::NotSlower, _) => {
            format!("`{head}` is not slower than `{base}` by {margin} or more, shown by {pairs}.")
        }
        _ => format!(
            "No difference is confirmed after {pairs} in {:.0} s; a larger --budget gives more pairs.",
            pair.measured.seconds()
        ),
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::{Pair, Side, Slice, TimedPhase};

    use super::*;
    use crate::render::Format;

    /// Pairs of one block each, with these milliseconds of the two commands.
    fn measured(pairs: &[(u64, u64)]) -> WorkloadPairs {
        let slice = |side, milliseconds: u64| Slice {
            side,
            iterations: 1,
            nanoseconds: milliseconds * 1_000_000,
            waited: 0,
        };
        let pair = |&(base, head): &(u64, u64)| {
            let [outer, inner] = [slice(Side::Base, base), slice(Side::Head, head)];
            Pair {
                seconds: 0.5,
                rounds: vec![vec![[outer, inner, inner, outer]]],
            }
        };
        WorkloadPairs {
            timed: TimedPhase {
                workload: "commands".to_owned(),
                phase: "command".to_owned(),
            },
            pairs: pairs.iter().map(pair).collect(),
            failure: None,
        }
    }

    fn told(pairs: &[(u64, u64)]) -> String {
        let names = ["a x", "b y"].map(str::to_owned);
        let pair = CommandPair {
            names: &names,
            measured: &measured(pairs),
            rules: Rules::default(),
        };
        Format::TABLE.render(&[table(&pair, false)])
    }

    #[test]
    fn the_verdict_is_one_sentence() {
        let slower = told(&[(100, 130); 30]);
        assert!(
            slower.contains(
                "`b y` is slower than `a x`: it takes 30 % more time, confirmed by 30 pairs."
            ),
            "{slower}"
        );
        let much_slower = told(&[(100, 1000); 30]);
        assert!(
            much_slower.contains("it takes 10.0 times as long"),
            "{much_slower}"
        );
        let faster = told(&[(100, 50); 30]);
        assert!(
            faster.contains("`b y` is faster than `a x`: it takes 50 % less time"),
            "{faster}"
        );
        let equal = told(&[(100, 100); 30]);
        assert!(
            equal.contains("`b y` is not slower than `a x` by 1.0 % or more"),
            "{equal}"
        );
        let open = told(&[(100, 130); 2]);
        assert!(
            open.contains("No difference is confirmed after 2 pairs in 1 s"),
            "{open}"
        );
    }
}
