//! Tables of replayed pairs: every pair of one workload, or one line for each workload.

use harness_abtest::Verdict;
use harness_judge::gate::{GateVerdict, Replay, Step};
use harness_record::metric::Quantity;
use harness_record::number;

use crate::render::{BARS, Cell, Column, Table, Tone};
use crate::tables::times::tone;

/// Width of the plot of a pair's change, in characters; odd, so that 0 is in the middle.
const WIDTH: usize = 31;

/// Table of every pair of the workloads, in order. `exact` selects the columns for programs; without it, the change of
/// each pair is plotted.
pub fn steps(replays: &[Replay], exact: bool) -> Table {
    let scale = scale(replays);
    let mut columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::right("pair", "pair"),
        Column::right("base_nanoseconds", "base"),
        Column::right("head_nanoseconds", "head"),
        Column::right("change", "change"),
    ];
    if exact {
        columns.extend([Column::right("seconds", "seconds"), Column::right("waited", "waited")]);
    } else {
        // The workload is in the title.
        columns.drain(..2);
        columns.push(Column::left("place", &axis(scale)));
    }
    columns.extend([
        Column::right("blocks", "blocks"),
        Column::right("left_out", "left out"),
        Column::right("estimate", "estimate"),
        Column::right("level_slower", "slower"),
        Column::right("level_not_slower", "not slower"),
        Column::right("level_faster", "faster"),
    ]);
    if exact {
        columns.push(Column::left("standing", "standing"));
    }
    columns.push(Column::left("event", "events"));
    let mut table = Table::new("", columns);
    for replay in replays {
        table.rows.extend(replay.steps.iter().zip(1..).map(|(step, pair)| {
            let mut cells = cells(step, pair, scale, exact);
            if exact {
                cells.splice(0..0, [Cell::text(&replay.workload), Cell::text(&replay.phase)]);
            }
            cells
        }));
    }
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
    let columns = vec![
        Column::left("workload", "workload"),
        Column::left("phase", "phase"),
        Column::left("verdict", "time"),
        Column::right("time_change", "change"),
        Column::left("bars", "pairs"),
        Column::left("events", "events"),
    ];
    let mut table = Table::new("", columns);
    for (replay, time) in replays.iter().zip(&gate_verdict.times) {
        let change = time.found.map(|found| found.change);
        table.rows.push(vec![
            Cell::text(&replay.workload),
            Cell::text(&replay.phase),
            Cell::text(time.outcome.name()).toned(tone(time)),
            change.map_or_else(Cell::missing, |change| Cell::number(change, number::percent(1.0 + change))),
            Cell::text(replay.steps.iter().map(|step| bar(step.change, scale)).collect::<String>()),
            Cell::text(replay.events().join(", ")),
        ]);
    }
    if !table.rows.is_empty() {
        table.notes.push(format!(
            "Each bar is the change of one pair, from {:.1} % (low) over 0 (middle) to {:+.1} % (high).",
            -100.0 * scale,
            100.0 * scale
        ));
    }
    table
}

fn cells(step: &Step, pair: usize, scale: f64, exact: bool) -> Vec<Cell> {
    let time = |nanoseconds: f64| Cell::number(nanoseconds, number::plain(Quantity::Seconds, nanoseconds / 1e9));
    let share = |share: f64| Cell::number(share, format!("{:+.2} %", 100.0 * share));
    let whole = |count: usize| Cell::number(count as f64, count.to_string());
    let level =
        |level: f64| Cell::number(level, if level < 1e-4 { format!("{level:.0e}") } else { format!("{level:.4}") });
    let mut cells = vec![whole(pair), time(step.base), time(step.head), share(step.change)];
    if exact {
        cells.extend([step.seconds, step.waited].map(|value| Cell::number(value, value.to_string())));
    } else {
        cells.push(Cell::text(place(step.change, step.estimate, scale)));
    }
    let left_out = whole(step.left_out);
    cells.extend([
        whole(step.blocks),
        if step.left_out > 0 { left_out.toned(Tone::Notice) } else { left_out.toned(Tone::Quiet) },
        share(step.estimate),
        level(step.levels.slower),
        level(step.levels.not_slower),
        level(step.levels.faster),
    ]);
    let verdict = match step.verdict {
        Verdict::Regressed => ("regressed", Tone::Bad),
        Verdict::Improved => ("improved", Tone::Good),
        Verdict::NotSlower => ("not slower", Tone::Plain),
        Verdict::Inconclusive if step.levels.slower_raised => ("suspect", Tone::Notice),
        Verdict::Inconclusive => ("open", Tone::Plain),
    };
    if exact {
        cells.push(Cell::text(verdict.0));
    }
    let tone = if step.events.is_empty() { Tone::Plain } else { verdict.1 };
    cells.push(Cell::text(step.events.join(", ")).toned(tone));
    cells
}

/// The change at both ends of the plot. The plot includes nine in ten pairs, and the margin.
fn scale(replays: &[Replay]) -> f64 {
    let mut sizes: Vec<f64> =
        replays.iter().flat_map(|replay| replay.steps.iter().map(|step| step.change.abs())).collect();
    sizes.sort_by(f64::total_cmp);
    let most = sizes.get(sizes.len() * 9 / 10).copied().unwrap_or_default();
    let margin = replays.iter().map(|replay| replay.rules.margin).fold(0.005, f64::max);
    // Rounded up to a multiple of 0.5 %.
    (most.max(margin) * 200.0).ceil() / 200.0
}

fn axis(scale: f64) -> String {
    let (low, high) = (format!("{:.1} %", -100.0 * scale), format!("{:+.1} %", 100.0 * scale));
    let gap = (WIDTH - 1).saturating_sub(low.len() + high.len());
    format!("{low}{}0{}{high}", " ".repeat(gap / 2), " ".repeat(gap - gap / 2))
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
        let wavering: Vec<f64> = (0..20).map(|pair| [0.02, 0.012, 0.024, 0.2][pair % 4]).collect();
        let table = steps(&[replay(&wavering)], false);
        insta::assert_snapshot!(anstream::adapter::strip_str(&Format::TABLE.render(&[table])).to_string());
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
        assert_eq!([-9.0, 0.0, 9.0].map(|change| bar(change, 0.01)), ['▁', '▅', '█']);
        assert_eq!(axis(0.015).chars().count(), WIDTH);
    }
}
