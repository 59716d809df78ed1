//! Random damage of texts.

use harness_abtest::Random;

/// Values at the edges of types, and pieces of syntax.
const PIECES: [&str; 36] = [
    "0",
    "-1",
    "-0.0",
    "1e308",
    "1e999",
    "-1e999",
    "NaN",
    "inf",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "0.1",
    "1e-320",
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    ",",
    ":",
    "\n",
    "\r\n",
    "\"",
    "'",
    "\\u0000",
    "\u{0}",
    "\u{1b}[2J",
    "ä",
    "\u{202e}",
    "#",
    "=",
    "*",
    "../../x",
    "9999-12-31",
    "[[",
];
/// Most changes of one file.
const MOST_CHANGES: usize = 6;

/// One of the texts with some changes.
pub(super) fn mutated(corpus: &[&str], random: &mut Random) -> String {
    let mut bytes = corpus[random.below(corpus.len())].as_bytes().to_vec();
    // Few changes mostly: a file with many is refused at the first.
    let most = random.below(MOST_CHANGES) + 1;
    for _ in 0..=random.below(most) {
        change(&mut bytes, corpus, random);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn change(bytes: &mut Vec<u8>, corpus: &[&str], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = at + random.below((bytes.len() - at).min(64) + 1);
    match random.below(14) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let part = bytes[at..end].to_vec();
            for _ in 0..=random.below(8) {
                bytes.splice(at..at, part.iter().copied());
            }
        }
        4 => insert(bytes, at..at, PIECES[random.below(PIECES.len())]),
        5..=10 => replace_number(bytes, at, random),
        11 => {
            let other = corpus[random.below(corpus.len())].as_bytes();
            let from = random.below(other.len() + 1);
            let to = from + random.below((other.len() - from).min(200) + 1);
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        _ => swap_lines(bytes, random),
    }
}

fn insert(bytes: &mut Vec<u8>, range: std::ops::Range<usize>, text: &str) {
    bytes.splice(range, text.bytes());
}

/// Replaces the next number after a place.
fn replace_number(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let Some(start) = bytes.iter().skip(at).position(u8::is_ascii_digit) else {
        return;
    };
    let start = at + start;
    let length = bytes[start..]
        .iter()
        .take_while(|byte| is_part(byte))
        .count();
    insert(bytes, start..start + length, PIECES[random.below(15)]);
}

fn swap_lines(bytes: &mut Vec<u8>, random: &mut Random) {
    let mut lines: Vec<Vec<u8>> = bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    lines.swap(one, other);
    *bytes = lines.join(&b'\n');
}
