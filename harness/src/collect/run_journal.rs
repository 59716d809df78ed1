//! The journal of a run, seen by the measurement: it stores each finished job, and returns those of the interrupted run
//! that this one continues.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use harness_probe::Instrument;
use harness_record::journal::{
    self, Condition, Difference, Finished, Found, Interrupted, Journal, JournalError, Started,
};
use harness_record::machine::Circumstances;
use harness_record::{Record, Resumption};
use thiserror::Error;

use crate::terminal::problem;

/// A run that cannot be resumed.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// No run was interrupted: the folder of records, and a remark.
    #[error(
        "there is no interrupted run to resume in {0}{1}; without --resume, everything is measured"
    )]
    Nothing(String, &'static str),
    /// A number could differ: the start of the interrupted run, and the first condition that differs.
    #[error("cannot resume the run of {0}: {1}; without --resume, everything is measured again")]
    Differs(String, Difference),
    /// The journal cannot be continued.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The interrupted runs of a project. This process holds their locks.
#[derive(Debug)]
pub struct InterruptedRuns {
    records: PathBuf,
    found: Found,
}

/// The journal of this run.
#[derive(Debug)]
pub struct RunJournal {
    /// Start of this run, or of this part of it.
    began: String,
    run: Started,
    /// The finished jobs of the earlier parts.
    earlier: Vec<Finished>,
    /// The earlier parts, each with the time at which the next one began.
    resumed: Vec<Resumption>,
    /// Number of readings of the earlier parts.
    kept: usize,
    state: Mutex<State>,
}

/// The state of the file.
#[derive(Debug)]
enum State {
    /// It begins with the first finished job, in this folder of records.
    Pending(PathBuf),
    Open(Open),
    /// It could not be made.
    Missing,
}

#[derive(Debug)]
struct Open {
    journal: Journal,
    /// Number of its readings, those of earlier parts included.
    stored: usize,
    /// True if it cannot be written any more.
    is_full: bool,
}

impl InterruptedRuns {
    /// Finds the interrupted runs whose journals are in the folder of records.
    pub fn find(records: &Path) -> Self {
        Self {
            records: records.to_owned(),
            found: journal::find(records),
        }
    }

    /// The newest one: its start, its command line, and the numbers of its readings that are kept and of all.
    pub fn newest(&self) -> Option<(&Started, usize)> {
        let newest = self.found.interrupted.first()?;
        Some((newest.run(), newest.kept()))
    }

    /// Returns an error if there is none.
    ///
    /// # Errors
    /// If there is no interrupted run.
    pub fn some(self) -> Result<Self, ResumeError> {
        let remark = match self.found.running {
            0 => "",
            _ => ", only one that still goes on",
        };
        match self.found.interrupted.is_empty() {
            true => Err(self.nothing(remark)),
            false => Ok(self),
        }
    }

    fn nothing(&self, remark: &'static str) -> ResumeError {
        ResumeError::Nothing(self.records.display().to_string(), remark)
    }

    /// Keeps the runs that have these conditions. Others of their conditions may differ.
    ///
    /// # Errors
    /// If there is none; then with a difference of the newest one.
    pub(super) fn with(mut self, conditions: &[Condition]) -> Result<Self, ResumeError> {
        let difference = |one: &Interrupted| {
            let named = Started {
                conditions: one
                    .run()
                    .conditions
                    .iter()
                    .filter(|known| conditions.iter().any(|here| here.name == known.name))
                    .cloned()
                    .collect(),
                ..one.run().clone()
            };
            named.difference(conditions)
        };
        let of_newest = self.found.interrupted.first().and_then(|newest| {
            Some(ResumeError::Differs(
                newest.run().created.clone(),
                difference(newest)?,
            ))
        });
        self.found
            .interrupted
            .retain(|one| difference(one).is_none());
        match of_newest {
            Some(error) if self.found.interrupted.is_empty() => Err(error),
            _ => Ok(self),
        }
    }

    /// Continues the newest run whose conditions all equal those of `run`. `run` also has the time now.
    ///
    /// # Errors
    /// If there is none, or if its journal cannot be written.
    pub(super) fn resume(self, run: &Started) -> Result<RunJournal, ResumeError> {
        let nothing = self.nothing("");
        let mut difference = None;
        for one in self.found.interrupted {
            match one.run().difference(&run.conditions) {
                None => return RunJournal::resumed(one, &run.created).map_err(Into::into),
                Some(first) => {
                    difference.get_or_insert((one.run().created.clone(), first));
                }
            }
        }
        Err(match difference {
            Some((created, first)) => ResumeError::Differs(created, first),
            None => nothing,
        })
    }
}

impl RunJournal {
    /// The journal of a new run. Its file begins with the first finished job.
    pub(super) fn of_new(records: &Path, run: Started) -> Self {
        Self {
            began: run.created.clone(),
            run,
            earlier: Vec::new(),
            resumed: Vec::new(),
            kept: 0,
            state: Mutex::new(State::Pending(records.to_owned())),
        }
    }

    fn resumed(interrupted: Interrupted, began: &str) -> Result<Self, JournalError> {
        let run = interrupted.run().clone();
        let times = interrupted.resumed().iter().map(String::as_str);
        let resumed = times.chain([began]).enumerate().map(|(part, at)| {
            let of = |(number, one)| (number == part).then_some(one);
            let machine = interrupted
                .finished()
                .filter_map(of)
                .filter_map(machine_of)
                .last();
            let before = interrupted.finished().filter(|(number, _)| *number <= part);
            Resumption {
                at: at.to_owned(),
                kept: before.map(|(_, one)| one.phases.len()).sum(),
                machine,
            }
        });
        let resumed = resumed.collect();
        let kept = interrupted.kept();
        let earlier = interrupted.finished().map(|(_, one)| one.clone()).collect();
        let journal = interrupted.resume(began)?;
        Ok(Self {
            began: began.to_owned(),
            run,
            earlier,
            resumed,
            kept,
            state: Mutex::new(State::Open(Open::of(journal, kept))),
        })
    }

    /// Start of this run, or of this part of it, RFC 3339 in UTC. It names the sessions of times.
    pub(super) fn began(&self) -> &str {
        &self.began
    }

    /// The record of the whole run, given that of its last part with all rows.
    pub(super) fn of_record(&self, record: Record) -> Record {
        let earlier = self.resumed.iter().filter_map(|part| part.machine.clone());
        Record {
            created: self.run.created.clone(),
            command: self.run.command.clone(),
            machine: Circumstances::of_parts(earlier.chain(record.machine)),
            resumed: self.resumed.clone(),
            ..record
        }
    }

    /// One sentence about what is kept of the earlier parts; none for a new run.
    pub(super) fn sentence(&self) -> Option<String> {
        let Started {
            created, readings, ..
        } = &self.run;
        let kept = self.kept;
        (!self.resumed.is_empty()).then(|| {
            format!(
                "kept {kept} of {readings} readings of the run of {created}, measuring the rest"
            )
        })
    }

    /// The numbers of the readings that the file has and of all, and the command line; none if it has none.
    pub(super) fn stored(&self) -> Option<(usize, usize, &str)> {
        match &*self.state() {
            State::Open(open) => Some((open.stored, self.run.readings, &self.run.command)),
            State::Pending(_) | State::Missing => None,
        }
    }

    /// The finished job of an earlier part with these phases.
    pub(super) fn kept(
        &self,
        instrument: Instrument,
        workload: &str,
        phases: &[String],
    ) -> Option<&Finished> {
        self.earlier.iter().find(|one| {
            one.instrument == instrument
                && one.workload == workload
                && one.phases.iter().map(|one| &one.phase).eq(phases)
        })
    }

    /// Stores a finished job. If that fails, a notice names the consequence of an interruption, and measuring
    /// goes on.
    pub(super) fn store(&self, finished: Finished) {
        let mut state = self.state();
        if let State::Pending(records) = &*state {
            *state = match Journal::begin(records, self.run.clone()) {
                Ok(journal) => State::Open(Open::of(journal, 0)),
                Err(error) => {
                    unstored(&error);
                    State::Missing
                }
            };
        }
        let State::Open(open) = &mut *state else {
            return;
        };
        if open.is_full {
            return;
        }
        let readings = finished.phases.len();
        match open.journal.store(finished) {
            Ok(()) => open.stored += readings,
            Err(error) => {
                open.is_full = true;
                unstored(&error);
            }
        }
    }

    /// Removes the file, once the run has its record.
    pub fn remove(self) {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if let State::Open(open) = state
            && let Err(error) = open.journal.remove()
        {
            problem(&format!("{error}; remove the folder by hand"));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn of(journal: Journal, stored: usize) -> Self {
        Self {
            journal,
            stored,
            is_full: false,
        }
    }
}

fn unstored(error: &JournalError) {
    problem(&format!(
        "{error}; readings from here on are lost if this run is interrupted"
    ));
}

fn machine_of(finished: &Finished) -> Option<Circumstances> {
    finished.machine.clone()
}
