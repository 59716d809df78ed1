//! Tables in CSV files, which begin in line 2 of the file: line 1 contains the schema version.

use std::borrow::Cow;

/// Goes before a cell that a spreadsheet would run as a formula.
const GUARD: char = '\'';

/// The text of a cell that no spreadsheet runs as a formula: a text that begins with `=`, `+`, `-`, `@`, a tab or a
/// carriage return, and is no number, gets an apostrophe before it. Reading takes it away.
///
/// Source: OWASP, CSV injection.
pub fn guarded(text: &str) -> Cow<'_, str> {
    match is_formula(text) {
        true => format!("{GUARD}{text}").into(),
        false => text.into(),
    }
}

/// The text of a cell that [`guarded`] wrote.
fn without_guard(text: &str) -> &str {
    match text.strip_prefix(GUARD) {
        Some(rest) if is_formula(rest) => rest,
        _ => text,
    }
}

/// True for a formula, also behind apostrophes, so that a text which begins with one can be told from a guard.
fn is_formula(text: &str) -> bool {
    let bare = text.trim_start_matches(GUARD);
    bare.starts_with(['=', '+', '-', '@', '\t', '\r']) && bare.parse::<f64>().is_err()
}

/// Reads a table with these columns. Calls `row` with the line number and the fields of each row, and returns the number
/// of rows.
///
/// # Errors
/// The line number and the problem, also those that `row` returns.
pub(crate) fn read<const N: usize>(
    table: &str,
    columns: [&str; N],
    mut row: impl FnMut(u64, [&str; N]) -> Result<(), String>,
) -> Result<u64, (u64, String)> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(table.as_bytes());
    let wrong_columns = || format!("the columns must be {}", columns.join(","));
    let mut rows = None;
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(2, |position| position.line() + 1);
            (line, format!("this is not CSV: {error}"))
        })?;
        let line = record.position().map_or(2, |position| position.line() + 1);
        let Some(number) = rows else {
            if record != *columns.as_slice() {
                return Err((line, wrong_columns()));
            }
            rows = Some(0);
            continue;
        };
        let fields: Vec<&str> = record.iter().map(without_guard).collect();
        let fields = <[&str; N]>::try_from(fields).map_err(|fields| {
            (
                line,
                format!("a row has {N} fields, this one has {}", fields.len()),
            )
        })?;
        row(line, fields).map_err(|what| (line, what))?;
        rows = Some(number + 1);
    }
    rows.ok_or_else(|| (2, wrong_columns()))
}

/// Returns the text of a table with these columns.
pub(crate) fn write<const N: usize>(
    columns: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(columns)
        .expect("writing to memory cannot fail");
    for row in rows {
        writer
            .write_record(row.map(|cell| guarded(&cell).into_owned()))
            .expect("writing to memory cannot fail");
    }
    let table = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(table).expect("every field is a string")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_get_an_apostrophe_and_numbers_do_not() {
        for formula in [
            "=1+1",
            "+x",
            "-cmd|' /C calc'!A0",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "-",
        ] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for plain in ["-1.5", "+2", "-1e-9", "parse/small", "a=b", "", "'quoted'"] {
            assert_eq!(guarded(plain), plain);
        }
    }

    proptest! {
        #[test]
        fn a_guarded_cell_is_read_as_it_was(text in "['=+@\t\r a1.-]{0,6}") {
            let written = guarded(&text).into_owned();
            prop_assert_eq!(without_guard(&written), text);
            prop_assert!(written.parse::<f64>().is_ok() || !written.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
