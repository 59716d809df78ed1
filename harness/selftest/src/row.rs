//! One trial as a row of text.

use std::fmt;

use harness_abtest::Verdict;
use harness_judge::gate::{GateVerdict, TimeOutcome};
use harness_record::session::{Layouts, Session};
use jiff::Timestamp;

use crate::columns::Fields;
use crate::condition::{BackgroundLoad, Scope};
use crate::{Milli, Role, SLOWDOWN, WorkloadResult};

/// Number of columns.
const WIDTH: usize = 18;
/// Digits of a commit in a row.
const DIGITS: usize = 12;

/// One trial: a gate on a commit, or on one program.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// The start, to the second.
    pub date: Timestamp,
    /// A short name of the machine.
    pub machine: String,
    /// Share of the CPU time that the host gave to others, in percent; none if the system does not count it.
    pub steal_percent: Option<Milli>,
    /// Load average at the start; none if the system does not report it.
    pub load: Option<Milli>,
    /// Commit of the harness, with a plus if files differed from it.
    pub harness: String,
    /// The base commit.
    pub base: String,
    /// The head commit.
    pub head: String,
    /// The name of the change. For a trial on one program, its condition and, after a space, its scope.
    pub change: String,
    /// The kind of the change.
    pub kind: String,
    /// The percentage of a slowdown; none for unchanged code.
    pub percent: Option<f64>,
    /// The background load.
    pub hogs: BackgroundLoad,
    /// True if the gate timed identical programs, too.
    pub forced: bool,
    /// The budget of the gate, in seconds.
    pub budget_seconds: u64,
    /// The exit status of the gate.
    pub exit: u8,
    /// Duration of the whole gate with its builds, in seconds; of its pairs alone for a trial on one program.
    pub seconds: Milli,
    /// Duration of all its pairs, in seconds.
    pub measuring_seconds: Milli,
    /// Number of layouts that each program was averaged over; none if there was only one, or nothing was timed.
    pub layouts: Option<usize>,
    /// The timed workloads.
    pub workloads: Vec<WorkloadResult>,
}

/// The first digits of a commit, as they are in a row.
pub fn short(commit: &str) -> String {
    commit.chars().take(DIGITS).collect()
}

impl Row {
    /// True if the trial had a slowdown to find.
    pub fn is_slowdown(&self) -> bool {
        self.percent.is_some()
    }

    /// The scope of a trial on one program; none for a commit, whose change has no space in its name.
    pub fn scope(&self) -> Option<Scope> {
        self.change
            .split_once(' ')
            .and_then(|(_, scope)| scope.parse().ok())
    }

    /// Fills in what the gate measured: the workloads, whose roles `role` knows, the layouts and the duration.
    pub fn fill(
        &mut self,
        session: &Session,
        gate_verdict: &GateVerdict,
        role: impl Fn(&str) -> Role,
    ) {
        self.measuring_seconds =
            Milli::of(gate_verdict.times.iter().map(|time| time.seconds).sum());
        self.workloads = gate_verdict
            .times
            .iter()
            .map(|time| WorkloadResult::of(time, role(&time.workload)))
            .collect();
        self.layouts = match session.terms.layouts {
            Layouts::Averaged(count) if !self.workloads.is_empty() => Some(count),
            _ => None,
        };
    }

    /// True if the gate ended red.
    pub fn is_red(&self) -> bool {
        self.exit == 1
    }

    /// The workloads that turned the gate red.
    pub fn red(&self) -> impl Iterator<Item = &WorkloadResult> {
        self.workloads
            .iter()
            .filter(|one| self.is_red() && one.verdict == TimeOutcome::Verdict(Verdict::Regressed))
    }

    /// The columns, in order.
    pub fn columns() -> [&'static str; WIDTH] {
        Self::default().fields().map(|(column, _)| column)
    }

    /// Each column and its text, in order.
    pub fn fields(&self) -> [(&'static str, String); WIDTH] {
        fn optional(value: Option<impl fmt::Display>) -> String {
            value.map_or_else(String::new, |value| value.to_string())
        }
        let workloads: Vec<String> = self
            .workloads
            .iter()
            .map(WorkloadResult::to_string)
            .collect();
        [
            ("date", self.date.to_string()),
            ("machine", self.machine.clone()),
            ("steal_percent", optional(self.steal_percent)),
            ("load", optional(self.load)),
            ("harness", self.harness.clone()),
            ("base", self.base.clone()),
            ("head", self.head.clone()),
            ("change", self.change.clone()),
            ("kind", self.kind.clone()),
            ("percent", optional(self.percent)),
            ("hogs", self.hogs.to_string()),
            ("forced", self.forced.to_string()),
            ("budget_seconds", self.budget_seconds.to_string()),
            ("exit", self.exit.to_string()),
            ("seconds", self.seconds.to_string()),
            ("measuring_seconds", self.measuring_seconds.to_string()),
            ("layouts", optional(self.layouts)),
            ("workloads", workloads.join(";")),
        ]
    }

    /// Parses the texts that [`Self::fields`] returns.
    ///
    /// # Errors
    /// If a field is invalid or missing; the message names the column and its text.
    pub fn parse<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut fields = Fields(Self::columns().into_iter().zip(texts));
        let row = Self {
            date: fields.exact()?,
            machine: fields.words()?,
            steal_percent: fields.optional()?,
            load: fields.optional()?,
            harness: fields.commit()?,
            base: fields.commit()?,
            head: fields.commit()?,
            change: fields.words()?,
            kind: fields.words()?,
            percent: fields.optional()?,
            hogs: fields.exact()?,
            forced: fields.exact()?,
            budget_seconds: fields.exact()?,
            exit: fields.exact()?,
            seconds: fields.exact()?,
            measuring_seconds: fields.exact()?,
            layouts: fields.optional()?,
            workloads: match fields.next()? {
                (_, "") => Vec::new(),
                (_, workloads) => workloads
                    .split(';')
                    .map(WorkloadResult::parse)
                    .collect::<Result<_, _>>()?,
            },
        };
        let (percent, kind) = (row.percent, &row.kind);
        let is_percentage = percent.is_none_or(|percent| percent > 0.0 && percent <= 100.0);
        if !is_percentage || percent.is_some() != (kind == SLOWDOWN) {
            let percent = percent.map_or_else(String::new, |percent| percent.to_string());
            return Err(format!(
                "`percent` is `{percent}` and `kind` is `{kind}`, which do not go together"
            ));
        }
        Ok(row)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use clap::ValueEnum;
    use proptest::prelude::*;

    use super::*;
    use crate::outcome::tests::outcomes;

    /// A gate on unchanged code that timed one workload.
    pub(crate) fn unchanged(exit: u8, verdict: TimeOutcome, estimate: f64) -> Row {
        Row {
            date: "2026-03-14T15:09:26Z".parse().expect("a date"),
            machine: "a CPU".to_owned(),
            steal_percent: Some(Milli(0)),
            load: None,
            harness: "0123456789ab".to_owned(),
            base: "0123456789ab".to_owned(),
            head: "ba9876543210".to_owned(),
            change: "comment".to_owned(),
            kind: "comment".to_owned(),
            percent: None,
            hogs: BackgroundLoad::None,
            forced: false,
            budget_seconds: 60,
            exit,
            seconds: Milli(90_000),
            measuring_seconds: Milli(30_000),
            layouts: None,
            workloads: vec![WorkloadResult {
                workload: "kernel/gelu".to_owned(),
                phase: "fast".to_owned(),
                verdict,
                estimate: Some(Milli::of(estimate)),
                pairs: 20,
                role: Role::Same,
            }],
        }
    }

    /// A gate on a slowdown of its only workload.
    pub(crate) fn slowdown(percent: f64, exit: u8, verdict: TimeOutcome, estimate: f64) -> Row {
        let mut row = unchanged(exit, verdict, estimate);
        (row.change, row.kind, row.percent) =
            ("gelu".to_owned(), SLOWDOWN.to_owned(), Some(percent));
        row.workloads[0].role = Role::Slowed;
        row
    }

    /// Any row.
    pub(crate) fn rows() -> impl Strategy<Value = Row> {
        let milli = || (0..1_000_000_i64).prop_map(Milli);
        let texts = (
            "[ -~]{1,20}",
            "[0-9a-f]{12}[+]?",
            "[0-9a-f]{12}",
            "[a-z.-]{1,12}",
        );
        let numbers = (
            prop::option::of(milli()),
            prop::option::of(milli()),
            milli(),
            milli(),
            any::<u8>(),
            1..999_u64,
        );
        let percent = prop::option::of(prop::sample::select(vec![0.1, 0.5, 1.0, 2.0, 100.0]));
        let rest = (
            percent,
            prop::sample::select(BackgroundLoad::value_variants()),
            any::<bool>(),
            prop::option::of(0..9_usize),
            0..4_000_000_000_i64,
        );
        (texts, numbers, rest, outcomes()).prop_map(|(texts, numbers, rest, workloads)| Row {
            date: Timestamp::from_second(rest.4).expect("a date"),
            machine: texts.0,
            steal_percent: numbers.0,
            load: numbers.1,
            harness: texts.1,
            base: texts.2.clone(),
            head: texts.2,
            change: texts.3,
            kind: if rest.0.is_some() {
                SLOWDOWN
            } else {
                "comment"
            }
            .to_owned(),
            percent: rest.0,
            hogs: rest.1,
            forced: rest.2,
            budget_seconds: numbers.5,
            exit: numbers.4,
            seconds: numbers.2,
            measuring_seconds: numbers.3,
            layouts: rest.3,
            workloads,
        })
    }
}
