//! Results from a record, from comparisons, and from the verdict of a gate.

use harness_abtest::Interval;
use harness_judge::Standing;
use harness_judge::compare::{Comparability, Comparison};
use harness_judge::counts::{CountVerdict, JudgedCount};
use harness_judge::gate::{Effect, GateVerdict, Measured, TimeVerdict};
use harness_record::metric::{self, Figure};
use harness_record::{Check, Environment, Record};

use super::results::CONFIGURATION;
use super::row::finite;
use super::{Change, Machine, Outcome, Results, Row, SCHEMA_VERSION};
use crate::figures::{self, Absent};
use crate::gate::GateReport;
use crate::render::Format;
use crate::run_tables;

impl Results {
    /// Every figure of a record. `kind` is the command that shows it: `run` or `report`.
    pub fn of_record(kind: &str, record: &Record, anchors: &[String]) -> Self {
        let rows: Vec<Row> = record.rows.iter().flat_map(of_row).collect();
        let that = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
        let missing = that(Outcome::NotJudged);
        let measured = that(Outcome::Measured);
        let (outcome, headline) = match (measured, missing) {
            (0, 0) => (Outcome::NotJudged, "nothing was measured".to_owned()),
            (_, 0) => (Outcome::Measured, format!("{measured} figures measured")),
            _ => {
                let headline = format!("{measured} figures measured, {missing} missing");
                (Outcome::NotJudged, headline)
            }
        };
        Self {
            kind: kind.to_owned(),
            document: Format::MARKDOWN.render(&run_tables(record, anchors, false, None)),
            rows,
            ..Self::of(record, outcome, headline)
        }
    }

    /// Two sides of a comparison, which judges nothing. `head` is the record of the head, `document` the comparison as
    /// Markdown.
    pub fn of_comparisons(
        comparisons: &[Comparison],
        head: &Record,
        command: String,
        document: String,
    ) -> Self {
        let rows: Vec<Row> = comparisons.iter().map(of_comparison).collect();
        let headline = format!("{} figures compared, none judged", rows.len());
        Self {
            kind: "compare".to_owned(),
            command,
            document,
            rows,
            ..Self::of(head, Outcome::Measured, headline)
        }
    }

    /// The verdict of a gate. `head` is the environment of the head.
    pub fn of_gate(report: &GateReport<'_>, created: String, head: &Environment) -> Self {
        let verdict = report.verdict;
        let rows = verdict.figures().into_iter().map(|figure| {
            let mut row = match figure.measured {
                Measured::Time(time) => of_time(time, figure.standing, verdict),
                Measured::Count(count) => of_count(count, figure.standing),
            };
            row.outcome = Outcome::of(figure.standing, verdict.strict);
            row
        });
        let (notes, unmatched) = report.notes();
        Self {
            schema: SCHEMA_VERSION,
            kind: "gate".to_owned(),
            created: Some(created),
            command: report.command.clone(),
            outcome: verdict.conclusion().into(),
            headline: verdict.headline(),
            revision: head.revision.clone(),
            base_revision: report.session.map(|session| session.base.commit.clone()),
            machine: Some(head.into()),
            rows: rows.collect(),
            unmatched,
            notes,
            flame_graphs: Vec::new(),
            configuration: CONFIGURATION.to_owned(),
            document: report.markdown(),
        }
    }

    /// Results without rows, with the origin of a record.
    fn of(record: &Record, outcome: Outcome, headline: String) -> Self {
        let command = record.command.clone();
        Self {
            created: Some(record.created.clone()),
            revision: record.environment.revision.clone(),
            machine: Some(Machine::from(&record.environment)),
            ..Self::without_figures("run", command, outcome, headline)
        }
    }
}

/// The figures of a row of a record. A metric that does not apply or was not requested has none.
fn of_row(row: &harness_record::Row) -> Vec<Row> {
    let place = (row.workload.as_str(), row.phase.as_str());
    let unit = row.unit.name.as_str();
    let wrong = match &row.check {
        Check::Passed | Check::Unchecked => None,
        Check::Failed(message) => Some(("wrong answer", message.clone())),
        Check::NotRun(message) => Some(("not checked", message.clone())),
    };
    if let Some((verdict, message)) = wrong {
        // No number of a wrong answer counts.
        return vec![Row {
            reason: Some(format!("{}: {verdict}: {message}", row.place())),
            ..Row::new(place, None, unit, Outcome::NotJudged, verdict)
        }];
    }
    let figures = metric::all().iter().filter_map(|metric| {
        let of = |outcome, verdict| Row::new(place, Some(metric), unit, outcome, verdict);
        match figures::figure(metric, Some(row)) {
            Ok(figure) => Some(of(Outcome::Measured, "measured").with_figure(Some(figure))),
            Err(Absent::Failed(message)) => Some(Row {
                reason: Some(format!(
                    "{}: {} is missing: {message}",
                    row.place(),
                    metric.title_per(unit)
                )),
                ..of(Outcome::NotJudged, "failed")
            }),
            Err(_) => None,
        }
    });
    figures.collect()
}

fn of_comparison(one: &Comparison) -> Row {
    let is_comparable = one.state == Comparability::Comparable;
    let outcome = match one.state {
        Comparability::FailedCheck { .. } | Comparability::Missing { .. } => Outcome::NotJudged,
        _ => Outcome::Measured,
    };
    Row {
        reason: (!is_comparable).then(|| format!("{}: {}", one.place(), one.state)),
        ..compared(one, outcome, one.state.name())
    }
}

/// The values of both sides, with the ratio as a change.
fn compared(one: &Comparison, outcome: Outcome, verdict: &str) -> Row {
    let place = (one.workload.as_str(), one.head_phase.as_str());
    let row = Row::new(place, one.metric, &one.unit.name, outcome, verdict);
    let share = |ratio: f64| ratio - 1.0;
    Row {
        base: finite(one.base.map(|figure| figure.value)),
        change: one.ratio.and_then(|ratio| {
            change(
                share(ratio.value),
                ratio.interval.map(|ends| ends.map(share)),
            )
        }),
        ..row.with_figure(one.head)
    }
}

fn of_count(count: &JudgedCount, standing: Standing) -> Row {
    let is_plain = matches!(count.judgement, CountVerdict::Unchanged(_));
    Row {
        limit: count.judgement.rule(),
        reason: (!is_plain).then(|| count.explanation()),
        ..compared(&count.comparison, Outcome::Measured, standing.name())
    }
}

fn of_time(time: &TimeVerdict, standing: Standing, verdict: &GateVerdict) -> Row {
    let place = (time.workload.as_str(), time.phase.as_str());
    let metric = metric::by_name("time");
    let found = time.found.as_ref();
    let row = Row::new(place, metric, "run", Outcome::Measured, standing.name());
    Row {
        base: finite(found.map(|found| found.base)),
        change: found.and_then(|found: &Effect| change(found.change, found.interval)),
        limit: Some(format!("{} %", (verdict.margin * 1e6).round() / 1e4)),
        reason: (standing != Standing::NotSlower).then(|| time.sentence()),
        ..row.with_figure(found.map(|found| Figure::exact(found.head)))
    }
}

fn change(share: f64, interval: Option<Interval>) -> Option<Change> {
    finite(Some(share)).map(|share| Change {
        share,
        low: finite(interval.map(|ends| ends.low)),
        high: finite(interval.map(|ends| ends.high)),
    })
}
