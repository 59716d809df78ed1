//! Tables of replayed pairs: every pair of one workload, or one line for each workload.

use harness_abtest::Verdict;
use harness_judge::gate::{GateVerdict, Replay, Step};
use harness_record::metric::Quantity;
use harness_record::number;

use crate::render::{BARS, Cell, Table, Tone};
use crate::tables::times::timed;

/// Width of the plot of a pair's change, in characters; odd, so that 0 is in the middle.
const WIDTH: usize = 31;

/// Table of every pair of the workloads, in order. `exact` selects the columns for programs; without it, the change of
/// each pair is plotted.
pub fn steps(replays: &[Replay], exact: bool) -> Table {
    let scale = scale(replays);
    let pairs = replays.iter().flat_map(|replay| {
        replay
            .steps
            .iter()
            .zip(1_usize..)
            .map(move |(step, pair)| Pair { replay, step, pair })
    });
    let time = |nanoseconds: f64| {
        Cell::number(
            nanoseconds,
            number::plain(Quantity::Seconds, nanoseconds / 1e9),
        )
    };
    let share = |share: f64| Cell::number(share, format!("{:+.2} %", 100.0 * share));
    let level = |level: f64| {
        Cell::number(
            level,
            if level < 1e-4 {
                format!("{level:.0e}")
            } else {
                format!("{level:.4}")
            },
        )
    };
    let left_out =
        |count: usize| Cell::from(count).toned(if count > 0 { Tone::Notice } else { Tone::Quiet });
    let events = |step: &Step| {
        let tone = if step.events.is_empty() {
            Tone::Plain
        } else {
            standing(step).1
        };
        Cell::text(step.events.join(", ")).toned(tone)
    };
    // Without `exact`, the workload is in the title.
    let mut table = Table::of("", pairs)
        .left_if(exact, "workload", "workload", |pair| &pair.replay.workload)
        .left_if(exact, "phase", "phase", |pair| &pair.replay.phase)
        .left_if(exact, "standing", "standing", |pair| standing(pair.step).0)
        .right("pair", "pair", |pair| pair.pair)
        .right("base_nanoseconds", "base", |pair| time(pair.step.base))
        .right("head_nanoseconds", "head", |pair| time(pair.step.head))
        .right("change", "change", |pair| share(pair.step.change))
        .right_if(exact, "seconds", "seconds", |pair| pair.step.seconds)
        .right_if(exact, "waited", "waited", |pair| pair.step.waited)
        .left_if(!exact, "place", &axis(scale), |pair| {
            place(pair.step.change, pair.step.estimate, scale)
        })
        .right("blocks", "blocks", |pair| pair.step.blocks)
        .right("left_out", "left out", |pair| left_out(pair.step.left_out))
        .right("estimate", "estimate", |pair| share(pair.step.estimate))
        .right("level_slower", "slower", |pair| {
            level(pair.step.levels.slower)
        })
        .right("level_not_slower", "not slower", |pair| {
            level(pair.step.levels.not_slower)
        })
        .right("level_faster", "faster", |pair| {
            level(pair.step.levels.faster)
        })
        .left("event", "events", |pair| events(pair.step))
        .table;
    if let ([replay], false) = (replays, exact) {
        table.title = format!("{} in phase {}", replay.workload, replay.phase);
        let rules = &replay.rules;
        let percent = |share: f64| format!("{} %", (share * 1e6).round() / 1e4);
        table.notes.push(format!(
            "A change is suspected at level {} and confirmed by fresh pairs at level {}, both with an estimate of at \
             least {}. Not slower: a slowdown of {} is rejected at level {}.",
            rules.screening,
            replay.confirmation,
            percent(rules.minimum_effect),
            percent(rules.margin),
            rules.false_assurance
        ));
    }
    table
}

/// Table with one line for each workload: its verdict, its pairs as a row of bars, and its events.
pub fn overview(replays: &[Replay], gate_verdict: &GateVerdict) -> Table {
    let scale = scale(replays);
    let bars = |replay: &Replay| {
        replay
            .steps
            .iter()
            .map(|step| bar(step.change, scale))
            .collect::<String>()
    };
    let mut table = Table::of("", replays.iter().zip(timed(gate_verdict)))
        .left("workload", "workload", |(replay, _)| &replay.workload)
        .left("phase", "phase", |(replay, _)| &replay.phase)
        .left("verdict", "verdict", |(_, (standing, _))| {
            Cell::standing(*standing)
        })
        .right("time_change", "change of time", |(_, (_, time))| {
            time.found
                .map(|found| Cell::number(found.change, time.change_text()))
        })
        .left("bars", "pairs", |(replay, _)| bars(replay))
        .left("events", "events", |(replay, _)| replay.events().join(", "))
        .table;
    if !table.rows.is_empty() {
        table.notes.push(format!(
            "Each bar is the change of one pair, from {:.1} % (low) over 0 (middle) to {:+.1} % (high). \
             [low, high] is the 95 % interval.",
            -100.0 * scale,
            100.0 * scale
        ));
    }
    table
}

/// A pair of a replay.
struct Pair<'a> {
    replay: &'a Replay,
    step: &'a Step,
    pair: usize,
}

/// The state of the test after a pair, with the tone of its events.
fn standing(step: &Step) -> (&'static str, Tone) {
    match step.verdict {
        Verdict::Regressed => ("regressed", Tone::Bad),
        Verdict::Improved => ("improved", Tone::Good),
        Verdict::NotSlower => ("not slower", Tone::Plain),
        Verdict::Inconclusive if step.levels.slower_raised => ("suspect", Tone::Notice),
        Verdict::Inconclusive => ("open", Tone::Plain),
    }
}

/// The change at both ends of the plot. The plot includes nine in ten pairs, and the margin.
fn scale(replays: &[Replay]) -> f64 {
    let mut sizes: Vec<f64> = replays
        .iter()
        .flat_map(|replay| replay.steps.iter().map(|step| step.change.abs()))
        .collect();
    sizes.sort_by(f64::total_cmp);
    let most = sizes.get(sizes.len() * 9 / 10).copied().unwrap_or_default();
    let margin = replays
        .iter()
        .map(|replay| replay.rules.margin)
        .fold(0.005, f64::max);
    // Rounded up to a multiple of 0.5 %.
    (most.max(margin) * 200.0).ceil() / 200.0
}

fn axis(scale: f64) -> String {
    let (low, high) = (
        format!("{:.1} %", -100.0 * scale),
        format!("{:+.1} %", 100.0 * scale),
    );
    let gap = (WIDTH - 1).saturating_sub(low.len() + high.len());
    format!(
        "{low}{}0{}{high}",
        " ".repeat(gap / 2),
        " ".repeat(gap - gap / 2)
    )
}

/// Plots a pair: `●` is its change (`«` and `»` beyond the ends), `+` the estimate after it, `│` no change.
fn place(change: f64, estimate: f64, scale: f64) -> String {
    let middle = (WIDTH / 2) as f64;
    let column = |share: f64| (middle + (share / scale).clamp(-1.0, 1.0) * middle).round() as usize;
    let mut drawn = [' '; WIDTH];
    drawn[WIDTH / 2] = '│';
    drawn[column(estimate)] = '+';
    drawn[column(change)] = match change {
        change if change > scale => '»',
        change if change < -scale => '«',
        _ => '●',
    };
    drawn.iter().collect()
}

fn bar(change: f64, scale: f64) -> char {
    let height = ((change / scale).clamp(-1.0, 1.0) + 1.0) / 2.0 * (BARS.len() - 1) as f64;
    BARS[height.round() as usize]
}

#[cfg(test)]
mod tests {
    use harness_abtest::Rules;
    use harness_record::sample::pairs;

    use super::*;
    use crate::render::Format;

    fn replay(changes: &[f64]) -> Replay {
        Replay::of(&pairs(changes), Rules::default(), 4)
    }

    #[test]
    fn the_course_of_a_slowdown_is_drawn() {
        let wavering: Vec<f64> = (0..20)
            .map(|pair| [0.02, 0.012, 0.024, 0.2][pair % 4])
            .collect();
        let table = steps(&[replay(&wavering)], false);
        insta::assert_snapshot!(
            anstream::adapter::strip_str(&Format::TABLE.render(&[table])).to_string()
        );
    }

    #[test]
    fn programs_read_every_pair_of_every_workload() {
        let table = steps(&[replay(&[0.01]), replay(&[0.0, -0.01])], true);
        insta::assert_snapshot!(Format::CSV.render(&[table]));
    }

    #[test]
    fn changes_beyond_the_plot_are_drawn_at_its_edge() {
        assert_eq!(place(0.5, 0.0, 0.01).chars().last(), Some('»'));
        assert_eq!(place(-0.5, 0.0, 0.01).chars().next(), Some('«'));
        assert_eq!(
            [-9.0, 0.0, 9.0].map(|change| bar(change, 0.01)),
            ['▁', '▅', '█']
        );
        assert_eq!(axis(0.015).chars().count(), WIDTH);
    }
}
