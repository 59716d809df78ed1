//! Counts again what a gate would report as worse or better, because the counts of a program may not repeat.

use anyhow::Result;
use harness::collect::{Bar, Request};
use harness::terminal::notice;
use harness_judge::counts::{CountsVerdict, MOST_RECOUNTS};
use harness_record::Record;

use crate::cli::ready::Ready;

/// A side of a gate: its counts, and its programs unless the counts are stored.
pub(super) struct Counts<'a> {
    pub(super) record: &'a mut Record,
    pub(super) ready: Option<&'a Ready>,
}

/// Counts the figures that `verdict` reports as worse or better again, until that is certain. Counts that are equal or
/// within their limits are not taken again. Returns true if any were.
pub(super) fn confirm(
    [base, head]: [Counts<'_>; 2],
    request: &Request,
    verdict: impl Fn(&Record, &Record) -> CountsVerdict,
) -> Result<bool> {
    for round in 0..MOST_RECOUNTS {
        let suspects = verdict(base.record, head.record).suspects();
        if suspects.is_empty() {
            return Ok(round > 0);
        }
        if round == 0 {
            let rows = match suspects.len() {
                1 => "1 row".to_owned(),
                several => format!("{several} rows"),
            };
            notice(&format!(
                "the counts of {rows} differ beyond their limits; they are taken again, to see if they repeat"
            ));
        }
        for side in [&mut *base.record, &mut *head.record]
            .into_iter()
            .zip([base.ready, head.ready])
        {
            let (record, Some(ready)) = side else {
                continue;
            };
            let measured = ready.measured();
            measured.recount(&ready.greeting, &suspects, request, record, &Bar::new())?;
        }
    }
    Ok(true)
}
