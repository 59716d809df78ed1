//! The raw slices of one pair as a table.

use harness_abtest::{Pair, Side, Slice, median};
use harness_record::metric::Quantity;
use harness_record::number;

use crate::render::{Cell, Table, Tone};

/// Slices that take more than this multiple of their side's median are highlighted.
const FAR: f64 = 1.25;

/// Table of every slice of a pair, in order: side, iterations, total time, time per iteration and its ratio to the
/// median of that side in the round, and time in which the process waited for its core.
pub fn slices(pair: &Pair) -> Table {
    let mut rows = Vec::new();
    for (blocks, round) in pair.rounds.iter().zip(1_u32..) {
        let usual = |side: Side| {
            let of_side = blocks
                .iter()
                .flatten()
                .filter(|slice| slice.side == side && slice.iterations > 0);
            median(&of_side.map(run).collect::<Vec<_>>()).unwrap_or_default()
        };
        let (base, head) = (usual(Side::Base), usual(Side::Head));
        for (block, number) in blocks.iter().zip(1_u32..) {
            rows.extend(block.iter().map(|slice| {
                let usual = if slice.side == Side::Base { base } else { head };
                (round, number, slice, run(slice) / usual)
            }));
        }
    }
    let time = |nanoseconds: f64| {
        Cell::number(
            nanoseconds,
            number::plain(Quantity::Seconds, nanoseconds / 1e9),
        )
    };
    let ratio = |ratio: f64| {
        let tone = if ratio > FAR {
            Tone::Notice
        } else {
            Tone::Plain
        };
        ratio
            .is_finite()
            .then(|| Cell::number(ratio, format!("{ratio:.3}")).toned(tone))
    };
    Table::of("", rows)
        .right("round", "round", |(round, ..)| *round)
        .right("block", "block", |(_, block, ..)| *block)
        .left("side", "side", |(_, _, slice, _)| slice.side.name())
        .right("iterations", "runs", |(_, _, slice, _)| slice.iterations)
        .right("nanoseconds", "time", |(_, _, slice, _)| {
            time(slice.nanoseconds as f64)
        })
        .right("run_nanoseconds", "per run", |(_, _, slice, _)| {
            time(run(slice))
        })
        .right("against_median", "x median", |(.., against)| {
            ratio(*against)
        })
        .right("waited_nanoseconds", "waited", |(_, _, slice, _)| {
            time(slice.waited as f64)
        })
        .table
}

/// Nanoseconds per iteration of a slice, without the time in which the process waited for its core.
fn run(slice: &Slice) -> f64 {
    slice.nanoseconds.saturating_sub(slice.waited) as f64 / slice.iterations.max(1) as f64
}

#[cfg(test)]
mod tests {
    use harness_record::sample::pairs;

    use super::*;
    use crate::render::Format;

    #[test]
    fn every_slice_is_told_in_the_order_it_ran() {
        let mut measured = pairs(&[0.02]);
        measured.pairs[0].rounds[0][1][2].nanoseconds += 3_000_000;
        measured.pairs[0].rounds[0][0][0].nanoseconds += 500_000;
        measured.pairs[0].rounds[0][0][0].waited = 500_000;
        let again = measured.pairs[0].rounds[0].clone();
        measured.pairs[0].rounds.push(again);
        let table = slices(&measured.pairs[0]);
        insta::assert_snapshot!(
            anstream::adapter::strip_str(&Format::TABLE.render(&[table])).to_string()
        );
    }
}
