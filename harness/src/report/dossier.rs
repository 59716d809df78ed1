//! What a report is drawn from: the rows of one record, or of several of one machine, each workload from the newest record
//! that has it, with where each comes from; and what the figures are held against.

use super::facts;
use crate::record::{Record, Row};
use crate::roadmap::Roadmap;

/// Everything a report is drawn from.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The rows. Its date, command and environment are those of the first source.
    pub record: Record,
    /// Where the rows come from, the main record first.
    pub sources: Vec<Source>,
    /// The phases that every figure is held against, where they were measured.
    pub anchors: Vec<String>,
    /// What was promised, if anything was.
    pub roadmap: Option<Roadmap>,
    /// The commands that fill the sections which are measured on demand.
    pub commands: Commands,
    /// What a reader has to know about the gathering: records that were left out.
    pub notes: Vec<String>,
}

/// A record that rows were taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name of its file; empty for a record that is in no file.
    pub name: String,
    /// Its provenance in one line.
    pub line: String,
    /// When it was measured, as people write it.
    pub created: String,
    /// The revision, as people write it.
    pub revision: String,
    /// When it was measured and the revision, `-dirty` where there were other changes, as programs read them.
    pub exact: (String, String),
    /// The workloads that were taken from it.
    pub workloads: Vec<String>,
}

/// How the sections are filled that are measured on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// Measures the variants with one axis changed.
    pub ablation: String,
    /// Measures the sweeps.
    pub growth: String,
    /// Measures every combination.
    pub matrix: String,
}

impl Dossier {
    /// The dossier of one record.
    pub fn new(name: &str, record: Record, anchors: &[String], commands: Commands) -> Self {
        let source = source(name, &record, record.workloads().into_iter().map(str::to_owned).collect());
        let anchors = anchors.to_vec();
        Self { record, sources: vec![source], anchors, roadmap: None, commands, notes: Vec::new() }
    }

    /// Takes what another record has of workloads that are not there yet.
    pub fn add(&mut self, name: &str, other: Record) {
        let known: Vec<String> = self.record.workloads().into_iter().map(str::to_owned).collect();
        let fresh = |workload: &str| !known.iter().any(|known| known == workload);
        let workloads: Vec<String> =
            other.workloads().into_iter().filter(|workload| fresh(workload)).map(str::to_owned).collect();
        if !workloads.is_empty() {
            self.sources.push(source(name, &other, workloads));
            self.record.rows.extend(other.rows.into_iter().filter(|row| fresh(&row.workload)));
        }
    }

    /// Where the rows of these workloads come from, in one line.
    pub fn provenance<'a>(&self, workloads: impl IntoIterator<Item = &'a str>) -> String {
        let mut lines: Vec<String> = Vec::new();
        for workload in workloads {
            let found = self.sources.iter().find(|source| source.workloads.iter().any(|known| known == workload));
            if let Some(line) = found.map(Source::full).filter(|line| !lines.contains(line)) {
                lines.push(line);
            }
        }
        lines.join("; ")
    }

    /// The place of a phase, which gives its colour: the anchors first, then the phases of the roadmap, then the others as
    /// they come.
    pub fn place(&self, phase: &str) -> usize {
        let promised = self.roadmap.iter().flat_map(|roadmap| &roadmap.phases).map(|phase| phase.name.as_str());
        let measured = self.record.phases();
        let named = self.anchors.iter().map(String::as_str).chain(promised).filter(|name| measured.contains(name));
        let order = crate::distinct::distinct(named.chain(measured.iter().copied()));
        order.iter().position(|name| *name == phase).unwrap_or(order.len())
    }

    /// The row of a workload in a phase.
    pub fn row(&self, workload: &str, phase: &str) -> Option<&Row> {
        self.record.row(workload, phase)
    }
}

impl Source {
    fn full(&self) -> String {
        if self.name.is_empty() { self.line.clone() } else { format!("{}, record {}", self.line, self.name) }
    }
}

fn source(name: &str, record: &Record, workloads: Vec<String>) -> Source {
    let revision = record.environment.revision.clone().unwrap_or_default();
    let dirty = if record.environment.dirty { "-dirty" } else { "" };
    Source {
        exact: (record.created.clone(), format!("{revision}{dirty}")),
        name: name.to_owned(),
        line: facts::line(record),
        created: facts::created(record),
        revision: facts::revision(record),
        workloads,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample::{callgrind, record, row};

    fn commands() -> Commands {
        Commands { ablation: "a".to_owned(), growth: "g".to_owned(), matrix: "m".to_owned() }
    }

    #[test]
    fn each_workload_is_taken_whole_from_the_first_record_that_has_it() {
        let new = record(vec![row("w", "naive", vec![callgrind(1)])]);
        let mut old = record(vec![row("w", "fast", vec![callgrind(2)]), row("v", "naive", vec![callgrind(3)])]);
        old.created = "2025-01-02T03:04:05Z".to_owned();
        let mut dossier = Dossier::new("new.json", new, &["naive".to_owned()], commands());
        dossier.add("old.json", old.clone());
        dossier.add("older.json", old);
        assert_eq!(dossier.record.rows.len(), 2, "{:?}", dossier.record.rows);
        assert!(dossier.row("w", "fast").is_none(), "it was not measured side by side with what there is");
        assert_eq!(dossier.sources.len(), 2);
        let line = dossier.provenance(["v", "v"]);
        assert!(line.starts_with("2025-01-02 03:04 UTC") && line.ends_with("record old.json"), "{line}");
        assert_eq!(dossier.provenance(["w", "v"]).matches("record ").count(), 2);
    }

    #[test]
    fn a_phase_keeps_its_colour_wherever_it_was_measured_first() {
        let rows = ["fast", "naive", "other"].map(|phase| row("w", phase, Vec::new()));
        let dossier = Dossier::new("", record(rows.to_vec()), &["naive".to_owned(), "nobody".to_owned()], commands());
        assert_eq!(["naive", "fast", "other"].map(|phase| dossier.place(phase)), [0, 1, 2]);
    }
}
