//! The results of a run, a comparison or a gate, as every export sees them.

use harness_record::Environment;
use serde::Serialize;

use super::{Outcome, Row};

/// Version of the JSON export and of its schema.
pub const SCHEMA_VERSION: u32 = 1;

/// The configuration of a project at the root of its repository.
pub(super) const CONFIGURATION: &str = "harness.toml";

/// All figures of a run, a comparison or a gate, with their verdicts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Results {
    /// Version of this format.
    #[cfg_attr(test, schemars(extend("enum" = [SCHEMA_VERSION])))]
    pub schema: u32,
    /// The command: `run`, `gate`, `compare` or `report`.
    pub kind: String,
    /// Start of the measurement, RFC 3339 in UTC; null if it did not start.
    pub created: Option<String>,
    /// The command line.
    pub command: String,
    /// The class of the verdict on everything together.
    pub outcome: Outcome,
    /// The verdict in one sentence.
    pub headline: String,
    /// The commit of the head, or of a run; null if unknown.
    pub revision: Option<String>,
    /// The commit of the base; null without one.
    pub base_revision: Option<String>,
    /// The machine and the toolchain; null if nothing was measured.
    pub machine: Option<Machine>,
    /// One entry for each figure.
    pub rows: Vec<Row>,
    /// Workloads that only one side has, or that the two sides define differently: one sentence each.
    pub unmatched: Vec<String>,
    /// Further sentences: acceptances, changed rules, noise of the machine.
    pub notes: Vec<String>,
    /// Differential flame graphs of regressed workloads, beside the file of the gate.
    pub flame_graphs: Vec<Graph>,
    /// File that a verdict without a known place is attached to.
    #[serde(skip)]
    pub configuration: String,
    /// The document that `--format markdown` prints.
    #[serde(skip)]
    pub document: String,
}

/// The machine and the toolchain of a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Machine {
    /// Name of the processor.
    pub cpu: String,
    /// Number of processors.
    pub cpus: u32,
    /// Operating system.
    pub os: String,
    /// Target triple.
    pub target: String,
    /// Version of the compiler.
    pub rustc: String,
}

/// A flame graph of what differs between base and head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Graph {
    /// Id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// `time` or `instructions`.
    pub view: String,
    /// Name of the file with this graph alone.
    pub file: String,
    /// The end of its address on the page with all of them, after `#`.
    pub anchor: String,
}

impl Results {
    /// Results without any figure: a command that ended before its verdict.
    pub fn without_figures(
        kind: &str,
        command: String,
        outcome: Outcome,
        headline: String,
    ) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            kind: kind.to_owned(),
            created: None,
            command,
            outcome,
            document: format!("**{}.**\n", crate::render::escape_markdown(&headline)),
            headline,
            revision: None,
            base_revision: None,
            machine: None,
            rows: Vec::new(),
            unmatched: Vec::new(),
            notes: Vec::new(),
            flame_graphs: Vec::new(),
            configuration: CONFIGURATION.to_owned(),
        }
    }

    /// The same results, with the file and the line that declare each workload, as far as `place` knows them. Files are
    /// relative to the root of the repository, and so is the `configuration`.
    #[must_use]
    pub fn located(
        mut self,
        configuration: String,
        place: impl Fn(&str) -> Option<(String, u32)>,
    ) -> Self {
        self.configuration = configuration;
        for row in &mut self.rows {
            if let Some((file, line)) = place(&row.workload) {
                (row.file, row.line) = (Some(file), Some(line));
            }
        }
        self
    }

    /// The rows that need attention, what needs it most first.
    pub(super) fn attention(&self) -> Vec<&Row> {
        let rows = self.rows.iter();
        let mut rows: Vec<&Row> = rows.filter(|row| row.outcome.needs_attention()).collect();
        rows.sort_by_key(|row| row.outcome);
        rows
    }

    /// File and line that a row is attached to in formats that require a place.
    pub(super) fn location<'a>(&'a self, row: &'a Row) -> (&'a str, u32) {
        match &row.file {
            Some(file) => (file, row.line.unwrap_or(1)),
            None => (&self.configuration, 1),
        }
    }

    /// Number of rows with an outcome.
    pub(super) fn number_of(&self, outcome: Outcome) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == outcome)
            .count()
    }
}

impl From<&Environment> for Machine {
    fn from(environment: &Environment) -> Self {
        Self {
            cpu: environment.cpu.clone(),
            cpus: environment.cpus,
            os: environment.os.clone(),
            target: environment.target.clone(),
            rustc: environment.rustc.clone(),
        }
    }
}
