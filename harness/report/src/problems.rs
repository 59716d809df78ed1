//! The problems of a record: answers that failed their check, and instruments that failed.

use harness_record::{Check, Record, Row};

/// Returns the problems of rows with their places, in order, one sentence each.
pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<String> {
    let mut problems = Vec::new();
    for row in rows {
        let mut add =
            |what: String| problems.push(format!("{}, {}: {what}", row.workload, row.phase));
        match &row.check {
            Check::Passed | Check::Unchecked => {}
            // The numbers of the row are invalid.
            Check::Failed(how) => add(format!("wrong answer: {how}")),
            // The numbers of the row may be invalid.
            Check::NotRun(why) => add(format!("answer not checked: {why}")),
        }
        for failure in &row.failures {
            add(format!(
                "no number from {}: {}",
                failure.instrument.name(),
                failure.message
            ));
        }
    }
    problems
}

/// One sentence that counts the answers by the result of their check.
pub fn checks(record: &Record) -> String {
    let total = record.rows.len();
    let count =
        |wanted: fn(&Check) -> bool| record.rows.iter().filter(|row| wanted(&row.check)).count();
    let failed = count(|check| matches!(check, Check::Failed(_)));
    let not_run = count(|check| matches!(check, Check::NotRun(_)));
    let unchecked = count(|check| matches!(check, Check::Unchecked));
    if unchecked > 0 && unchecked == total {
        return "No workload of this record checks its answer.".to_owned();
    }
    if unchecked > 0 {
        return format!(
            "{} of {total} answers passed their check; failed: {failed}; not checked: {not_run}; \
             without a check: {unchecked}.",
            total - failed - not_run - unchecked
        );
    }
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
