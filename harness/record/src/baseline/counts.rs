//! Reading and writing of `counts.csv`: one line per workload, phase and count.
//!
//! The first line contains the schema version and the date of the measurement. The last line contains the number of
//! rows, so that a truncated file is detected.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use harness_probe::{Instrument, Unit};

use crate::baseline::{BaselineError, SCHEMA_VERSION};
use crate::{Check, Data, Reading, Row};

const COLUMNS: [&str; 9] =
    ["workload", "phase", "count", "value", "unit", "per_run", "run_unit", "definition", "answer"];

/// Name and unit of each count of callgrind.
const CALLGRIND: [(&str, &str); 1] = [("instructions", "instructions")];

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
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut lines = 0;
    let mut line = |fields: [&str; COLUMNS.len()]| writer.write_record(fields).expect("writing to memory cannot fail");
    line(COLUMNS);
    for row in rows {
        for reading in &row.readings {
            for (count, unit, value) in values(&reading.data) {
                line([
                    &row.workload,
                    &row.phase,
                    &count,
                    &value.to_string(),
                    unit,
                    &row.unit.per_run.to_string(),
                    &row.unit.name,
                    &row.definition,
                    &row.answer,
                ]);
                lines += 1;
            }
        }
    }
    let table = writer.into_inner().expect("writing to memory cannot fail");
    let table = String::from_utf8(table).expect("every field is a string");
    format!("{HEAD}{SCHEMA_VERSION}, measured {measured}\n{table}# {lines} rows\n")
}

/// Returns the name, the unit and the value of each count.
fn values(data: &Data) -> Vec<(String, &'static str, u64)> {
    let named = |counts: &[(&str, &'static str)], values: &[u64]| {
        counts.iter().zip(values).map(|((count, unit), value)| ((*count).to_owned(), *unit, *value)).collect()
    };
    match data {
        Data::Callgrind { instructions } => named(&CALLGRIND, &[*instructions]),
        &Data::Dhat { total_bytes, total_blocks, peak_bytes, leaked_bytes, tokens, token_bytes, token_blocks } => {
            named(&DHAT, &[total_bytes, total_blocks, peak_bytes, leaked_bytes, tokens, token_bytes, token_blocks])
        }
        Data::Counts { counted_by, values } => {
            values.iter().map(|(name, &value)| (format!("{}/{name}", counted_by.name()), GENERIC_UNIT, value)).collect()
        }
        Data::Clock { .. } | Data::Criterion { .. } => Vec::new(),
    }
}

/// Splits the name of a generic count, such as `dhat/pages`, into the instrument and the rest.
fn generic(count: &str) -> Option<(Instrument, &str)> {
    let (instrument, name) = count.split_once('/')?;
    Some((Instrument::by_name(instrument).filter(|instrument| instrument.is_counted())?, name))
}

/// Parses the text of the file. Returns the date of the measurement, and the rows with readings of instruction set
/// `isa`.
pub(super) fn read(text: &str, path: &Path, isa: &str) -> Result<(String, Vec<Row>), BaselineError> {
    let file = File { text, path };
    let (measured, rest) = file.head()?;
    let (table, expected_rows) = file.without_foot(rest)?;
    let mut rows: Vec<Reader> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(table.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut header = true;
    let mut found_rows = 0;
    loop {
        // The table begins in line 2.
        let line = reader.position().line() + 1;
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(file.line(line, format!("this is not CSV: {error}"))),
        }
        let line = record.position().map_or(line, |position| position.line() + 1);
        if std::mem::take(&mut header) {
            if record != *COLUMNS.as_slice() {
                return Err(file.line(line, format!("the columns must be {}", COLUMNS.join(","))));
            }
            continue;
        }
        let fields: Vec<&str> = record.iter().collect();
        let Ok(fields) = <[&str; COLUMNS.len()]>::try_from(fields) else {
            let count = record.len();
            return Err(file.line(line, format!("a row has {} fields, this one has {count}", COLUMNS.len())));
        };
        found_rows += 1;
        let entry = Entry::read(fields).map_err(|what| file.line(line, what))?;
        let place = *places.entry((entry.row.workload.clone(), entry.row.phase.clone())).or_insert_with(|| {
            rows.push(Reader { line, row: entry.row.clone(), counts: HashMap::new() });
            rows.len() - 1
        });
        rows[place].add(entry, line).map_err(|what| file.line(line, what))?;
    }
    if header {
        return Err(file.line(2, format!("the columns must be {}", COLUMNS.join(","))));
    }
    // Checked last, so that an invalid line is reported before its effect on the number of rows.
    if found_rows != expected_rows {
        return Err(file.cut_off(format!("the last line states {expected_rows} rows, but there are {found_rows}")));
    }
    let rows = rows.into_iter().map(|row| row.finish(isa).map_err(|(line, what)| file.line(line, what)));
    Ok((measured, rows.collect::<Result<_, _>>()?))
}

struct File<'a> {
    text: &'a str,
    path: &'a Path,
}

impl<'a> File<'a> {
    fn line(&self, line: u64, what: String) -> BaselineError {
        BaselineError::Line { path: self.path.to_owned(), line, what }
    }

    /// Returns the date of the measurement, and the text after the first line.
    fn head(&self) -> Result<(String, &'a str), BaselineError> {
        let (head, rest) = self.text.split_once('\n').unwrap_or((self.text, ""));
        let wrong = || self.line(1, format!("a baseline begins with `{HEAD}{SCHEMA_VERSION}, measured` and the date"));
        let head = head.trim_end_matches('\r').strip_prefix(HEAD).ok_or_else(wrong)?;
        let (schema, head) = head.split_once(',').ok_or_else(wrong)?;
        let schema = number(schema).map_err(|_| wrong())?;
        if schema != SCHEMA_VERSION {
            return Err(BaselineError::Schema { path: self.path.to_owned(), line: 1, found: schema });
        }
        let measured = head.strip_prefix(" measured ").ok_or_else(wrong)?;
        Ok((measured.to_owned(), rest))
    }

    fn cut_off(&self, what: String) -> BaselineError {
        BaselineError::CutOff { path: self.path.to_owned(), line: self.text.lines().count() as u64, what }
    }

    /// Returns the table without the last line, and the number of rows that the last line states.
    fn without_foot(&self, rest: &'a str) -> Result<(&'a str, u64), BaselineError> {
        let body = rest.strip_suffix('\n').unwrap_or(rest).trim_end_matches('\r');
        let (table, foot) = match body.rfind('\n') {
            Some(end) => body.split_at(end + 1),
            None => ("", body),
        };
        let rows = foot.strip_prefix("# ").and_then(|foot| foot.strip_suffix(" rows")).and_then(|n| number(n).ok());
        let Some(rows) = rows else {
            return Err(self.cut_off("the last line must state the number of rows, such as `# 12 rows`".to_owned()));
        };
        Ok((table, rows))
    }
}

/// One line of the table.
struct Entry {
    count: String,
    value: u64,
    row: Row,
}

impl Entry {
    fn read(fields: [&str; COLUMNS.len()]) -> Result<Self, String> {
        let [workload, phase, count, value, unit, per_run, run_unit, definition, answer] = fields;
        let known = || CALLGRIND.iter().chain(&DHAT);
        let of_own_variant = known().find(|(name, _)| *name == count).map(|(_, unit)| *unit);
        let Some(expected) = of_own_variant.or_else(|| generic(count).map(|_| GENERIC_UNIT)) else {
            let names: Vec<&str> = known().map(|(name, _)| *name).collect();
            return Err(format!("there is no count `{count}`; the counts are {}", names.join(", ")));
        };
        if unit != expected {
            return Err(format!("`{count}` is counted in {expected}, not in `{unit}`"));
        }
        let value = number(value).map_err(|what| format!("the value of `{count}` {what}"))?;
        let per_run = number(per_run).map_err(|what| format!("per_run {what}"))?;
        if per_run == 0 {
            return Err("per_run is 0, but a run yields at least 1".to_owned());
        }
        let row = Row {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
            unit: Unit { name: run_unit.to_owned(), per_run },
            definition: definition.to_owned(),
            answer: answer.to_owned(),
            // Only rows with a passed check are promoted.
            check: Check::Passed,
            readings: Vec::new(),
            failures: Vec::new(),
        };
        Ok(Self { count: count.to_owned(), value, row })
    }
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
    fn add(&mut self, entry: Entry, line: u64) -> Result<(), String> {
        let name = format!("{} in phase {}", self.row.workload, self.row.phase);
        if entry.row != self.row {
            return Err(format!(
                "{name} has another unit, definition or answer here than in line {}, but one row has one of each",
                self.line
            ));
        }
        match self.counts.insert(entry.count.clone(), (entry.value, line)) {
            None => Ok(()),
            Some((_, first)) => Err(format!("duplicate row: `{}` of {name} is already in line {first}", entry.count)),
        }
    }

    /// Returns the row with its readings. An error contains the line number and the problem.
    fn finish(mut self, isa: &str) -> Result<Row, (u64, String)> {
        let reading = |data| Reading { isa: isa.to_owned(), threads: 1, data };
        let mut generic_counts: BTreeMap<Instrument, BTreeMap<String, u64>> = BTreeMap::new();
        self.counts.retain(|count, (value, _)| match generic(count) {
            Some((instrument, name)) => {
                generic_counts.entry(instrument).or_default().insert(name.to_owned(), *value);
                false
            }
            None => true,
        });
        if let Some((instructions, _)) = self.counts.remove(CALLGRIND[0].0) {
            self.row.readings.push(reading(Data::Callgrind { instructions }));
        }
        if let Some(&(_, line)) = self.counts.values().min_by_key(|(_, line)| *line) {
            let mut value = |name: &str| {
                self.counts
                    .remove(name)
                    .map(|(value, _)| value)
                    .ok_or_else(|| (line, format!("{} in phase {} has no `{name}`", self.row.workload, self.row.phase)))
            };
            let data = Data::Dhat {
                total_bytes: value(DHAT[0].0)?,
                total_blocks: value(DHAT[1].0)?,
                peak_bytes: value(DHAT[2].0)?,
                leaked_bytes: value(DHAT[3].0)?,
                tokens: value(DHAT[4].0)?,
                token_bytes: value(DHAT[5].0)?,
                token_blocks: value(DHAT[6].0)?,
            };
            self.row.readings.push(reading(data));
        }
        for (counted_by, values) in generic_counts {
            if self.row.reading(counted_by).is_some() {
                let name = format!("{} in phase {}", self.row.workload, self.row.phase);
                return Err((self.line, format!("{name} has two readings of {}", counted_by.name())));
            }
            self.row.readings.push(reading(Data::Counts { counted_by, values }));
        }
        self.row.readings.sort_by_key(|reading| reading.data.instrument());
        Ok(self.row)
    }
}

/// Parses a whole number of decimal digits, without a sign.
fn number(text: &str) -> Result<u64, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| format!("is `{text}`, which is not a whole number"))
}
