//! Arbitrary damage: no reader panics, and no value of a record is infinite or no number.

use proptest::prelude::*;

use super::*;

/// A change of bytes.
#[derive(Debug, Clone)]
enum Damage {
    Cut(usize),
    Flip(usize, u8),
    Number(usize, &'static str),
    Twice(usize, usize),
}

/// Texts in place of a number.
const NUMBERS: [&str; 14] = [
    "-1",
    "0",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e308",
    "1e-320",
    "-0.0",
    "18446744073709551615",
    "1e400",
    "null",
    "\"7\"",
    "[]",
    "0.5",
];

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<usize>().prop_map(Damage::Cut),
        (any::<usize>(), any::<u8>()).prop_map(|(place, byte)| Damage::Flip(place, byte)),
        (any::<usize>(), prop::sample::select(&NUMBERS[..]))
            .prop_map(|(place, number)| Damage::Number(place, number)),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Damage::Twice(from, to)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len().max(1);
    match *damage {
        Damage::Cut(end) => bytes.truncate(end % length),
        Damage::Flip(place, byte) => {
            if let Some(found) = bytes.get_mut(place % length) {
                *found ^= byte;
            }
        }
        // Replaces the number at or after a place.
        Damage::Number(place, number) => {
            let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
            let from = place % length;
            let Some(start) = bytes[from.min(bytes.len())..]
                .iter()
                .position(u8::is_ascii_digit)
            else {
                return;
            };
            let start = from + start;
            let end = start
                + bytes[start..]
                    .iter()
                    .take_while(|byte| is_part(byte))
                    .count();
            bytes.splice(start..end, number.bytes());
        }
        // Repeats a part of the text.
        Damage::Twice(from, to) => {
            let (from, to) = (from % length, to % length);
            let part = bytes
                .get(from.min(to)..from.max(to))
                .unwrap_or_default()
                .to_vec();
            bytes.splice(to.min(bytes.len())..to.min(bytes.len()), part);
        }
    }
}

/// Every value is finite and not negative, and the record can be written and read.
fn assert_sound(results: Results) {
    let record = record(results);
    for row in &record.rows {
        for (name, value, ends) in figures(row) {
            let (low, high) = ends.unwrap_or((value, value));
            let all = [value, low, high];
            assert!(
                all.iter().all(|value| value.is_finite() && *value >= 0.0),
                "{name} {all:?}"
            );
            assert!(low <= high, "{name} {all:?}");
        }
    }
    let text = record.to_json();
    let read = Record::parse(&text, std::path::Path::new("x")).expect("readable");
    assert_eq!(read, record);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_damaged_file_is_refused_or_read_without_impossible_values(
        file in 0..FILES.len(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let (name, bytes) = FILES[file];
        let mut bytes = bytes.to_vec();
        damages.iter().for_each(|damage| apply(&mut bytes, damage));
        for format in [None, crate::formats().iter().find(|format| name.starts_with(format.name))] {
            if let Ok(results) = read(&Source::file(name, bytes.clone()), format) {
                assert_sound(results);
            }
        }
    }

    #[test]
    fn a_damaged_folder_is_read_without_impossible_values(
        file in 0..CRITERION.len(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let damaged = CRITERION[file].0.trim_start_matches("criterion/");
        let folder = criterion(|path, bytes| {
            let mut bytes = bytes.to_vec();
            if path == damaged {
                damages.iter().for_each(|damage| apply(&mut bytes, damage));
            }
            Some(bytes)
        });
        if let Ok(results) = read(&folder, None) {
            assert_sound(results);
        }
    }

    #[test]
    fn arbitrary_text_never_panics_in_any_format(text in "\\PC{0,200}") {
        for format in crate::formats() {
            if let Ok(results) = read(&Source::file("x", text.clone()), Some(format)) {
                assert_sound(results);
            }
        }
    }
}
