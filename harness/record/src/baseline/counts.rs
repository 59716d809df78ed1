//! Reading and writing of `counts.csv`: one line per workload, phase and count.
//!
//! The first line contains the schema version and the date of the measurement. The last line contains the number of
//! rows, so that a truncated file is detected. Each row ends with a checksum, so that a digit that was changed by hand or
//! by a bad merge is detected; merges of different rows do not conflict because of it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use harness_probe::{Instrument, Unit};

use crate::baseline::error::{COUNTS_KIND as KIND, incomplete};
use crate::baseline::{COUNTS_SCHEMA, WITHOUT_CHECKSUMS};
use crate::{Check, Data, FileError, Reading, Row, csv_table};

const COLUMNS: [&str; 9] = [
    "workload",
    "phase",
    "count",
    "value",
    "unit",
    "per_run",
    "run_unit",
    "definition",
    "answer",
];

/// The columns with the checksum, which version 1 of the format does not have.
const CHECKED_COLUMNS: [&str; COLUMNS.len() + 1] = {
    let mut columns = ["checksum"; COLUMNS.len() + 1];
    let mut place = 0;
    while place < COLUMNS.len() {
        columns[place] = COLUMNS[place];
        place += 1;
    }
    columns
};

/// Name and unit of the count of callgrind.
const CALLGRIND: (&str, &str) = ("instructions", "instructions");

/// Name and unit of each count of dhat.
const DHAT: [(&str, &str); 7] = [
    ("total-bytes", "bytes"),
    ("total-blocks", "blocks"),
    ("peak-bytes", "bytes"),
    ("leaked-bytes", "bytes"),
    ("tokens", "tokens"),
    ("token-bytes", "bytes"),
    ("token-blocks", "blocks"),
];

/// Unit of the counts of [`Data::Counts`]; their names begin with the instrument and a slash.
const GENERIC_UNIT: &str = "counts";

const HEAD: &str = "# harness baseline, schema ";

/// Returns the text of the file.
pub(super) fn write(rows: &[Row], measured: &str) -> String {
    let with_checksum = |fields: [String; COLUMNS.len()]| {
        let mut checked = CHECKED_COLUMNS.map(|_| checksum(&fields));
        checked[..COLUMNS.len()].clone_from_slice(&fields);
        checked
    };
    let lines: Vec<_> = rows.iter().flat_map(lines).map(with_checksum).collect();
    let count = lines.len();
    format!(
        "{HEAD}{COUNTS_SCHEMA}, measured {measured}\n{}# {count} rows\n",
        csv_table::write(CHECKED_COLUMNS, lines)
    )
}

/// The checksum of the fields of a line: the first 32 bits of a SHA-256, in hex.
fn checksum<S: AsRef<str>>(fields: &[S]) -> String {
    let fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
    let mut digest = harness_probe::digest(&serde_json::json!(fields));
    digest.truncate(8);
    digest
}

/// The lines of a row: one for each of its counts.
fn lines(row: &Row) -> impl Iterator<Item = [String; COLUMNS.len()]> {
    row.readings
        .iter()
        .flat_map(|reading| values(&reading.data))
        .map(|(count, unit, value)| {
            [
                row.workload.clone(),
                row.phase.clone(),
                count,
                value.to_string(),
                unit.to_owned(),
                row.unit.per_run.to_string(),
                row.unit.name.clone(),
                row.definition.clone(),
                row.answer.clone(),
            ]
        })
}

/// Returns the name, the unit and the value of each count.
fn values(data: &Data) -> Vec<(String, &'static str, u64)> {
    let named = |(count, unit): (&str, &'static str), value| (count.to_owned(), unit, value);
    match data {
        Data::Callgrind { instructions } => vec![named(CALLGRIND, *instructions)],
        &Data::Dhat {
            total_bytes,
            total_blocks,
            peak_bytes,
            leaked_bytes,
            tokens,
            token_bytes,
            token_blocks,
        } => {
            let values = [
                total_bytes,
                total_blocks,
                peak_bytes,
                leaked_bytes,
                tokens,
                token_bytes,
                token_blocks,
            ];
            DHAT.into_iter()
                .zip(values)
                .map(|(count, value)| named(count, value))
                .collect()
        }
        Data::Counts { counted_by, values } if counted_by.is_counted() => {
            let name = |name: &String| format!("{}/{name}", counted_by.name());
            values
                .iter()
                .map(|(count, value)| (name(count), GENERIC_UNIT, *value))
                .collect()
        }
        Data::Clock { .. }
        | Data::Estimate { .. }
        | Data::Criterion { .. }
        | Data::Counts { .. } => Vec::new(),
    }
}

/// Splits the name of a generic count, such as `dhat/pages`, into the instrument and the rest.
fn generic(count: &str) -> Option<(Instrument, &str)> {
    let (instrument, name) = count.split_once('/')?;
    Some((
        Instrument::by_name(instrument).filter(|instrument| instrument.is_counted())?,
        name,
    ))
}

/// Parses the text of the file. Returns the date of the measurement, and the rows with readings of instruction set
/// `isa`.
pub(super) fn read(text: &str, path: &Path, isa: &str) -> Result<(String, Vec<Row>), FileError> {
    let wrong = |(line, what)| KIND.content(path, Some(line), what);
    let cut_off = |what: &str| wrong((text.lines().count() as u64, incomplete(what)));
    if let Some(line) = conflict(text) {
        return Err(wrong((line, CONFLICT.to_owned())));
    }
    let (schema, measured, rest) = head(text, path)?;
    let (table, stated) = foot(rest).ok_or_else(|| {
        cut_off("the last line must state the number of rows, such as `# 12 rows`")
    })?;
    let mut rows: Vec<Reader> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut add = |line, fields: [&str; COLUMNS.len()]| {
        let (count, value, row) = entry(fields)?;
        let place = *places
            .entry((row.workload.clone(), row.phase.clone()))
            .or_insert_with(|| {
                rows.push(Reader {
                    line,
                    row: row.clone(),
                    counts: HashMap::new(),
                });
                rows.len() - 1
            });
        rows[place].add(count, value, &row, line)
    };
    let found = match schema {
        WITHOUT_CHECKSUMS => csv_table::read(table, COLUMNS, add),
        _ => csv_table::read(table, CHECKED_COLUMNS, |line, checked| {
            let mut fields = [""; COLUMNS.len()];
            fields.copy_from_slice(&checked[..COLUMNS.len()]);
            add(line, fields)?;
            match checked[COLUMNS.len()] == checksum(&fields) {
                true => Ok(()),
                false => Err(EDITED.to_owned()),
            }
        }),
    };
    // Checked last, so that an invalid line is reported before its effect on the number of rows.
    let found = found.map_err(wrong)?;
    if found != stated {
        return Err(cut_off(&format!(
            "the last line states {stated} rows, but there are {found}"
        )));
    }
    let rows: Result<_, _> = rows.into_iter().map(|row| row.finish(isa)).collect();
    Ok((measured, rows.map_err(wrong)?))
}

/// The lines around the rows of a file.
pub(super) struct Frame<'a> {
    pub(super) schema: u32,
    pub(super) measured: String,
    /// The first line, and the line with the names of the columns.
    start: &'a str,
    /// The lines of the rows.
    pub(super) body: &'a str,
    /// The number of lines that the last line states.
    pub(super) stated: u64,
}

impl<'a> Frame<'a> {
    /// None if a line is missing or invalid.
    pub(super) fn of(text: &'a str, path: &Path) -> Option<Self> {
        let (schema, measured, rest) = head(text, path).ok()?;
        let (table, stated) = foot(rest)?;
        let columns = table.find('\n')? + 1;
        Some(Self {
            schema,
            measured,
            start: &text[..text.len() - rest.len() + columns],
            body: &table[columns..],
            stated,
        })
    }

    /// The text of a file with these lines only.
    pub(super) fn around(&self, lines: &str, count: u64) -> String {
        format!("{}{lines}# {count} rows\n", self.start)
    }
}

/// The problem of a row whose checksum does not fit.
const EDITED: &str = "the checksum does not fit the row, so it was changed after it was measured; restore the file from \
                      git, or measure and save it with `harness run` and `harness baseline save`";

/// The problem of a file in the middle of a merge.
const CONFLICT: &str = "this is the marker of a merge conflict; take one side with `git checkout --ours` or `--theirs`, \
                        then measure and save it with `harness run` and `harness baseline save`";

/// The number of the first line that is a marker of a merge conflict.
fn conflict(text: &str) -> Option<u64> {
    let is_marker = |line: &str| {
        ["<<<<<<< ", ">>>>>>> "]
            .iter()
            .any(|start| line.starts_with(start))
            || line == "======="
    };
    let place = text.lines().position(is_marker)?;
    Some(place as u64 + 1)
}

/// Returns the schema version, the date of the measurement, and the text after the first line.
fn head<'a>(text: &'a str, path: &Path) -> Result<(u32, String, &'a str), FileError> {
    let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
    let head = head
        .trim_end_matches('\r')
        .strip_prefix(HEAD)
        .and_then(|head| head.split_once(','));
    let Some((Ok(schema), head)) = head.map(|(schema, head)| (number(schema), head)) else {
        return Err(wrong_head(path));
    };
    let schema = u32::try_from(schema).unwrap_or(u32::MAX);
    KIND.check_schema(schema, path, Some(1))?;
    let measured = head
        .strip_prefix(" measured ")
        .ok_or_else(|| wrong_head(path))?;
    Ok((schema, measured.to_owned(), rest))
}

fn wrong_head(path: &Path) -> FileError {
    let what = format!("a baseline begins with `{HEAD}{COUNTS_SCHEMA}, measured` and the date");
    KIND.content(path, Some(1), what)
}

/// Returns the table without the last line, and the number of rows that the last line states.
fn foot(rest: &str) -> Option<(&str, u64)> {
    let body = rest
        .strip_suffix('\n')
        .unwrap_or(rest)
        .trim_end_matches('\r');
    let (table, foot) = body.split_at(body.rfind('\n').map_or(0, |end| end + 1));
    Some((
        table,
        number(foot.strip_prefix("# ")?.strip_suffix(" rows")?).ok()?,
    ))
}

/// Reads one line of the table: the name of the count, its value, and its row without readings.
fn entry(fields: [&str; COLUMNS.len()]) -> Result<(&str, u64, Row), String> {
    let [
        workload,
        phase,
        count,
        value,
        unit,
        per_run,
        run_unit,
        definition,
        answer,
    ] = fields;
    let known = || std::iter::once(CALLGRIND).chain(DHAT);
    let unit_of_own_variant = known()
        .find(|(name, _)| *name == count)
        .map(|(_, unit)| unit);
    let Some(expected) = unit_of_own_variant.or_else(|| generic(count).map(|_| GENERIC_UNIT))
    else {
        let names: Vec<&str> = known().map(|(name, _)| name).collect();
        return Err(format!(
            "there is no count `{count}`; the counts are {}",
            names.join(", ")
        ));
    };
    if unit != expected {
        return Err(format!(
            "`{count}` is counted in {expected}, not in `{unit}`"
        ));
    }
    let value = number(value).map_err(|what| format!("the value of `{count}` {what}"))?;
    let per_run = number(per_run).map_err(|what| format!("per_run {what}"))?;
    if per_run == 0 {
        return Err("per_run is 0, but a run yields at least 1".to_owned());
    }
    let row = Row {
        workload: workload.to_owned(),
        phase: phase.to_owned(),
        unit: Unit {
            name: run_unit.to_owned(),
            per_run,
        },
        definition: definition.to_owned(),
        answer: answer.to_owned(),
        // Only rows with a passed check are promoted.
        check: Check::Passed,
        readings: Vec::new(),
        recounts: Vec::new(),
        failures: Vec::new(),
    };
    Ok((count, value, row))
}

/// A row while its lines are read.
struct Reader {
    /// First line of the row.
    line: u64,
    row: Row,
    /// Value and line number of each count.
    counts: HashMap<String, (u64, u64)>,
}

impl Reader {
    fn add(&mut self, count: &str, value: u64, row: &Row, line: u64) -> Result<(), String> {
        let name = self.row.place();
        if *row != self.row {
            return Err(format!(
                "{name} has another unit, definition or answer here than in line {}, but one row has one of each",
                self.line
            ));
        }
        match self.counts.insert(count.to_owned(), (value, line)) {
            None => Ok(()),
            Some((_, first)) => Err(format!(
                "duplicate row: `{count}` of {name} is already in line {first}"
            )),
        }
    }

    /// Returns the row with its readings. An error contains the line number and the problem.
    fn finish(mut self, isa: &str) -> Result<Row, (u64, String)> {
        let reading = |data| Reading {
            isa: isa.to_owned(),
            threads: 1,
            data,
        };
        let mut generic_counts: BTreeMap<Instrument, BTreeMap<String, u64>> = BTreeMap::new();
        self.counts
            .retain(|count, (value, _)| match generic(count) {
                Some((instrument, name)) => {
                    generic_counts
                        .entry(instrument)
                        .or_default()
                        .insert(name.to_owned(), *value);
                    false
                }
                None => true,
            });
        if let Some((instructions, _)) = self.counts.remove(CALLGRIND.0) {
            self.row
                .readings
                .push(reading(Data::Callgrind { instructions }));
        }
        if let Some(line) = self.counts.values().map(|(_, line)| *line).min() {
            if let Some((missing, _)) = DHAT
                .iter()
                .find(|(name, _)| !self.counts.contains_key(*name))
            {
                return Err((line, format!("{} has no `{missing}`", self.row.place())));
            }
            let [
                total_bytes,
                total_blocks,
                peak_bytes,
                leaked_bytes,
                tokens,
                token_bytes,
                token_blocks,
            ] = DHAT.map(|(name, _)| self.counts[name].0);
            let data = Data::Dhat {
                total_bytes,
                total_blocks,
                peak_bytes,
                leaked_bytes,
                tokens,
                token_bytes,
                token_blocks,
            };
            self.row.readings.push(reading(data));
        }
        for (counted_by, values) in generic_counts {
            if self.row.reading(counted_by).is_some() {
                let what = format!(
                    "{} has two readings of {}",
                    self.row.place(),
                    counted_by.name()
                );
                return Err((self.line, what));
            }
            self.row
                .readings
                .push(reading(Data::Counts { counted_by, values }));
        }
        self.row
            .readings
            .sort_by_key(|reading| reading.data.instrument());
        Ok(self.row)
    }
}

/// Parses a whole number of decimal digits, without a sign.
fn number(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| format!("is `{text}`, which is not a whole number"))
}
