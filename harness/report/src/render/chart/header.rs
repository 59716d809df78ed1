//! The header of all charts, and the text styles and labels of axes.

use harness_record::metric::Quantity;
use harness_record::number;

use crate::render::chart::Layout;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::palette::{INK, MUTED};

const TITLE: Words = Words::new(20.0, INK).bold();
const SUBTITLE: Words = Words::new(12.5, MUTED);
/// Title of an axis.
pub(super) const AXIS: Words = Words::new(12.5, MUTED);
/// Values on an axis.
pub(super) const TICK: Words = Words::new(12.0, MUTED);
/// Values beside their marks.
pub(super) const LABEL: Words = Words::new(13.0, INK);

/// Draws title and subtitle. Returns the y coordinate at which the data may begin.
pub(super) fn header(canvas: &mut Canvas, title: &str, subtitle: &str, layout: Layout) -> f64 {
    let (words, step) = if layout.narrow() {
        (
            Words {
                size: 17.0,
                ..TITLE
            },
            22.0,
        )
    } else {
        (TITLE, 26.0)
    };
    let (title, subtitle) = (
        words.wrap(title, layout.line_width()),
        SUBTITLE.wrap(subtitle, layout.line_width()),
    );
    canvas.lines(&title, layout.edge(), 30.0, step, words);
    let below = 28.0 + step * title.len() as f64;
    canvas.lines(&subtitle, layout.edge(), below, 17.0, SUBTITLE);
    below + 17.0 * subtitle.len() as f64 + 10.0
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

/// A round ratio: `x10`, `x1`, `1/10`.
pub(super) fn ratio_label(value: f64) -> String {
    let short = |value| tick_label(Quantity::PerSecond, value).replace(' ', "");
    if value < 0.999 {
        format!("1/{}", short(1.0 / value))
    } else {
        format!("x{}", short(value))
    }
}

#[cfg(test)]
mod tests {
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
            ["x1", "x10", "1/10", "1/2", "x20k"]
        );
    }
}
