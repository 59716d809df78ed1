//! The file of all trials: one row each, in the order in which they ended.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow};

use crate::row::Row;

/// Error in a line of a file; lines are counted from 1.
pub(crate) fn wrong_line(path: &Path, line: u64, message: &str) -> Error {
    anyhow!(
        "{}, line {line}: {message}; remove that line, or take the file from git",
        path.display()
    )
}

/// Reads all trials; none if the file does not exist.
///
/// # Errors
/// If the file exists and cannot be read, or a line of it is no trial.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    parse(&bytes(path)?, path)
}

/// The content of a file; empty if it does not exist.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        bytes => bytes.with_context(|| format!("cannot read the trials {}", path.display())),
    }
}

/// Reads trials from the content of the file, which may be empty; `path` is named in errors.
///
/// # Errors
/// If a line is no trial.
pub fn parse(bytes: &[u8], path: &Path) -> Result<Vec<Row>> {
    let wrong = |line, message: String| wrong_line(path, line, &message);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let (columns, mut rows) = (Vec::from(Row::columns()), Vec::new());
    for (place, record) in reader.records().enumerate() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            wrong(
                line,
                format!("this is no CSV: {}", error.to_string().replace('\n', " ")),
            )
        })?;
        let line = record.position().map_or(1, csv::Position::line);
        match place {
            0 if record == columns => {}
            0 => {
                return Err(wrong(
                    line,
                    format!("the columns must be {}", columns.join(",")),
                ));
            }
            _ if record.len() != columns.len() => {
                return Err(wrong(
                    line,
                    format!(
                        "a row has {} fields, this one {}",
                        columns.len(),
                        record.len()
                    ),
                ));
            }
            _ => rows.push(Row::parse(record.iter()).map_err(|message| wrong(line, message))?),
        }
    }
    // A row that is cut off within a number can still parse.
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        return Err(wrong(
            bytes.split(|&byte| byte == b'\n').count() as u64,
            "the line is cut off".to_owned(),
        ));
    }
    Ok(rows)
}

/// Appends a trial. It is on the disk when this returns.
///
/// # Errors
/// If the file cannot be written.
pub fn add(path: &Path, row: &Row) -> Result<()> {
    append(path, |is_new| text(is_new, std::slice::from_ref(row)))
}

/// Appends text, which may depend on whether the file is new. It is on the disk when this returns.
pub(crate) fn append(path: &Path, text: impl FnOnce(bool) -> io::Result<Vec<u8>>) -> Result<()> {
    let append = || -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        let is_new = file.metadata()?.len() == 0;
        // One call for the whole text, so that no reader sees a part of it.
        file.write_all(&text(is_new)?)?;
        file.sync_all()
    };
    append().with_context(|| format!("cannot write the trials {}", path.display()))
}

/// The text of rows, with or without the header.
///
/// # Errors
/// Never: the text is in memory.
pub fn text(has_header: bool, rows: &[Row]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if has_header {
        writer.write_record(Row::columns())?;
    }
    for row in rows {
        writer.write_record(row.fields().map(|(_, text)| text))?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

#[cfg(test)]
mod tests {
    use harness_abtest::Verdict;
    use harness_judge::gate::TimeOutcome;
    use proptest::prelude::*;

    use super::*;
    use crate::row::tests::{rows, unchanged};

    #[test]
    fn rows_are_added_behind_each_other_and_read_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/real.csv");
        assert_eq!(read(&path).expect("none yet"), []);
        let all = [
            unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), 0.01),
            unchanged(2, TimeOutcome::Verdict(Verdict::Inconclusive), -0.5),
        ];
        all.iter().for_each(|row| add(&path, row).expect("added"));
        assert_eq!(read(&path).expect("readable"), all);
        let text = fs::read_to_string(&path).expect("text");
        assert!(
            text.starts_with("date,machine,") && text.lines().count() == 3,
            "{text}"
        );
        assert!(
            text.contains("kernel/gelu|fast|not slower|0.010%|20|same"),
            "{text}"
        );
    }

    #[test]
    fn every_broken_row_is_named_by_its_line_and_column() {
        let good = text(
            true,
            &[unchanged(0, TimeOutcome::Verdict(Verdict::NotSlower), 0.01)],
        )
        .expect("in memory");
        let good = String::from_utf8(good).expect("text");
        let cases = [
            good.replace("date,", "day,"),
            good.replace(",60,", ",60.0,"),
            good.replace(",0123456789ab", ",0123456789"),
            good.replace("none", "some"),
            good.replace("2026-03-14", "14.3.2026"),
            good.replace("not slower", "slower"),
            good.replace("|same", ""),
            good.replace("0.010%", "0.01%"),
            good.replace("comment,,", "comment,1,"),
            good.replace("comment,comment", "comment"),
            good.trim_end().to_owned(),
        ];
        let wrong = |text: &String| {
            parse(text.as_bytes(), Path::new("real.csv"))
                .expect_err(text)
                .to_string()
        };
        insta::assert_snapshot!(cases.iter().map(wrong).collect::<Vec<_>>().join("\n"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn rows_are_read_as_they_are_written(rows in prop::collection::vec(rows(), 0..4)) {
            let bytes = text(true, &rows).expect("in memory");
            prop_assert_eq!(parse(&bytes, Path::new("real.csv")).expect("good"), rows);
        }

        #[test]
        fn any_bytes_are_borne(bytes in prop::collection::vec(any::<u8>(), 0..200), has_header in any::<bool>()) {
            let header = if has_header { Row::columns().join(",") + "\n" } else { String::new() };
            let _ = parse(&[header.as_bytes(), &bytes].concat(), Path::new("real.csv"));
        }
    }
}
