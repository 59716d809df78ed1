//! The header of all charts, and the text styles and labels of axes.

use harness_record::metric::Quantity;
use harness_record::number;

use crate::render::chart::canvas::{Canvas, EDGE, ROOM, WIDTH, Words};
use crate::render::chart::palette::Colour;

const TITLE: Words = Words::new(17.0, Colour::Ink).bold();
const SUBTITLE: Words = Words::new(12.5, Colour::Muted);
/// Title of an axis.
pub(super) const AXIS: Words = Words::new(12.5, Colour::Muted);
/// Values on an axis.
pub(super) const TICK: Words = Words::new(12.5, Colour::Muted);
/// Values beside their marks.
pub(super) const LABEL: Words = Words::new(13.0, Colour::Ink);
/// Distance between lines of small text.
pub(super) const LINE: f64 = 17.0;

/// Draws title and subtitle. Returns the y coordinate at which the data may begin.
pub(super) fn header(canvas: &mut Canvas, title: &str, subtitle: &str) -> f64 {
    const STEP: f64 = 22.0;
    let (title, subtitle) = (TITLE.wrap(title, ROOM), SUBTITLE.wrap(subtitle, ROOM));
    canvas.lines(&title, EDGE, 18.0, STEP, TITLE);
    let below = 18.0 + STEP * title.len() as f64;
    canvas.lines(&subtitle, EDGE, below, LINE, SUBTITLE);
    below + LINE * subtitle.len() as f64 + 6.0
}

/// Draws lines of text below each other, wrapped to the width of the chart. Returns the y coordinate below them.
pub(super) fn remark(canvas: &mut Canvas, text: &str, top: f64) -> f64 {
    let lines = AXIS.wrap(text, ROOM);
    canvas.lines(&lines, EDGE, top + LINE / 2.0, LINE, AXIS);
    top + LINE * lines.len() as f64
}

/// A tick of a horizontal axis with its label.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// The position of the tick.
    pub(super) x: f64,
    /// The middle of the label. It differs from the tick where the label would cross the edge of the chart.
    pub(super) middle: f64,
    /// The label.
    pub(super) label: String,
}

/// The ticks whose labels have enough space: all of them, or else every second, third ... one.
pub(super) fn fitting(ticks: impl IntoIterator<Item = (f64, String)>) -> Vec<Tick> {
    const GAP: f64 = 8.0;
    let half = |tick: &Tick| TICK.width(&tick.label) / 2.0;
    let mut all: Vec<Tick> = ticks
        .into_iter()
        .map(|(x, label)| Tick {
            x,
            middle: x,
            label,
        })
        .collect();
    all.sort_by(|a, b| a.x.total_cmp(&b.x));
    for tick in &mut all {
        let half = half(tick);
        tick.middle = tick.x.min(WIDTH - EDGE - half).max(EDGE + half);
    }
    let fit = |ticks: &[Tick]| {
        ticks
            .windows(2)
            .all(|pair| pair[1].middle - pair[0].middle >= half(&pair[0]) + half(&pair[1]) + GAP)
    };
    for stride in 1..=all.len() {
        let some: Vec<Tick> = all.iter().step_by(stride).cloned().collect();
        if fit(&some) {
            return some;
        }
    }
    Vec::new()
}

/// Draws a legend: names, each right of the symbol that `symbol` draws at a position, in as many lines as needed. Returns the y
/// coordinate below it.
pub(super) fn legend<'a>(
    canvas: &mut Canvas,
    top: f64,
    names: impl IntoIterator<Item = &'a str>,
    symbol: impl Fn(&mut Canvas, usize, f64, f64),
) -> f64 {
    const SYMBOL: f64 = 32.0;
    let (mut x, mut y) = (EDGE, top + LINE / 2.0);
    for (index, name) in names.into_iter().enumerate() {
        let name = LABEL.shorten(name, ROOM - SYMBOL);
        let width = SYMBOL + LABEL.width(&name);
        if x > EDGE && x + width > WIDTH - EDGE {
            (x, y) = (EDGE, y + LINE + 2.0);
        }
        symbol(canvas, index, x, y);
        canvas.words(&name, x + SYMBOL, y, LABEL);
        x += width + 18.0;
    }
    y + LINE / 2.0 + 4.0
}

/// Returns positions for items with these sizes, which do not overlap and are close to the wanted ones, which are sorted.
/// Neighbours that are too close form a group around their common middle.
pub(super) fn spread(wanted: &[(f64, f64)], from: f64, to: f64) -> Vec<f64> {
    struct Group {
        middle: f64,
        sizes: Vec<f64>,
    }
    let size = |group: &Group| group.sizes.iter().sum::<f64>();
    let within = |middle: f64, size: f64| middle.min(to - size / 2.0).max(from + size / 2.0);
    let mut groups: Vec<Group> = Vec::new();
    for &(middle, room) in wanted {
        let mut last = Group {
            middle: within(middle, room),
            sizes: vec![room],
        };
        while let Some(mut before) = groups.pop() {
            let (a, b) = (size(&before), size(&last));
            if last.middle - before.middle >= (a + b) / 2.0 {
                groups.push(before);
                break;
            }
            before.middle = within((before.middle * a + last.middle * b) / (a + b), a + b);
            before.sizes.append(&mut last.sizes);
            last = before;
        }
        groups.push(last);
    }
    let places = |group: &Group| {
        let start = group.middle - size(group) / 2.0;
        let ends = group.sizes.iter().scan(start, |end, room| {
            *end += room;
            Some(*end - room / 2.0)
        });
        ends.collect::<Vec<f64>>()
    };
    groups.iter().flat_map(places).collect()
}

/// A round number with its unit: `10 ms`, `1 MB`, `100`, `10 k`.
pub(super) fn tick_label(quantity: Quantity, value: f64) -> String {
    let text = number::plain(quantity, value);
    let (digits, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let digits = if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    };
    if unit.is_empty() {
        digits.to_owned()
    } else {
        format!("{digits} {unit}")
    }
}

/// A round ratio: `10x`, `1x`, `1/10`.
pub(super) fn ratio_label(value: f64) -> String {
    let short = |value| tick_label(Quantity::PerSecond, value).replace(' ', "");
    if value < 0.999 {
        format!("1/{}", short(1.0 / value))
    } else {
        format!("{}x", short(value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_written_short() {
        assert_eq!(tick_label(Quantity::Seconds, 1e-3), "1 ms");
        assert_eq!(tick_label(Quantity::Seconds, 0.1), "100 ms");
        assert_eq!(tick_label(Quantity::Bytes, 1e6), "1 MB");
        assert_eq!(tick_label(Quantity::PerSecond, 10_000.0), "10 k");
        assert_eq!(tick_label(Quantity::PerSecond, 10.0), "10");
        assert_eq!(tick_label(Quantity::Bytes, 0.0), "0 B");
        assert_eq!(
            [1.0, 10.0, 0.1, 0.5, 20_000.0].map(ratio_label),
            ["1x", "10x", "1/10", "1/2", "20kx"]
        );
    }

    #[test]
    fn only_labels_with_enough_space_are_shown() {
        let ticks = |distance: f64| {
            let all = (0..5).map(|i| (EDGE + f64::from(i) * distance, format!("{i}00 ms")));
            let kept = fitting(all);
            kept.into_iter().map(|tick| tick.label).collect::<Vec<_>>()
        };
        assert_eq!(ticks(100.0).len(), 5);
        assert_eq!(ticks(45.0), ["000 ms", "200 ms", "400 ms"]);
        assert_eq!(ticks(0.0).len(), 1);
    }

    proptest! {
        #[test]
        fn spread_items_never_overlap(mut wanted in prop::collection::vec((0.0..400.0f64, 5.0..30.0f64), 1..13)) {
            wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
            let places = spread(&wanted, 0.0, 400.0);
            prop_assert_eq!(places.len(), wanted.len());
            for (place, item) in places.windows(2).zip(wanted.windows(2)) {
                let least = (item[0].1 + item[1].1) / 2.0;
                prop_assert!(place[1] - place[0] >= least - 1e-6, "{:?}", places);
            }
            prop_assert!(places.iter().all(|y| (-1e-6..=400.0 + 1e-6).contains(y)), "{:?}", places);
        }
    }
}
