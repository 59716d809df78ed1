//! The change since the last whole run of the same machine. Times of two runs are not compared: the ratio of each phase to the
//! anchor is. Counts are compared exactly, if both runs had one toolchain.

use harness_record::metric::{self, Figure, Metric};
use harness_record::{Record, Row, number};

use super::status::Status;
use crate::headline::{base, headline, main_metric};
use crate::render::Tone;
use crate::{Previous, ReportData, figures, provenance};

/// The answer; none if earlier records were not searched.
pub(super) fn change(report_data: &ReportData) -> Option<Status> {
    let status = Status {
        key: "change",
        topic: "Since the last run",
        ..Status::default()
    };
    let previous = match &report_data.previous {
        Previous::NotSearched => return None,
        Previous::Run(previous) => previous,
        Previous::None => {
            return Some(Status {
                finding: "first run on this machine".to_owned(),
                details: vec!["there is no earlier whole run to compare with".to_owned()],
                ..status
            });
        }
    };
    let times = ratios(report_data, previous);
    let counts = counts(&report_data.record, previous);
    let speeds = times.as_ref().map(|(anchor, changed)| match changed.len() {
        0 => format!("no phase moved against {anchor}"),
        1 => format!("1 phase moved against {anchor}"),
        several => format!("{several} phases moved against {anchor}"),
    });
    let counted = match &counts {
        None => "counts of another toolchain, not compared".to_owned(),
        Some(Counts { equal, changed }) if changed.is_empty() => {
            format!("all {equal} counts are equal")
        }
        Some(Counts { equal, changed }) => {
            format!(
                "{} of {} counts changed",
                changed.len(),
                equal + changed.len()
            )
        }
    };
    let moved: Vec<Moved> = times
        .into_iter()
        .flat_map(|(_, changed)| changed)
        .chain(counts.into_iter().flat_map(|counts| counts.changed))
        .collect();
    let tone = if moved.iter().any(|moved| moved.worse) {
        Tone::Notice
    } else {
        Tone::Good
    };
    Some(Status {
        tone,
        finding: speeds.unwrap_or_else(|| counted.clone()),
        details: vec![
            counted,
            format!(
                "against {}, revision {}",
                provenance::created(previous),
                provenance::revision(previous)
            ),
        ],
        folded: moved.into_iter().map(|moved| moved.line).collect(),
        ..status
    })
}

/// A number that differs from the last run.
struct Moved {
    line: String,
    worse: bool,
}

/// The phases of the headline workload whose ratio to the anchor moved, with the anchor; none without common ratios. A ratio
/// moved if its intervals in the two runs have no value in common. This is stricter than a test at the intervals' level.
fn ratios<'a>(report_data: &'a ReportData, previous: &Record) -> Option<(&'a str, Vec<Moved>)> {
    let record = &report_data.record;
    let workload = headline(record)?;
    let metric = main_metric(record, workload).filter(|metric| !metric.portable())?;
    let anchor = base(report_data, workload)?;
    let of =
        |record: &Record, row: &Row| figures::ratio(metric, record.row(workload, anchor), row).ok();
    let rows = record.rows.iter().filter(|row| row.workload == workload);
    let both = rows.filter(|row| row.phase != anchor).filter_map(|row| {
        let earlier = previous.row(workload, &row.phase)?;
        same_work(row, earlier).then_some(())?;
        Some((row, of(previous, earlier)?, of(record, row)?))
    });
    let both: Vec<(&Row, Figure, Figure)> = both.collect();
    (!both.is_empty()).then_some(())?;
    let apart = |a: &Figure, b: &Figure| match (a.interval, b.interval) {
        (Some(a), Some(b)) => a.high < b.low || b.high < a.low,
        _ => false,
    };
    let moved = both.iter().filter(|(_, from, to)| apart(from, to));
    let moved = moved.map(|(row, from, to)| Moved {
        line: format!(
            "{}: {} of {anchor} was {}, is {}",
            row.phase,
            metric.title_per(&row.unit.name),
            number::ratio(from.value),
            number::ratio(to.value)
        ),
        worse: metric.worse(from.value, to.value) > 0.0,
    });
    Some((anchor, moved.collect()))
}

/// The counts that both runs have.
struct Counts {
    equal: usize,
    changed: Vec<Moved>,
}

/// Compares all counts; none if the toolchains differ.
fn counts(record: &Record, previous: &Record) -> Option<Counts> {
    let same = record.environment.same_toolchain(&previous.environment);
    same.then_some(())?;
    let mut counts = Counts {
        equal: 0,
        changed: Vec::new(),
    };
    let earlier_rows = previous.index();
    for row in &record.rows {
        let Some(earlier) = earlier_rows.row(&row.workload, &row.phase) else {
            continue;
        };
        if !same_work(row, earlier) {
            continue;
        }
        for metric in metric::all().iter().filter(|metric| metric.portable()) {
            match pair(metric, earlier, row) {
                Some((from, to)) if from == to => counts.equal += 1,
                Some((from, to)) => counts.changed.push(Moved {
                    line: format!(
                        "{}, {}: {} was {}, is {}",
                        row.workload,
                        row.phase,
                        metric.title_per(&row.unit.name),
                        number::plain(metric.quantity(), from),
                        number::plain(metric.quantity(), to)
                    ),
                    worse: metric.worse(from, to) > 0.0,
                }),
                None => {}
            }
        }
    }
    Some(counts)
}

/// A count in both runs, if they used one instruction set.
fn pair(metric: &Metric, earlier: &Row, row: &Row) -> Option<(f64, f64)> {
    let isa = |row: &Row| Some(row.reading(metric.instrument())?.isa.clone());
    (isa(earlier)? == isa(row)?).then_some(())?;
    Some((metric.figure(earlier)?.value, metric.figure(row)?.value))
}

fn same_work(row: &Row, earlier: &Row) -> bool {
    row.definition == earlier.definition && row.answer == earlier.answer
}
