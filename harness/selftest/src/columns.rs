//! Strict parsers for the fields of a row: only the text that the program itself writes is valid.

use std::fmt::Display;
use std::str::FromStr;

/// Parses a value; its text must be equal to the one that it prints.
pub(super) fn exact<T: FromStr + Display>(column: &str, text: &str) -> Result<T, String> {
    let value = text.parse::<T>().ok().filter(|value| value.to_string() == text);
    value.ok_or_else(|| wrong(column, text))
}

/// Parses a value as [`exact`] does, or an empty field.
pub(super) fn optional<T: FromStr + Display>(column: &str, text: &str) -> Result<Option<T>, String> {
    if text.is_empty() { Ok(None) } else { exact(column, text).map(Some) }
}

/// Parses any text that is not empty and has no control characters.
pub(super) fn words(column: &str, text: &str) -> Result<String, String> {
    let is_good = !text.is_empty() && !text.contains(char::is_control);
    if is_good { Ok(text.to_owned()) } else { Err(wrong(column, text)) }
}

/// Parses the first twelve digits of a commit; in the column `harness` a plus may follow.
pub(super) fn commit(column: &str, text: &str) -> Result<String, String> {
    let digits = if column == "harness" { text.strip_suffix('+').unwrap_or(text) } else { text };
    let is_commit = digits.len() == 12 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_commit { Ok(text.to_owned()) } else { Err(wrong(column, text)) }
}

/// Parses one of several names.
pub(super) fn named<T: Copy>(
    column: &str,
    text: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.iter().copied().find(|&one| name(one) == text).ok_or_else(|| wrong(column, text))
}

fn wrong(column: &str, text: &str) -> String {
    format!("{column} is `{}`", text.escape_debug())
}
