//! Parses the numbers in a text.

/// A printed number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) value: f64,
    /// Largest distance of the true value: half a unit of the last digit.
    pub(crate) half: f64,
}

impl Written {
    pub(crate) fn is(&self, value: f64) -> bool {
        (self.value - value).abs() <= self.half * 1.0001 + 1e-12
    }
}

const UNITS: [(&str, f64); 12] = [
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
    ("M", 1e6),
];

/// The numbers of a text, in order. The ends of an interval have the unit of the value before; `1/30` is a fraction.
pub(crate) fn numbers(text: &str) -> Vec<Written> {
    let mut found: Vec<Printed> = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    // The place and the unit of the value whose interval is read.
    let mut interval: Option<(usize, f64)> = None;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        before = rest[..start].chars().next_back().unwrap_or(before);
        if rest[..start].contains(']') {
            interval = None;
        }
        let (mut printed, mut after) = Printed::read(&rest[start..]);
        if printed.digits == "1" && after.starts_with('/') {
            (printed, after) = Printed::read(&after[1..]);
            printed.is_denominator = true;
        }
        printed.is_negative = before == '-';
        let unit = UNITS.iter().find(|(unit, _)| {
            let next = after.strip_prefix(unit);
            next.is_some_and(|next| !next.starts_with(char::is_alphanumeric))
        });
        printed.unit = match (unit, interval) {
            (Some((name, factor)), _) => {
                after = &after[name.len()..];
                *factor
            }
            (None, Some((_, factor))) => factor,
            (None, None) => 1.0,
        };
        let opening = after.trim_start_matches('x').trim_start();
        if opening.starts_with('[') || opening.starts_with("\\[") {
            interval = Some((found.len(), printed.unit));
        }
        if let Some((place, _)) = interval {
            printed.interval = Some(place);
        }
        found.push(printed);
        rest = after;
    }
    found
        .iter()
        .map(|printed| printed.written(&found))
        .collect()
}

/// The parts of a number.
struct Printed<'a> {
    digits: &'a str,
    unit: f64,
    is_negative: bool,
    is_denominator: bool,
    /// The place of the value that the interval belongs to, also for that value.
    interval: Option<usize>,
}

impl<'a> Printed<'a> {
    /// Reads the digits that the text starts with. A number has at most one point: a version such as 1.95.0 is two.
    fn read(text: &'a str) -> (Self, &'a str) {
        let mut points = 0;
        let ends = |c: char| {
            points += usize::from(c == '.');
            !(c.is_ascii_digit() || c == '.' && points == 1)
        };
        let length = text.find(ends).unwrap_or(text.len());
        let digits = text[..length].trim_end_matches('.');
        let read = Self {
            digits,
            unit: 1.0,
            is_negative: false,
            is_denominator: false,
            interval: None,
        };
        (read, &text[digits.len()..])
    }

    /// The decimal place of the last significant digit, from the digits alone: trailing zeros of a whole number might not
    /// be significant.
    fn place(&self) -> i32 {
        match self.digits.split_once('.') {
            Some((_, decimals)) => decimals.len() as i32,
            None => self.digits.trim_end_matches('0').len() as i32 - self.digits.len() as i32,
        }
    }

    /// A value and the ends of its interval are rounded to one decimal place.
    fn written(&self, all: &[Self]) -> Written {
        let place = match self.interval {
            None => self.place().max(0),
            Some(_) => {
                let together = all.iter().filter(|other| other.interval == self.interval);
                together.map(Self::place).max().unwrap_or(0)
            }
        };
        let value: f64 = self.digits.parse().expect("digits");
        let half = 0.5 * 10f64.powi(-place);
        let (value, half) = if self.is_denominator {
            (1.0 / value / self.unit, half / value / value / self.unit)
        } else {
            (value * self.unit, half * self.unit)
        };
        Written {
            value: if self.is_negative { -value } else { value },
            half,
        }
    }
}

#[test]
fn numbers_have_their_unit_and_their_rounding() {
    let values = |text: &str| -> Vec<f64> { numbers(text).iter().map(|w| w.value).collect() };
    assert_eq!(
        values("1.50 ms [1.25, 1.75] and 2 x 3"),
        [1.5e-3, 1.25e-3, 1.75e-3, 2.0, 3.0]
    );
    assert_eq!(values("1/4.0 [1/5, 1/2]"), [0.25, 0.2, 0.5]);
    assert_eq!(
        values("-3.0 % [-4.0 %, -2.0 %], 7"),
        [-0.03, -0.04, -0.02, 7.0]
    );
    let found = numbers("4610x \\[4580, 4630\\], 30 and 1/20k");
    let halves: Vec<f64> = found.iter().map(|w| w.half).collect();
    assert_eq!(halves[..4], [5.0, 5.0, 5.0, 0.5]);
    assert!((found[4].value - 5e-5).abs() < 1e-12);
}
