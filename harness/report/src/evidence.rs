//! Words and numbers of evidence, the same in every table: an equal count is unchanged, another one has moved, and a time with
//! too few rounds shows their number.

use harness_record::metric::Figure;
use harness_record::number;

use crate::render::Cell;
use crate::roadmap::change;

/// Moves of a count below this share would look like no change as a ratio.
const SMALL: f64 = 0.005;

/// The ratio of two counts: `unchanged` only if they are equal, `moved +0.02 %` if they nearly are, else the ratio.
pub(crate) fn count_ratio(ratio: f64) -> Cell {
    count(ratio, number::ratio)
}

/// The ratio of two counts as a change: as [`count_ratio`], but `-34 %` where a percentage is readable.
pub(crate) fn count_change(ratio: f64) -> Cell {
    count(ratio, |ratio| change(ratio, None))
}

fn count(ratio: f64, otherwise: impl Fn(f64) -> String) -> Cell {
    let text = match ratio {
        0.0 => "zero".to_owned(),
        1.0 => "unchanged".to_owned(),
        _ if (ratio - 1.0).abs() < SMALL => format!("moved {}", number::percent(ratio)),
        _ => otherwise(ratio),
    };
    Cell::number(ratio, text)
}

/// The ratio of two times as a change: `+4.2 % [+2.1 %, +5.0 %]`, `30.8x [30.4, 31.3]`, `1.04x (n = 2)`.
pub(crate) fn time_change(ratio: &Figure) -> String {
    match (ratio.interval, ratio.rounds) {
        (None, Some(_)) => number::ratio_figure(ratio),
        _ => change(ratio.value, ratio.interval),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_counts_are_unchanged() {
        let text = |ratio: f64| count_ratio(ratio).text;
        assert_eq!(text(1.0), "unchanged");
        assert_eq!(text(1.0002), "moved +0.02 %");
        assert_eq!(text(0.999), "moved -0.10 %");
        assert_eq!(text(0.0), "zero");
        assert_eq!(text(0.5), number::ratio(0.5));
        assert_eq!(count_change(0.5).text, "-50 %");
        assert_eq!(count_change(1.0).text, "unchanged");
    }

    #[test]
    fn a_time_of_two_rounds_shows_their_number() {
        let figure = Figure {
            rounds: Some(2),
            ..Figure::exact(1.04)
        };
        assert!(time_change(&figure).contains("n = 2"));
        assert!(!time_change(&Figure::exact(1.04)).contains("n ="));
    }
}
