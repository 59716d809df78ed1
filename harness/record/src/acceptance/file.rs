//! Reads and writes `accepted.csv`: one line for each accepted regression.

use std::path::{Path, PathBuf};

use itertools::Itertools;
use jiff::civil::Date;

use crate::acceptance::{Acceptance, Acceptances, Loss, is_judged, is_time, judged};
use crate::metric::{self, Metric};
use crate::stored_file::FileKind;
use crate::{FileError, csv_table};

/// Name of the file in the folder of baselines.
pub const FILE: &str = "accepted.csv";

/// Version of the file format that this build writes, and the only one it reads.
pub const SCHEMA_VERSION: u32 = 1;

const HEAD: &str = "# harness acceptances, schema ";
const COLUMNS: [&str; 9] = [
    "workload", "phase", "metric", "from", "to", "accepted", "expires", "reason", "key",
];

static KIND: FileKind = FileKind::new("the acceptances ", SCHEMA_VERSION);

impl Acceptances {
    /// Reads the acceptances of a folder of baselines. A missing file means none.
    ///
    /// # Errors
    /// If the file exists and cannot be read, or a line is invalid.
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        Self::parse(&text(folder)?, &folder.join(FILE))
    }

    /// Parses the text of the file; empty if there is no file. `path` is named in errors.
    ///
    /// # Errors
    /// If a line is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let wrong = |(line, what)| KIND.content(path, Some(line), what);
        let (head, table) = text.split_once('\n').unwrap_or((text, ""));
        let Some(Ok(schema)) = head.trim_end().strip_prefix(HEAD).map(str::parse) else {
            return Err(wrong((
                1,
                format!("the first line must be `{HEAD}{SCHEMA_VERSION}`"),
            )));
        };
        KIND.check_schema(schema, path, Some(1))?;
        let mut lines: Vec<Acceptance> = Vec::new();
        let read = csv_table::read(table, COLUMNS, |_, fields| {
            let new = acceptance(fields)?;
            if lines.iter().any(|old| old.replaced_by(&new)) {
                return Err(
                    "a second line for the same figure from the same level; keep one".to_owned(),
                );
            }
            lines.push(new);
            Ok(())
        });
        read.map_err(wrong)?;
        Ok(Self { lines })
    }

    /// Writes the file into a folder of baselines atomically, and returns its path.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, FileError> {
        let path = folder.join(FILE);
        KIND.write(&path, &self.to_text())?;
        Ok(path)
    }

    fn to_text(&self) -> String {
        let rows = self.lines.iter().map(
            |Acceptance {
                 loss,
                 accepted,
                 expires,
                 reason,
             }| {
                [
                    loss.workload.clone(),
                    loss.phase.clone(),
                    loss.metric.name().to_owned(),
                    loss.from.to_string(),
                    loss.to.to_string(),
                    accepted.to_string(),
                    expires.map(|day| day.to_string()).unwrap_or_default(),
                    reason.clone(),
                    loss.key.clone().unwrap_or_default(),
                ]
            },
        );
        format!(
            "{HEAD}{SCHEMA_VERSION}\n{}",
            csv_table::write(COLUMNS, rows)
        )
    }
}

/// Reads the text of the file in a folder of baselines; empty if there is no file.
///
/// # Errors
/// If the file exists and cannot be read.
pub fn text(folder: &Path) -> Result<String, FileError> {
    Ok(KIND.read_if_there(&folder.join(FILE))?.unwrap_or_default())
}

fn acceptance(fields: [&str; COLUMNS.len()]) -> Result<Acceptance, String> {
    let [
        workload,
        phase,
        name,
        from,
        to,
        accepted,
        expires,
        reason,
        key,
    ] = fields;
    if let Some(column) = COLUMNS[..3]
        .iter()
        .zip([workload, phase, name])
        .find(|(_, field)| field.trim().is_empty())
    {
        return Err(format!("the {} is empty", column.0));
    }
    let metric = metric::find(name, judged())?;
    if !is_judged(metric) {
        return Err(format!(
            "`{name}` is never judged; judged metrics: {}",
            judged().map(Metric::name).join(", ")
        ));
    }
    let (from, to) = (level("from", from)?, level("to", to)?);
    if metric.worse(from, to) <= 0.0 {
        return Err(format!(
            "{to} is no worse than {from}, so there is nothing to accept"
        ));
    }
    match (key, is_time(metric)) {
        ("", false) => {
            let what = "the key is empty; name the toolchain that counted";
            return Err(format!("{what} `{name}`, as folders of baselines do"));
        }
        ("", true) if from != 1.0 => {
            return Err("a time is accepted as a ratio to its base; write 1 in `from`".to_owned());
        }
        ("", true) | (_, false) => {}
        (_, true) => return Err("a time has no key of a toolchain; leave `key` empty".to_owned()),
    }
    if reason.trim().is_empty() {
        return Err("the reason is empty; explain why the regression is accepted".to_owned());
    }
    let key = (!key.is_empty()).then(|| key.to_owned());
    let loss = Loss {
        workload: workload.to_owned(),
        phase: phase.to_owned(),
        metric,
        from,
        to,
        key,
    };
    let expires = (!expires.is_empty())
        .then(|| day("expires", expires))
        .transpose()?;
    Ok(Acceptance {
        loss,
        accepted: day("accepted", accepted)?,
        expires,
        reason: reason.to_owned(),
    })
}

fn level(column: &str, text: &str) -> Result<f64, String> {
    let level = text
        .parse()
        .ok()
        .filter(|level: &f64| level.is_finite() && *level >= 0.0);
    level.ok_or_else(|| {
        format!("{column} is `{text}`; expected a finite number that is not negative")
    })
}

fn day(column: &str, text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| format!("{column} is `{text}`; expected a date such as 2026-12-31"))
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
        assert_eq!(
            Acceptances::read(folder.path()).expect("none"),
            Acceptances::default()
        );
    }

    #[test]
    fn every_bad_line_is_answered_by_one_sentence() {
        let good = "w,naive,instructions,1000,1050,2026-01-02,2026-12-31,it pays,key";
        assert_eq!(
            parse(&format!("{HEADER}{good}\n"))
                .expect("good")
                .lines()
                .len(),
            1
        );
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
        let messages: Vec<String> = cases
            .iter()
            .map(|text| parse(text).expect_err(text))
            .collect();
        assert!(
            messages.iter().all(|message| !message.contains('\n')),
            "{messages:#?}"
        );
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
