//! Reads and writes `accepted.csv`: one line for each accepted regression.

use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::civil::Date;
use thiserror::Error;

use crate::acceptance::{Acceptance, Acceptances, Loss, is_judged, is_time, judged, worse};
use crate::suggestion::suggestion;
use crate::{atomic_file, metric};

/// Name of the file in the folder of baselines.
pub const FILE: &str = "accepted.csv";

/// Version of the file format that this build writes, and the only one it reads.
pub const SCHEMA_VERSION: u32 = 1;

const HEAD: &str = "# harness acceptances, schema ";
const COLUMNS: [&str; 9] = ["workload", "phase", "metric", "from", "to", "accepted", "expires", "reason", "key"];

/// Acceptances that cannot be read or written.
#[derive(Debug, Error)]
pub enum AcceptanceError {
    /// The file exists and cannot be read.
    #[error("cannot read the acceptances {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the acceptances {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// A line is invalid.
    #[error("{path}, line {line}: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// The problem.
        what: String,
    },
}

impl Acceptances {
    /// Reads the acceptances of a folder of baselines. A missing file means none.
    ///
    /// # Errors
    /// If the file exists and cannot be read, or a line is invalid.
    pub fn read(folder: &Path) -> Result<Self, AcceptanceError> {
        Self::parse(&text(folder)?, &folder.join(FILE))
    }

    /// Parses the text of the file; empty if there is no file. `path` is named in errors.
    ///
    /// # Errors
    /// If a line is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, AcceptanceError> {
        let wrong = |line: u64, what: String| AcceptanceError::Line { path: path.to_owned(), line, what };
        if text.is_empty() {
            return Ok(Self::default());
        }
        let (head, table) = text.split_once('\n').unwrap_or((text, ""));
        match head.trim_end().strip_prefix(HEAD).map(str::parse) {
            Some(Ok(SCHEMA_VERSION)) => {}
            Some(Ok(found)) => {
                let what = format!("it has schema version {found}, this harness reads {SCHEMA_VERSION}");
                return Err(wrong(1, what));
            }
            _ => return Err(wrong(1, format!("the first line must be `{HEAD}{SCHEMA_VERSION}`"))),
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(table.as_bytes());
        let mut lines: Vec<Acceptance> = Vec::new();
        let mut header = true;
        for record in reader.records() {
            let record = record.map_err(|error| wrong(2, format!("invalid CSV: {error}")))?;
            let line = record.position().map_or(2, |position| position.line() + 1);
            if std::mem::take(&mut header) {
                if record != *COLUMNS.as_slice() {
                    return Err(wrong(line, format!("the columns must be {}", COLUMNS.join(","))));
                }
                continue;
            }
            let fields: Vec<&str> = record.iter().collect();
            let Ok(fields) = <[&str; COLUMNS.len()]>::try_from(fields) else {
                return Err(wrong(line, format!("expected {} fields, found {}", COLUMNS.len(), record.len())));
            };
            let read = acceptance(fields).map_err(|what| wrong(line, what))?;
            if lines.iter().any(|other| other.loss.same_figure(&read.loss) && other.loss.from == read.loss.from) {
                return Err(wrong(line, "a second line for the same figure from the same level; keep one".to_owned()));
            }
            lines.push(read);
        }
        match header {
            true => Err(wrong(2, format!("the columns must be {}", COLUMNS.join(",")))),
            false => Ok(Self { lines }),
        }
    }

    /// Writes the file into a folder of baselines atomically, and returns its path.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, AcceptanceError> {
        let path = folder.join(FILE);
        match atomic_file::write(&path, self.to_text().as_bytes()) {
            Ok(()) => Ok(path),
            Err(source) => Err(AcceptanceError::Write { path, source }),
        }
    }

    fn to_text(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write =
            |fields: [&str; COLUMNS.len()]| writer.write_record(fields).expect("writing to memory cannot fail");
        write(COLUMNS);
        for Acceptance { loss, accepted, expires, reason } in &self.lines {
            write([
                &loss.workload,
                &loss.phase,
                loss.metric.name(),
                &loss.from.to_string(),
                &loss.to.to_string(),
                &accepted.to_string(),
                &expires.map(|day| day.to_string()).unwrap_or_default(),
                reason,
                loss.key.as_deref().unwrap_or_default(),
            ]);
        }
        let table = writer.into_inner().expect("writing to memory cannot fail");
        format!("{HEAD}{SCHEMA_VERSION}\n{}", String::from_utf8(table).expect("every field is a string"))
    }
}

/// Reads the text of the file in a folder of baselines; empty if there is no file.
///
/// # Errors
/// If the file exists and cannot be read.
pub fn text(folder: &Path) -> Result<String, AcceptanceError> {
    let path = folder.join(FILE);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other.map_err(|source| AcceptanceError::Read { path, source }),
    }
}

fn acceptance(fields: [&str; COLUMNS.len()]) -> Result<Acceptance, String> {
    let [workload, phase, name, from, to, accepted, expires, reason, key] = fields;
    if let Some(column) = COLUMNS[..3].iter().zip([workload, phase, name]).find(|(_, field)| field.trim().is_empty()) {
        return Err(format!("the {} is empty", column.0));
    }
    let known = || judged().map(|metric| metric.name());
    let metric =
        metric::by_name(name).ok_or_else(|| format!("there is no metric `{name}`; {}", suggestion(name, known())))?;
    if !is_judged(metric) {
        return Err(format!("`{name}` is never judged; judged metrics: {}", known().collect::<Vec<_>>().join(", ")));
    }
    let (from, to) = (level("from", from)?, level("to", to)?);
    if worse(metric, from, to) <= 0.0 {
        return Err(format!("{to} is no worse than {from}, so there is nothing to accept"));
    }
    let key = match (key, is_time(metric)) {
        ("", true) => None,
        ("", false) => {
            return Err(format!(
                "the key is empty; name the toolchain that counted `{name}`, as folders of baselines do"
            ));
        }
        (_, true) => return Err("a time has no key of a toolchain; leave `key` empty".to_owned()),
        (key, false) => Some(key.to_owned()),
    };
    if is_time(metric) && from != 1.0 {
        return Err("a time is accepted as a ratio to its base; write 1 in `from`".to_owned());
    }
    if reason.trim().is_empty() {
        return Err("the reason is empty; explain why the regression is accepted".to_owned());
    }
    let loss = Loss { workload: workload.to_owned(), phase: phase.to_owned(), metric, from, to, key };
    let expires = if expires.is_empty() { None } else { Some(day("expires", expires)?) };
    Ok(Acceptance { loss, accepted: day("accepted", accepted)?, expires, reason: reason.to_owned() })
}

fn level(column: &str, text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|level: &f64| level.is_finite() && *level >= 0.0);
    level.ok_or_else(|| format!("{column} is `{text}`; expected a finite number that is not negative"))
}

fn day(column: &str, text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("{column} is `{text}`; expected a date such as 2026-12-31"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "# harness acceptances, schema 1\nworkload,phase,metric,from,to,accepted,expires,reason,key\n";

    fn parse(text: &str) -> Result<Acceptances, String> {
        Acceptances::parse(text, Path::new("accepted.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_file_there_are_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Acceptances::read(folder.path()).expect("none"), Acceptances::default());
    }

    #[test]
    fn every_bad_line_is_answered_by_one_sentence() {
        let good = "w,naive,instructions,1000,1050,2026-01-02,2026-12-31,it pays,key";
        assert_eq!(parse(&format!("{HEADER}{good}\n")).expect("good").lines().len(), 1);
        let line = |from: &str, to: &str| format!("{HEADER}{}\n", good.replace(from, to));
        let cases = [
            "workload\n".to_owned(),
            "# harness acceptances, schema 2\n".to_owned(),
            "# harness acceptances, schema 1\n".to_owned(),
            "# harness acceptances, schema 1\nworkload,phase\n".to_owned(),
            format!("{HEADER}w,naive\n"),
            line("w,", " ,"),
            line("instructions", "instruction"),
            line("instructions", "latency-p95"),
            line("1000", "1e"),
            line("1000", "-1"),
            line("1050", "inf"),
            line("1050", "1000"),
            line("2026-01-02", "yesterday"),
            line("2026-12-31", "2026-13-01"),
            line("it pays", " "),
            line("key", ""),
            line("instructions,1000,1050", "time,1,1.05"),
            line("instructions,1000,1050", "time,2,2.05").replace("key", ""),
            format!("{HEADER}{good}\n{}\n", good.replace("1050", "1060")),
        ];
        let messages: Vec<String> = cases.iter().map(|text| parse(text).expect_err(text)).collect();
        assert!(messages.iter().all(|message| !message.contains('\n')), "{messages:#?}");
        insta::assert_snapshot!(messages.join("\n"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn written_acceptances_are_read_back(
            names in prop::collection::vec(("[a-z/@,\"]{1,8}", "[ -~]{1,20}", 0..5_u8, 1.0..1e15f64, 1e-9..2.0f64), 0..6),
        ) {
            let mut written = Acceptances::default();
            for (workload, reason, metric, from, more) in names {
                prop_assume!(!reason.trim().is_empty());
                let metric = judged().nth(metric.into()).expect("a metric");
                let (from, key) = if is_time(metric) { (1.0, None) } else { (from.round(), Some("key".to_owned())) };
                let loss = Loss { workload, phase: "naive".to_owned(), metric, from, to: from * (1.0 + more), key };
                prop_assume!(loss.to > loss.from);
                let accepted = jiff::civil::date(2026, 1, 2);
                written.add(Acceptance { loss, accepted, expires: Some(accepted), reason });
            }
            prop_assert_eq!(parse(&written.to_text()).expect("read"), written);
        }

        #[test]
        fn no_text_is_too_strange_to_be_answered(text in "\\PC{0,200}") {
            let _ = parse(&text);
            let _ = parse(&format!("{HEADER}{text}"));
        }
    }
}
