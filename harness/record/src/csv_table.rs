//! Tables in CSV files, which begin in line 2 of the file: line 1 contains the schema version.

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
        let fields: Vec<&str> = record.iter().collect();
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
            .write_record(row)
            .expect("writing to memory cannot fail");
    }
    let table = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(table).expect("every field is a string")
}
