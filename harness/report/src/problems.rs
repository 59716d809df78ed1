//! The problems of a record: answers that failed their check, and instruments that failed.

use harness_record::{Check, Record, Row};

/// One problem and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// Its severity.
    pub kind: Kind,
    /// The description, one clause.
    pub what: String,
}

/// Severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The answer is wrong, so the numbers of the row are invalid.
    WrongAnswer,
    /// The answer was not checked, so the numbers of the row may be invalid.
    Unchecked,
    /// An instrument failed, so a number is missing.
    MissingNumber,
}

/// Returns the problems of rows, in order.
pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<Problem> {
    rows.into_iter()
        .flat_map(|row| {
            let problem =
                |kind, what: String| Problem { workload: row.workload.clone(), phase: row.phase.clone(), kind, what };
            let check = match &row.check {
                Check::Passed => None,
                Check::Failed(how) => Some(problem(Kind::WrongAnswer, format!("wrong answer: {how}"))),
                Check::NotRun(why) => Some(problem(Kind::Unchecked, format!("answer not checked: {why}"))),
            };
            let failures = row.failures.iter().map(move |failure| {
                let what = format!("no number from {}: {}", failure.instrument.name(), failure.message);
                problem(Kind::MissingNumber, what)
            });
            check.into_iter().chain(failures)
        })
        .collect()
}

/// One sentence that counts the answers by the result of their check.
pub fn checks(record: &Record) -> String {
    let total = record.rows.len();
    let count = |wanted: fn(&Check) -> bool| record.rows.iter().filter(|row| wanted(&row.check)).count();
    let failed = count(|check| matches!(check, Check::Failed(_)));
    let not_run = count(|check| matches!(check, Check::NotRun(_)));
    if total == 0 {
        return "No answer was checked: the record contains no measurements.".to_owned();
    }
    match (failed, not_run) {
        (0, 0) => format!("All {total} answers passed their check."),
        _ => format!(
            "{} of {total} answers passed their check; failed: {failed}; not checked: {not_run}.",
            total - failed - not_run
        ),
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}: {}", self.workload, self.phase, self.what)
    }
}
