//! A change of time as text.

use harness_record::number;

use crate::gate::{Effect, TimeVerdict};

impl Effect {
    /// The estimate alone: `+4.2 %`.
    pub fn estimate_text(&self) -> String {
        let decimals = self.decimals();
        let text = percent(self.change, decimals);
        // A change is never shown as zero, except within its interval.
        match (self.change == 0.0, self.interval) {
            (true, _) => "0 %".to_owned(),
            (false, None) => number::percent(1.0 + self.change),
            (false, Some(_)) => format!("{}{text} %", if text.starts_with('-') { "" } else { "+" }),
        }
    }

    /// The estimate with its interval: `+4.2 % [3.1, 5.0]`; the estimate alone if there is no interval.
    pub fn text(&self) -> String {
        let decimals = self.decimals();
        match self.interval {
            None => self.estimate_text(),
            Some(ends) => format!(
                "{} [{}, {}]",
                self.estimate_text(),
                percent(ends.low, decimals),
                percent(ends.high, decimals)
            ),
        }
    }

    /// The largest slowdown that the interval contains: `up to +8.1 %`. None without an interval.
    pub fn bound_text(&self) -> Option<String> {
        let high = self.interval?.high;
        Some(format!("up to {}", number::percent(1.0 + high)))
    }

    /// As many decimals as the interval carries, at most two: its half-width has one digit or two. One decimal if the
    /// interval has almost no width.
    fn decimals(&self) -> usize {
        let half = self
            .interval
            .map_or(0.0, |ends| 50.0 * (ends.high - ends.low));
        match half {
            0.5.. => usize::from(half < 10.0),
            0.05.. => 1,
            0.005.. => 2,
            _ => 1,
        }
    }
}

impl TimeVerdict {
    /// The change with its interval, or with the number of pairs if these are too few for one; empty before the first
    /// pair.
    pub fn change_text(&self) -> String {
        match self.found {
            None => String::new(),
            Some(found) if found.interval.is_some() => found.text(),
            Some(found) => format!("{} (n = {})", found.text(), self.pairs),
        }
    }
}

/// A share in percent with this number of decimals. A value that rounds to zero has no sign.
fn percent(share: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", 100.0 * share);
    match text.trim_start_matches(['-', '0', '.']).is_empty() {
        true => text.trim_start_matches('-').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use harness_abtest::Interval;
    use proptest::prelude::*;

    use super::*;

    fn effect(change: f64, low: f64, high: f64) -> Effect {
        Effect {
            change,
            interval: Some(Interval {
                low,
                high,
                level: 0.95,
            }),
            spread: 0.0,
            base: 1.0,
            head: 1.0 + change,
        }
    }

    #[test]
    fn the_interval_decides_the_decimals() {
        assert_eq!(effect(0.042, 0.031, 0.05).text(), "+4.2 % [3.1, 5.0]");
        assert_eq!(
            effect(-0.0423, -0.0427, -0.0419).text(),
            "-4.23 % [-4.27, -4.19]"
        );
        assert_eq!(effect(0.0002, -0.004, 0.006).text(), "+0.0 % [-0.4, 0.6]");
        assert_eq!(effect(-0.0002, -0.006, 0.006).text(), "+0.0 % [-0.6, 0.6]");
        assert_eq!(effect(0.4, 0.2, 0.61).text(), "+40 % [20, 61]");
        assert_eq!(effect(0.04, 0.04, 0.04).text(), "+4.0 % [4.0, 4.0]");
        assert_eq!(effect(0.0, 0.0, 0.0).text(), "0 % [0.0, 0.0]");
        assert_eq!(
            effect(0.02, -0.01, 0.081).bound_text().as_deref(),
            Some("up to +8.1 %")
        );
    }

    #[test]
    fn without_an_interval_the_number_of_pairs_is_printed() {
        let alone = Effect {
            interval: None,
            ..effect(0.042, 0.0, 0.0)
        };
        assert_eq!(alone.text(), "+4.2 %");
    }

    proptest! {
        #[test]
        fn the_estimate_stands_between_its_ends(low in -0.5..0.5f64, to_change in 0.0..0.2f64, to_high in 0.0..0.2f64) {
            let text = effect(low + to_change, low, low + to_change + to_high).text();
            let numbers: Vec<f64> = text
                .split([' ', '%', '[', ',', ']'])
                .filter(|part| !part.is_empty())
                .map(|part| part.parse().expect("a number"))
                .collect();
            prop_assert_eq!(numbers.len(), 3, "{}", &text);
            prop_assert!(numbers[1] <= numbers[0] && numbers[0] <= numbers[2], "{}", text);
        }
    }
}
