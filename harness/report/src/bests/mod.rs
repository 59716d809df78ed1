//! Records, as in a table of sports: the best value of each phase over all runs of this machine. Each is one claim that stands
//! on one session: its ratios and the previous phase beside it were measured in turn with it.

mod reader;
mod table;
#[cfg(test)]
mod tests;

use harness_record::metric::{self, Better, Figure, Metric};
use harness_record::{Record, Row};

use crate::headline::headline;
use crate::{figures, provenance};

pub(super) use reader::rows_of;
pub use table::section;

/// The best values of the phases of one workload.
#[derive(Debug, Clone)]
pub struct Bests {
    /// The workload.
    pub workload: String,
    /// The metric.
    pub metric: &'static Metric,
    /// The digests of definition and answer that every value is of.
    work: (String, String),
    /// The number of sessions with a value.
    pub sessions: usize,
    /// Start of the newest session with a value, RFC 3339.
    pub newest: String,
    /// The best value of each phase.
    pub bests: Vec<Best>,
}

/// The best value of a phase, with everything from the same session.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// The phase.
    pub phase: String,
    /// The value.
    pub value: Figure,
    /// The gain over each anchor that was measured in the session.
    pub over_anchors: Vec<(String, Figure)>,
    /// The previous phase in the session.
    pub before: Option<Before>,
    /// Start of the session, RFC 3339.
    pub created: String,
    /// Date, revision and command of the session, for people.
    pub words: [String; 3],
    /// Provenance of the session in one line.
    pub source: String,
}

/// The previous phase, measured in the same session.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// The phase.
    pub phase: String,
    /// Its value.
    pub value: Figure,
    /// The gain of the later phase over it.
    pub step: Option<Figure>,
}

impl Bests {
    /// The values of one record for its headline workload; none without times of it.
    pub(super) fn of(name: &str, record: &Record, anchors: &[String]) -> Option<Self> {
        let workload = headline(record)?;
        let rows = || record.rows.iter().filter(|row| row.workload == workload);
        let metric = ["tokens-per-second", "time"]
            .into_iter()
            .filter_map(metric::by_name)
            .find(|metric| rows().any(|row| metric.figure(row).is_some()))?;
        let row = rows().next()?;
        let mut bests = Self {
            workload: workload.to_owned(),
            metric,
            work: (row.definition.clone(), row.answer.clone()),
            sessions: 0,
            newest: String::new(),
            bests: Vec::new(),
        };
        bests.add(name, record, anchors);
        Some(bests)
    }

    /// The same question without any answer.
    pub(super) fn emptied(&self) -> Self {
        Self {
            sessions: 0,
            newest: String::new(),
            bests: Vec::new(),
            ..self.clone()
        }
    }

    /// True if the values of a workload with these digests of definition and answer count.
    pub(super) fn is_of(&self, workload: &str, work: &(String, String)) -> bool {
        workload == self.workload && *work == self.work
    }

    /// Takes the values of a record that are better than those so far. A record that was shortened or limited to some phases
    /// does not count, nor does a value without a right answer.
    pub(super) fn add(&mut self, name: &str, record: &Record, anchors: &[String]) {
        if !record.is_whole() {
            return;
        }
        let rows: Vec<&Row> = record
            .rows
            .iter()
            .filter(|row| self.is_of(&row.workload, &(row.definition.clone(), row.answer.clone())))
            .filter(|row| figures::trusted(row) && !row.phase.contains('='))
            .collect();
        let values = rows.iter().enumerate().filter_map(|(index, row)| {
            let before = index.checked_sub(1).map(|index| rows[index]);
            self.attempt(name, record, &rows, row, before, anchors)
        });
        let values: Vec<Best> = values.collect();
        if !values.is_empty() {
            self.take(Self {
                sessions: 1,
                newest: record.created.clone(),
                bests: values,
                ..self.clone()
            });
        }
    }

    /// The better values of two sets of sessions.
    pub(super) fn merged(mut self, other: Self) -> Self {
        self.take(other);
        self
    }

    fn take(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.newest = self.newest.clone().max(other.newest);
        for best in other.bests {
            match self
                .bests
                .iter_mut()
                .find(|known| known.phase == best.phase)
            {
                Some(known) if is_better(self.metric, &best, known) => *known = best,
                Some(_) => {}
                None => self.bests.push(best),
            }
        }
    }

    fn attempt(
        &self,
        name: &str,
        record: &Record,
        rows: &[&Row],
        row: &Row,
        before: Option<&Row>,
        anchors: &[String],
    ) -> Option<Best> {
        let over_anchors = anchors.iter().filter(|anchor| **anchor != row.phase);
        let over_anchors = over_anchors.filter_map(|anchor| {
            let base = rows.iter().find(|base| base.phase == *anchor)?;
            Some((anchor.clone(), figures::speed(Some(base), row).ok()?))
        });
        let before = before.and_then(|before| {
            Some(Before {
                phase: before.phase.clone(),
                value: self.metric.figure(before)?,
                step: figures::speed(Some(before), row).ok(),
            })
        });
        let source = match name {
            "" => provenance::line(record),
            name => format!("{}, record {name}", provenance::line(record)),
        };
        Some(Best {
            phase: row.phase.clone(),
            value: self.metric.figure(row)?,
            over_anchors: over_anchors.collect(),
            before,
            created: record.created.clone(),
            words: [
                provenance::created(record),
                provenance::revision(record),
                record.command.clone(),
            ],
            source,
        })
    }
}

/// True if a value is better than another one. One without an interval is never better than one that has it.
fn is_better(metric: &Metric, new: &Best, known: &Best) -> bool {
    let is_sound = |best: &Best| best.value.interval.is_some();
    match (is_sound(new), is_sound(known)) {
        (true, false) => true,
        (false, true) => false,
        _ => match metric.better() {
            Better::Higher => new.value.value > known.value.value,
            Better::Lower => new.value.value < known.value.value,
        },
    }
}
