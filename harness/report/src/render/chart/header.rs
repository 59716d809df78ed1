//! The common parts of all charts: title, subtitle, and the text styles and labels of axes.

use harness_record::metric::Quantity;
use harness_record::number;
use plotters::prelude::DrawingBackend;

use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::palette::{INK, MUTED};
use crate::render::chart::{Layout, font};

const TITLE: Words = Words::new(20.0, INK).bold();
const SUBTITLE: Words = Words::new(12.5, MUTED);
/// Title of an axis.
pub(super) const AXIS: Words = Words::new(12.5, MUTED);
/// Values on an axis.
pub(super) const TICK: Words = Words::new(12.0, MUTED);
/// Values beside their marks.
pub(super) const LABEL: Words = Words::new(13.0, INK);

/// Draws title and subtitle. Returns the y coordinate at which the data may begin.
pub(super) fn header<B: DrawingBackend>(
    canvas: &mut Canvas<'_, B>,
    title: &str,
    subtitle: &str,
    layout: Layout,
) -> f64 {
    let (title_words, title_step) = title_style(layout);
    let mut y = 30.0;
    for line in title_lines(title, layout) {
        canvas.words(&line, layout.edge(), y, title_words);
        y += title_step;
    }
    y -= 2.0;
    for line in subtitle_lines(subtitle, layout) {
        canvas.words(&line, layout.edge(), y, SUBTITLE);
        y += 17.0;
    }
    y + 10.0
}

/// Height of [`header`].
pub(super) fn header_height(title: &str, subtitle: &str, layout: Layout) -> f64 {
    let title_step = title_style(layout).1;
    38.0 + title_step * title_lines(title, layout).len() as f64 + 17.0 * subtitle_lines(subtitle, layout).len() as f64
}

fn title_style(layout: Layout) -> (Words, f64) {
    if layout.narrow() { (Words { size: 17.0, ..TITLE }, 22.0) } else { (TITLE, 26.0) }
}

// Without the bundled font, a browser's font may be up to 5 % wider.
fn line_width(layout: Layout) -> f64 {
    (layout.width() - 2.0 * layout.edge()) * 0.95
}

fn title_lines(title: &str, layout: Layout) -> Vec<String> {
    font::wrap(title, title_style(layout).0.size, true, line_width(layout))
}

fn subtitle_lines(subtitle: &str, layout: Layout) -> Vec<String> {
    font::wrap(subtitle, SUBTITLE.size, false, line_width(layout))
}

/// A round number with its unit: `10 ms`, `1 MB`, `100`, `10 k`.
pub(super) fn tick_label(quantity: Quantity, value: f64) -> String {
    let text = number::plain(quantity, value);
    let (digits, unit) = text.split_once(' ').unwrap_or((&text, ""));
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    if unit.is_empty() { digits.to_owned() } else { format!("{digits} {unit}") }
}

/// A round ratio: `x10`, `x1`, `1/10`.
pub(super) fn ratio_label(value: f64) -> String {
    if value < 0.999 {
        format!("1/{}", tick_label(Quantity::PerSecond, 1.0 / value).replace(' ', ""))
    } else {
        format!("x{}", tick_label(Quantity::PerSecond, value).replace(' ', ""))
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
        assert_eq!([1.0, 10.0, 0.1, 0.5, 20_000.0].map(ratio_label), ["x1", "x10", "1/10", "1/2", "x20k"]);
    }
}
