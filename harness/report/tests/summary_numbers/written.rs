//! Parses the numbers in a line of text.

/// A printed number.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) value: f64,
    /// Largest distance of the true value: half a unit of the last significant digit.
    half: f64,
}

impl Written {
    pub(crate) fn is(&self, value: f64) -> bool {
        (self.value - value).abs() <= self.half * 1.0001 + 1e-12
    }
}

/// The numbers of a line, in order. `±0.1` has the unit of the number before, `1/30` is a fraction, `4,620` has groups of
/// three digits.
pub(crate) fn numbers(line: &str) -> Vec<Written> {
    const UNITS: [(&str, f64); 11] = [
        (" KB", 1e3),
        (" MB", 1e6),
        (" GB", 1e9),
        (" ms", 1e-3),
        (" µs", 1e-6),
        (" ns", 1e-9),
        (" k", 1e3),
        (" M", 1e6),
        (" G", 1e9),
        (" %", 1e-2),
        ("k", 1e3),
    ];
    let line = ungrouped(line);
    let mut found = Vec::new();
    let mut rest = line.as_str();
    let mut unit_before = 1.0;
    let mut before = ' ';
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        before = rest[..start].chars().next_back().unwrap_or(before);
        // A number has at most one point: a version such as 1.95.0 is two numbers.
        let mut points = 0;
        let ends = |c: char| {
            points += usize::from(c == '.');
            !(c.is_ascii_digit() || c == '.' && points == 1)
        };
        let length = rest[start..].find(ends).unwrap_or(rest.len() - start);
        let digits = rest[start..start + length].trim_end_matches('.');
        let after = &rest[start + digits.len()..];
        if digits == "1" && after.starts_with('/') {
            // The denominator follows.
            let inverse = numbers(&after[1..]);
            let first = inverse.first().expect("a denominator");
            found.push(Written {
                value: 1.0 / first.value,
                half: first.half / first.value / first.value,
            });
            let skip = after[1..]
                .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == 'k'))
                .unwrap_or(after.len() - 1);
            rest = &after[1 + skip..];
            continue;
        }
        let unit = UNITS.iter().find(|(unit, _)| {
            after
                .strip_prefix(unit)
                .is_some_and(|next| !next.starts_with(|c: char| c.is_alphanumeric()))
        });
        let factor = unit.map_or(
            if before == '±' { unit_before } else { 1.0 },
            |(_, factor)| *factor,
        );
        unit_before = factor;
        let decimals = digits
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        // A whole number of four digits or more is rounded where its zeros begin.
        let zeros = match digits.len() >= 4 && decimals == 0 {
            true => digits.len() - digits.trim_end_matches('0').len(),
            false => 0,
        };
        let negative = before == '-';
        let value: f64 = digits.parse().expect("digits");
        let value = if negative { -value } else { value } * factor;
        found.push(Written {
            value,
            half: 0.5 * 10f64.powi(zeros as i32 - decimals as i32) * factor,
        });
        rest = after;
    }
    found
}

/// Removes the commas between groups of digits.
fn ungrouped(line: &str) -> String {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut text = String::new();
    for (place, c) in line.char_indices() {
        let inside =
            digit(text.chars().next_back()) && digit(line[place + c.len_utf8()..].chars().next());
        if c != ',' || !inside {
            text.push(c);
        }
    }
    text
}
