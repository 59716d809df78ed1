//! Rows of an import while they are read: validated, with names that occur once.

use std::collections::{HashMap, HashSet};

use harness_record::{Check, Data, Failure, Instrument, Reading, Row, UNKNOWN, Unit, digest};

use crate::left_out::{Kind, LeftOut, leave_out};

/// The phase of every row of an import: other tools have no phases.
pub(crate) const PHASE: &str = "imported";
/// Longest name of a row, in characters.
const LONGEST: usize = 1000;

/// A row that is being read.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// Unit of work of one run; a call if the tool has none.
    pub(crate) unit: Option<Unit>,
    /// Text that changes if the benchmark changes, such as a version that the tool states.
    pub(crate) version: Option<String>,
    /// Readings, each with its number of threads; 0 if that is unknown.
    pub(crate) readings: Vec<(u32, Data)>,
    /// Later readings of counts.
    pub(crate) recounts: Vec<(u32, Data)>,
    /// Failures that the tool reports.
    pub(crate) failures: Vec<String>,
}

impl Draft {
    /// A draft with one reading.
    pub(crate) fn of(threads: u32, data: Data) -> Self {
        Self {
            readings: vec![(threads, data)],
            ..Self::default()
        }
    }

    /// A draft of a benchmark that failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            failures: vec![message.into()],
            ..Self::default()
        }
    }
}

/// The rows of a file.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    drafts: Vec<(String, Draft)>,
    left_out: Vec<LeftOut>,
    /// Names and reasons of what was left out, so that a row counts once for each reason.
    listed: HashSet<(String, String)>,
}

impl Rows {
    /// Adds a row, or leaves it out with the reason.
    pub(crate) fn add(&mut self, name: &str, draft: Result<Draft, String>) {
        let name = plain(name);
        let draft = draft.and_then(|draft| match name.chars().count() {
            0 => Err("has no name".to_owned()),
            1..=LONGEST => Ok(draft),
            _ => Err(format!("has a name of more than {LONGEST} characters")),
        });
        match draft {
            Ok(draft) => self.drafts.push((name, draft)),
            Err(reason) => self.invalid(&name, reason),
        }
    }

    /// Leaves out a row that is impossible.
    pub(crate) fn invalid(&mut self, name: &str, reason: String) {
        let short: String = plain(name).chars().take(100).collect();
        self.leave_out(Kind::Invalid, short, reason);
    }

    /// Leaves out a benchmark that the tool skipped.
    pub(crate) fn skipped(&mut self, name: &str, reason: &str) {
        self.leave_out(Kind::Skipped, plain(name), reason.to_owned());
    }

    /// Leaves out a value that a record has no place for.
    pub(crate) fn no_place(&mut self, name: &str, reason: impl Into<String>) {
        self.leave_out(Kind::NoPlace, plain(name), reason.into());
    }

    fn leave_out(&mut self, kind: Kind, name: String, reason: String) {
        if self.listed.insert((name.clone(), reason.clone())) {
            leave_out(&mut self.left_out, kind, &name, reason);
        }
    }

    /// The rows of a tool. All rows of a name that occurs twice are left out: nobody knows which one is meant.
    pub(crate) fn finish(mut self, tool: &str) -> (Vec<Row>, Vec<LeftOut>) {
        let mut occurrences: HashMap<String, usize> = HashMap::new();
        for (name, _) in &self.drafts {
            *occurrences.entry(name.clone()).or_default() += 1;
        }
        let listed: HashSet<String> = self.listed.iter().map(|(name, _)| name.clone()).collect();
        let mut rows = Vec::new();
        for (name, draft) in std::mem::take(&mut self.drafts) {
            if occurrences[&name] > 1 {
                self.invalid(&name, "occurs more than once".to_owned());
            } else if draft.readings.is_empty() && draft.failures.is_empty() {
                // Its values are listed already, unless it has none.
                if !listed.contains(&name) {
                    self.no_place(&name, "has no value that this harness has a metric for");
                }
            } else {
                rows.push(row(tool, &name, draft));
            }
        }
        self.left_out.sort_by_key(|group| group.kind);
        (rows, self.left_out)
    }
}

fn row(tool: &str, name: &str, draft: Draft) -> Row {
    let reading = |(threads, data)| Reading {
        isa: UNKNOWN.to_owned(),
        threads,
        data,
    };
    let defined = [
        "import",
        tool,
        name,
        draft.version.as_deref().unwrap_or_default(),
    ];
    let failure = |message| Failure {
        instrument: Instrument::Clock,
        message,
    };
    Row {
        workload: name.to_owned(),
        phase: PHASE.to_owned(),
        unit: draft.unit.unwrap_or_else(|| Unit {
            name: "call".to_owned(),
            per_run: 1,
        }),
        definition: digest(&defined.map(str::to_owned).to_vec().into()),
        answer: digest(&serde_json::Value::Null),
        check: Check::Unchecked,
        readings: draft.readings.into_iter().map(reading).collect(),
        recounts: draft.recounts.into_iter().map(reading).collect(),
        failures: draft.failures.into_iter().map(failure).collect(),
    }
}

/// A name on one line.
fn plain(name: &str) -> String {
    let words: Vec<&str> = name
        .split(|letter: char| letter.is_control() || letter.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}
