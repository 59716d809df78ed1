//! Measurements of targets over time: what was measured when, beside the planned date.

use harness_judge::roadmap::{TargetStatus, measure, stand};
use harness_record::Record;
use harness_record::metric::Figure;
use harness_record::roadmap::{Phase, PhaseStatus, Roadmap, Subject, Target};
use jiff::Timestamp;

use crate::render::{Cell, Table, Tone};
use crate::{ReportData, figures};

/// The measurement of a target at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// Time of the measurement; for stored counts, that of their commit.
    pub date: Timestamp,
    /// The ratio to the reference phase, or the figure itself.
    pub figure: Figure,
    /// The status of the target at that time.
    pub standing: TargetStatus,
}

/// All measurements of a target, oldest first. Shortened runs and other definitions of the workload are left out.
pub fn over_time(
    report_data: &ReportData,
    roadmap: &Roadmap,
    phase: &Phase,
    target: &Target,
) -> Vec<Reached> {
    let Some(now) = report_data.row(&roadmap.workload, &phase.name) else {
        return Vec::new();
    };
    let reached = |date: Timestamp, record: &Record| {
        let row = record.row(&roadmap.workload, &phase.name)?;
        if record.quick || (&row.definition, &row.answer) != (&now.definition, &now.answer) {
            return None;
        }
        let figure = match target.range.relative {
            true => {
                let base = record.row(&roadmap.workload, &roadmap.against);
                figures::ratio(target.metric, base, row).ok()?
            }
            false => figures::figure(target.metric, Some(row)).ok()?,
        };
        let measured = measure(figure, target.metric);
        figures::trusted(row).then(|| Reached {
            date,
            figure,
            standing: stand(&measured, &target.range, target.metric.better()),
        })
    };
    let past = report_data.past.states.iter();
    let mut all: Vec<Reached> = past
        .filter_map(|one| reached(one.date, &one.record.record))
        .collect();
    if all.is_empty() {
        let created = report_data.record.created.parse().ok();
        all.extend(created.and_then(|date| reached(date, &report_data.record)));
    }
    all.sort_by_key(|one| one.date);
    all
}

/// A row for each phase that has a schedule, targets or a decision: plan, progress and the last decision.
pub(super) fn table(report_data: &ReportData, roadmap: &Roadmap) -> Table {
    let phases: Vec<Progress<'_>> = roadmap
        .phases
        .iter()
        .map(|phase| Progress::of(report_data, roadmap, phase))
        .collect();
    let date = |date: Option<jiff::civil::Date>| date.map(|date| Cell::text(date.to_string()));
    let table = Table::of("Schedule and decisions", &phases)
        .left("phase", "phase", |one| &one.phase.title)
        .left("status", "status", |one| status(one.phase))
        .left("met", "targets met", |one| one.met())
        .left("planned", "planned", |one| date(one.phase.schedule.date))
        .left("reached", "reached", |one| date(one.phase.schedule.reached))
        .left("first_met", "all targets met since", |one| {
            one.met_since
                .map(|date| Cell::text(date.strftime("%Y-%m-%d").to_string()))
        })
        .left("owner", "owner", |one| &one.phase.schedule.owner)
        .left("decision", "last decision", |one| {
            decision(report_data, roadmap, one.phase)
        });
    let notes = [
        "Reached: the date on which the owner finished the phase; its targets may still be missed. Met since: the first of the newest measurements in a row that meet every target.".to_owned(),
        report_data.provenance([roadmap.workload.as_str()]),
    ];
    table
        .notes(notes.into_iter().filter(|note| !note.is_empty()))
        .without_empty_columns()
}

/// Progress of a phase.
struct Progress<'a> {
    phase: &'a Phase,
    /// The newest status of each target; none if it was never measured.
    now: Vec<Option<TargetStatus>>,
    /// Time since which every target is met.
    met_since: Option<Timestamp>,
}

impl<'a> Progress<'a> {
    fn of(report_data: &ReportData, roadmap: &Roadmap, phase: &'a Phase) -> Self {
        let all: Vec<Vec<Reached>> = phase
            .targets
            .iter()
            .map(|target| over_time(report_data, roadmap, phase, target))
            .collect();
        let since = |points: &Vec<Reached>| {
            let met = points.iter().rev().take_while(|one| is_met(one.standing));
            met.last().map(|one| one.date)
        };
        let met: Option<Vec<Timestamp>> = all.iter().map(since).collect();
        Self {
            phase,
            now: all
                .iter()
                .map(|points| points.last().map(|one| one.standing))
                .collect(),
            met_since: met.and_then(|dates| dates.into_iter().max()),
        }
    }

    fn met(&self) -> Cell {
        if self.now.is_empty() {
            return Cell::text("no targets");
        }
        let met = self
            .now
            .iter()
            .flatten()
            .filter(|one| is_met(**one))
            .count();
        let all = self.now.len();
        let tone = match met {
            met if met == all => Tone::Good,
            _ if self.now.contains(&Some(TargetStatus::Missed)) => Tone::Bad,
            _ => Tone::Notice,
        };
        Cell::text(format!("{met} of {all}")).toned(tone)
    }
}

fn is_met(standing: TargetStatus) -> bool {
    matches!(standing, TargetStatus::Met | TargetStatus::Ahead)
}

fn status(phase: &Phase) -> Option<Cell> {
    let status = phase.schedule.status?;
    let tone = match status {
        PhaseStatus::Done => Tone::Good,
        PhaseStatus::Planned | PhaseStatus::Active | PhaseStatus::Dropped => Tone::Plain,
    };
    Some(Cell::text(status.name()).toned(tone))
}

/// The last decision about a phase or one of its targets.
fn decision(report_data: &ReportData, roadmap: &Roadmap, phase: &Phase) -> Option<Cell> {
    let about = roadmap.decisions.iter().rev().find(
        |one| matches!(&one.subject, Subject::Phase { phase: name, .. } if *name == phase.name),
    )?;
    let target = match &about.subject {
        Subject::Phase {
            metric: Some(metric),
            ..
        } => format!("{}: ", report_data.title(metric, &roadmap.workload)),
        _ => String::new(),
    };
    Some(Cell::text(format!(
        "{target}{} ({})",
        about.decision, about.date
    )))
}
