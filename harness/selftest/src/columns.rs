//! Strict parsers for the fields of a row: only the text that the program itself writes is valid.

use std::fmt::Display;
use std::str::FromStr;

/// The fields of a row from left to right, each with the name of its column.
pub(crate) struct Fields<I>(pub(crate) I);

impl<'a, I: Iterator<Item = (&'static str, &'a str)>> Fields<I> {
    /// The next column and its text.
    pub(crate) fn next(&mut self) -> Result<(&'static str, &'a str), String> {
        self.0.next().ok_or_else(|| "a field is missing".to_owned())
    }

    /// Parses a value as [`exact`] does.
    pub(crate) fn exact<T: FromStr + Display>(&mut self) -> Result<T, String> {
        self.next().and_then(|(column, text)| exact(column, text))
    }

    /// Parses a value as [`exact`] does, or an empty field.
    pub(crate) fn optional<T: FromStr + Display>(&mut self) -> Result<Option<T>, String> {
        let (column, text) = self.next()?;
        (!text.is_empty()).then(|| exact(column, text)).transpose()
    }

    /// Parses any text that is not empty and has no control characters.
    pub(crate) fn words(&mut self) -> Result<String, String> {
        let (column, text) = self.next()?;
        let is_good = !text.is_empty() && !text.contains(char::is_control);
        if is_good {
            Ok(text.to_owned())
        } else {
            Err(wrong(column, text))
        }
    }

    /// Parses the first twelve digits of a commit; in the column `harness` a plus may follow.
    pub(crate) fn commit(&mut self) -> Result<String, String> {
        let (column, text) = self.next()?;
        let digits = if column == "harness" {
            text.strip_suffix('+').unwrap_or(text)
        } else {
            text
        };
        let is_commit = digits.len() == 12
            && digits
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_commit {
            Ok(text.to_owned())
        } else {
            Err(wrong(column, text))
        }
    }
}

/// Parses a value; its text must be equal to the one that it prints.
pub(crate) fn exact<T: FromStr + Display>(column: &str, text: &str) -> Result<T, String> {
    let value = text
        .parse::<T>()
        .ok()
        .filter(|value| value.to_string() == text);
    value.ok_or_else(|| wrong(column, text))
}

/// Message on a field with invalid text.
pub(crate) fn wrong(column: &str, text: &str) -> String {
    format!("{column} is `{}`", text.escape_debug())
}
