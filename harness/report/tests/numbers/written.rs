//! Parses the numbers in a text.

use crate::statistics::Computed;

/// A printed value, and the ends of the interval behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub(crate) value: Written,
    pub(crate) ends: Option<(Written, Written)>,
    /// True for a change such as `+34 %`.
    is_change: bool,
    /// The place behind the group in the text.
    pub(crate) end: usize,
}

impl Group {
    /// True if this is the value, and its interval if one is printed, rounded.
    pub(crate) fn is(&self, computed: &Computed) -> bool {
        let is_shown = |computed: &Computed| {
            let is_end = |(low, high): (Written, Written)| {
                computed
                    .ends
                    .is_some_and(|ends| low.is(ends.0) && high.is(ends.1))
            };
            self.value.is(computed.value) && self.ends.is_none_or(is_end)
        };
        is_shown(computed) || self.is_change && is_shown(&computed.map(|value| value - 1.0))
    }
}

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

const UNITS: [(&str, f64); 17] = [
    (" KB", 1e3),
    (" MB", 1e6),
    (" GB", 1e9),
    (" ms", 1e-3),
    (" µs", 1e-6),
    (" ns", 1e-9),
    (" TB", 1e12),
    (" s", 1.0),
    (" B", 1.0),
    (" k", 1e3),
    (" M", 1e6),
    (" G", 1e9),
    (" %", 1e-2),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    (" T", 1e12),
];

/// The values of a text with their intervals, in order. The ends of an interval have the unit of the value before;
/// `1/30` is a fraction.
pub(crate) fn groups(text: &str) -> Vec<Group> {
    let mut found: Vec<Printed> = Vec::new();
    let mut at = 0;
    // The place of the value whose interval is read, and its unit.
    let mut interval: Option<(usize, f64)> = None;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()) {
        if text[at..at + start].contains(']') {
            interval = None;
        }
        at += start;
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let mut printed = Printed::read(&text[at..]);
        at += printed.digits.len();
        if printed.digits == "1"
            && text[at..].starts_with('/')
            && text[at + 1..].starts_with(|c: char| c.is_ascii_digit())
        {
            printed = Printed::read(&text[at + 1..]);
            printed.is_denominator = true;
            at += 1 + printed.digits.len();
        }
        printed.sign = ['-', '+'].into_iter().find(|sign| *sign == before);
        let unit = UNITS.iter().find(|(unit, _)| {
            let next = text[at..].strip_prefix(unit);
            next.is_some_and(|next| !next.starts_with(char::is_alphanumeric))
        });
        printed.unit = match (unit, interval) {
            (Some((_, factor)), _) => *factor,
            (None, Some((_, factor))) => factor,
            (None, None) => 1.0,
        };
        printed.is_percent = unit.is_some_and(|(unit, _)| *unit == " %");
        at += unit.map_or(0, |(unit, _)| unit.len());
        let opening = text[at..].trim_start_matches('x').trim_start();
        if interval.is_none() && (opening.starts_with('[') || opening.starts_with("\\[")) {
            interval = Some((found.len(), printed.unit));
        }
        printed.interval = interval.map(|(place, _)| place);
        printed.end = at;
        found.push(printed);
    }
    let mut groups = Vec::new();
    let mut index = 0;
    while index < found.len() {
        let printed = &found[index];
        let of_interval = |other: &&Printed| other.interval == Some(index);
        let count = found.iter().filter(of_interval).count();
        let written = |index: usize| found[index].written(&found);
        groups.push(Group {
            value: written(index),
            ends: (count == 3).then(|| (written(index + 1), written(index + 2))),
            is_change: printed.is_percent && (printed.sign.is_some() || printed.digits == "0"),
            end: printed.end,
        });
        index += if count == 3 { 3 } else { 1 };
    }
    groups
}

/// The parts of a number.
struct Printed<'a> {
    digits: &'a str,
    unit: f64,
    sign: Option<char>,
    is_percent: bool,
    is_denominator: bool,
    /// The place of the value that the interval belongs to, also for that value.
    interval: Option<usize>,
    end: usize,
}

impl<'a> Printed<'a> {
    /// Reads the digits that the text starts with. A number has at most one point: a version such as 1.95.0 is two.
    fn read(text: &'a str) -> Self {
        let mut points = 0;
        let ends = |c: char| {
            points += usize::from(c == '.');
            !(c.is_ascii_digit() || c == '.' && points == 1)
        };
        let mut length = text.find(ends).unwrap_or(text.len());
        // Groups of three digits behind commas.
        while length <= 3 || text[..length].contains(',') {
            let group = text[length..].strip_prefix(',').unwrap_or_default();
            let digits = group
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(group.len());
            if digits != 3 {
                break;
            }
            length += 4;
        }
        Self {
            digits: text[..length].trim_end_matches('.'),
            unit: 1.0,
            sign: None,
            is_percent: false,
            is_denominator: false,
            interval: None,
            end: 0,
        }
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
            // Groups of three digits are for titles, which round to three digits.
            None if self.digits.contains(',') => self.place(),
            None => self.place().max(0),
            Some(_) => {
                let together = all.iter().filter(|other| other.interval == self.interval);
                together.map(Self::place).max().unwrap_or(0)
            }
        };
        let value: f64 = self.digits.replace(',', "").parse().expect("digits");
        let half = 0.5 * 10f64.powi(-place);
        let (value, half) = if self.is_denominator {
            (1.0 / value / self.unit, half / value / value / self.unit)
        } else {
            (value * self.unit, half * self.unit)
        };
        Written {
            value: if self.sign == Some('-') {
                -value
            } else {
                value
            },
            half,
        }
    }
}

#[test]
fn numbers_have_their_unit_and_their_rounding() {
    let shown =
        |text: &str, computed: Computed| groups(text).iter().any(|group| group.is(&computed));
    let with_ends = |value: f64, low: f64, high: f64| Computed {
        value,
        ends: Some((low, high)),
    };
    assert!(shown(
        "1.50 ms [1.25, 1.75] and 2 x 3",
        with_ends(1.504e-3, 1.246e-3, 1.75e-3)
    ));
    assert!(!shown(
        "1.50 ms [1.25, 1.75] and 2 x 3",
        with_ends(1.504e-3, 1.24e-3, 1.75e-3)
    ));
    assert!(shown("1/4.0 [1/5.0, 1/2.0]", with_ends(0.25, 0.2, 0.5)));
    assert!(shown(
        "-3.0 % [-4.0 %, -2.0 %], 7",
        with_ends(0.97, 0.96, 0.98)
    ));
    assert!(shown(
        "4610x \\[4580, 4630\\]",
        with_ends(4607.0, 4584.0, 4632.0)
    ));
    assert!(!shown(
        "4610x \\[4580, 4630\\]",
        with_ends(4600.0, 4584.0, 4632.0)
    ));
    assert!(shown("34 % of it", Computed::exact(0.344)) && !shown("4610", Computed::exact(4608.0)));
    assert!(shown("4,610 tokens", Computed::exact(4610.2)));
    assert_eq!(groups("4610x \\[4580, 4630\\], 30 and 1/20k").len(), 3);
}
