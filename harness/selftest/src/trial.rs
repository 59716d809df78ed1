//! Trials on one program: one session file each, as `harness gate --base` keeps it, from which the row follows.

use std::path::Path;

use anyhow::{Context, Result};
use harness_judge::counts::SuiteVerdict;
use harness_judge::gate::GateVerdict;
use harness_record::FileError;
use harness_record::json_files::json_files;
use harness_record::session::Session;

use crate::condition::Condition;
use crate::row::short;
use crate::{Milli, Role, Row, SLOWDOWN};

/// A trial on one program.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The condition, which the name of the file holds.
    pub condition: Condition,
    /// The readings, and the terms that they are judged by.
    pub session: Session,
}

impl Trial {
    /// All trials of a folder, which need not exist, with their rows, in the order in which they were made.
    ///
    /// # Errors
    /// If a JSON file in it is no trial.
    pub fn read_all(folder: &Path) -> Result<Vec<(Self, Row)>> {
        let mut trials = json_files(folder)
            .iter()
            .map(|path| Self::read(path))
            .collect::<Result<Vec<_>>>()?;
        trials.sort_by_key(|(_, row)| row.date);
        Ok(trials)
    }

    /// Number of trials of a condition in a folder.
    pub fn count(folder: &Path, condition: Condition) -> usize {
        json_files(folder)
            .iter()
            .filter(|path| condition_of(path) == Some(condition))
            .count()
    }

    /// Writes the session to its file in a folder.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        self.session
            .write(&folder.join(self.condition.file_name(self.session.terms.seed)))
    }

    fn read(path: &Path) -> Result<(Self, Row)> {
        let condition = condition_of(path).with_context(|| {
            let path = path.display();
            format!("{path} is no trial: its name must be CONDITION_HOGS_SCOPE_SEED.json; move it to another folder")
        })?;
        let trial = Self {
            condition,
            session: Session::read(path)?,
        };
        let row = trial
            .row()
            .with_context(|| format!("{} cannot be judged", path.display()))?;
        Ok((trial, row))
    }

    /// Judges the session.
    fn row(&self) -> Result<Row> {
        let Self { condition, session } = self;
        let gate_verdict = GateVerdict::verdict_of(session)?;
        let percent = condition.change.0;
        let role = if percent.is_some() {
            Role::Slowed
        } else {
            Role::Same
        };
        let machine = session.machine.as_ref();
        let mut row = Row {
            date: session
                .created
                .parse()
                .with_context(|| format!("it began at `{}`", session.created))?,
            machine: session.environment.machine(),
            steal_percent: machine
                .and_then(|machine| machine.disturbance.stolen)
                .map(|share| Milli::of(100.0 * share)),
            load: machine
                .and_then(|machine| machine.state.load)
                .map(|load| Milli::of(load.one)),
            harness: short(&session.head.commit) + if session.head.dirty { "+" } else { "" },
            base: short(&session.base.commit),
            head: short(&session.head.commit),
            change: condition.to_string(),
            kind: if percent.is_some() { SLOWDOWN } else { "null" }.to_owned(),
            percent,
            hogs: condition.hogs,
            forced: true,
            budget_seconds: session.terms.budget_seconds as u64,
            exit: match gate_verdict.conclusion() {
                SuiteVerdict::Passed => 0,
                SuiteVerdict::Regressed => 1,
                SuiteVerdict::Unjudged => 2,
            },
            ..Row::default()
        };
        row.fill(session, &gate_verdict, |_| role);
        row.seconds = row.measuring_seconds;
        Ok(row)
    }
}

fn condition_of(path: &Path) -> Option<Condition> {
    Condition::of_file(path.file_name()?.to_str()?)
}

#[cfg(test)]
pub(crate) mod tests {
    use harness_abtest::Verdict;
    use harness_judge::gate::TimeOutcome;
    use harness_record::sample;

    use super::*;
    use crate::condition::{BackgroundLoad, Scope};

    /// A trial of one workload with these values of ln(head time / base time), one for each pair, measured in 100 ms
    /// each.
    pub(crate) fn trial(change: &str, log_ratios: &[f64]) -> Trial {
        let change: crate::condition::Change = change.parse().expect("a condition");
        let condition = Condition {
            change,
            hogs: BackgroundLoad::None,
            scope: Scope::Workload,
        };
        let mut session = sample::session(log_ratios);
        session.terms.budget_seconds = condition.seconds() as f64;
        session.terms.injection = change.injection();
        Trial { condition, session }
    }

    #[test]
    fn a_row_follows_from_the_session_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("new");
        assert_eq!(Trial::read_all(&folder).expect("nothing yet"), []);
        let slower = trial("inject:2", &[0.02; 30]);
        let mut unchanged = trial("null", &[0.0; 30]);
        unchanged.session.created = "2026-03-14T15:09:25Z".to_owned();
        for trial in [&slower, &unchanged] {
            trial.write(&folder).expect("written");
        }
        let read = Trial::read_all(&folder).expect("whole");
        let [(first, null), (second, found)] = read.as_slice() else {
            panic!("{read:?}")
        };
        assert_eq!((first, second), (&unchanged, &slower), "by their dates");
        assert_eq!(
            (null.exit, null.percent, null.scope()),
            (0, None, Some(Scope::Workload))
        );
        assert_eq!(
            (found.exit, found.percent, found.change.as_str()),
            (1, Some(2.0), "inject:2 workload")
        );
        assert_eq!(
            (found.measuring_seconds, found.budget_seconds),
            (Milli(3000), 8)
        );
        let [workload] = found.workloads.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (workload.role, workload.verdict),
            (Role::Slowed, TimeOutcome::Verdict(Verdict::Regressed))
        );
        assert_eq!(Trial::count(&folder, slower.condition), 1);
        assert_eq!(Trial::count(&folder, trial("inject:1", &[]).condition), 0);
    }

    #[test]
    fn a_file_that_is_no_trial_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = || {
            format!(
                "{:#}",
                Trial::read_all(folder.path()).expect_err("no trial")
            )
        };
        let mut other = trial("null", &[0.001]);
        other.session.created = "yesterday".to_owned();
        other.write(folder.path()).expect("written");
        assert!(
            error()
                .contains("null_none_workload_1.json cannot be judged: it began at `yesterday`: "),
            "{}",
            error()
        );
        let path = folder.path().join("null_none_workload_1.json");
        std::fs::write(&path, "{\"schema\":7}").expect("written");
        assert!(error().contains("has schema version 7"), "{}", error());
        std::fs::write(&path, "rubbish").expect("written");
        assert!(
            error().contains("is not a measurement of `harness gate --base`"),
            "{}",
            error()
        );
        std::fs::rename(&path, folder.path().join("null.json")).expect("renamed");
        assert!(
            error().contains("null.json is no trial: its name must be"),
            "{}",
            error()
        );
    }
}
