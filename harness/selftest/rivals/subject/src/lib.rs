//! The work that every tool measures: it parses 2,000 lines, and a share of them again.

use std::hint::black_box;

/// Number of lines of a text.
pub const LINES: usize = 2000;

/// Number of lines that are parsed a second time: the injected slowdown.
const AGAIN: usize = {again};

/// Returns the text of the work.
pub fn text() -> String {
    (0..LINES).map(|n| format!("name{n}={n}\n")).collect()
}

/// Parses a text, and the first lines of it again. Returns the result of the whole pass.
pub fn work(text: &str) -> u64 {
    if text.is_empty() {
        return unusual(text.len() as u64);
    }
    black_box(parse(text, black_box(AGAIN)));
    parse(text, usize::MAX)
}

/// Sums the numbers of at most this many lines, with a hash of their names (FNV-1a).
#[inline(never)]
fn parse(text: &str, lines: usize) -> u64 {
    let row = |line: &str| -> Option<u64> {
        let (name, number) = line.split_once('=')?;
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Some(hash.wrapping_add(number.parse().ok()?))
    };
    text.lines().take(lines).filter_map(row).fold(0, u64::wrapping_add)
}

/// Never called in a measurement. Its size moves the code after it.
#[cold]
#[inline(never)]
fn unusual(seed: u64) -> u64 {
    let mut x = seed;
    {unusual}
    x
}
