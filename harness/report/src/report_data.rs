//! What a report is drawn from: the rows of one record, or of several of one machine, with where each reading comes from; and
//! what the figures are held against.
//!
//! What an instrument read of a workload is taken whole, in all phases from one record: phases measured apart from each
//! other say nothing about each other.

use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::roadmap::Roadmap;
use harness_record::{Record, Row};

use crate::source::{Source, Taken, keep, merge, source, taken, what_is_read};

/// Everything a report is drawn from.
#[derive(Debug, Clone)]
pub struct ReportData {
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

impl ReportData {
    /// The dossier of one record.
    pub fn new(name: &str, record: Record, anchors: &[String], commands: Commands) -> Self {
        let taken = record.workloads().into_iter().map(|workload| taken(&record, workload)).collect();
        let source = source(name, &record, taken);
        let anchors = anchors.to_vec();
        Self { record, sources: vec![source], anchors, roadmap: None, commands, notes: Vec::new() }
    }

    /// Takes what another record has of workloads or from instruments that are not there yet. Of a workload that is there,
    /// nothing is taken where it is not the same work.
    pub fn add(&mut self, name: &str, mut other: Record) {
        let workloads: Vec<String> = other.workloads().into_iter().map(str::to_owned).collect();
        let fresh = workloads.iter().filter_map(|workload| {
            let mut all = taken(&other, workload);
            let Some(known) = self.record.rows.iter().find(|row| row.workload == *workload) else { return Some(all) };
            let same = other
                .rows
                .iter()
                .find(|row| row.workload == *workload)
                .is_some_and(|row| (&row.definition, &row.answer) == (&known.definition, &known.answer));
            all.instruments.retain(|instrument| same && self.source(workload, *instrument).is_none());
            (!all.instruments.is_empty()).then_some(all)
        });
        let fresh: Vec<Taken> = fresh.collect();
        if fresh.is_empty() {
            return;
        }
        self.sources.push(source(name, &other, fresh.clone()));
        keep(&mut other, &fresh);
        for row in other.rows {
            let known =
                self.record.rows.iter_mut().find(|known| known.workload == row.workload && known.phase == row.phase);
            match known {
                None => self.record.rows.push(row),
                Some(known) => merge(known, row),
            }
        }
    }

    /// Where the readings of an instrument of a workload come from; none if there are none.
    pub fn source(&self, workload: &str, instrument: Instrument) -> Option<&Source> {
        self.sources.iter().find(|source| source.has(workload, Some(instrument)))
    }

    /// Where everything that was read of these workloads comes from, in one line.
    pub fn provenance<'a>(&self, workloads: impl IntoIterator<Item = &'a str>) -> String {
        let workloads: Vec<&str> = workloads.into_iter().collect();
        let of = |workload: &str| self.sources.iter().filter(|source| source.has(workload, None)).count();
        let split = workloads.iter().any(|workload| of(workload) > 1);
        let told = |source: &Source| {
            let instruments = source.taken.iter().filter(|taken| workloads.contains(&taken.workload.as_str()));
            let instruments: Vec<Instrument> = instruments.flat_map(|taken| taken.instruments.clone()).collect();
            let words =
                Instrument::ALL.into_iter().filter(|instrument| instruments.contains(instrument)).map(what_is_read);
            let words = distinct(words).join(", ");
            if split && !words.is_empty() { format!("{words}: {}", source.full()) } else { source.full() }
        };
        let used = self.sources.iter().filter(|source| workloads.iter().any(|workload| source.has(workload, None)));
        distinct(used.map(told)).join("; ")
    }

    /// Where what an instrument read of these workloads comes from, in one line.
    pub fn provenance_of<'a>(&self, instrument: Instrument, workloads: impl IntoIterator<Item = &'a str>) -> String {
        let sources = workloads.into_iter().filter_map(|workload| self.source(workload, instrument));
        distinct(sources.map(Source::full)).join("; ")
    }

    /// The place of a phase, which gives its colour: the anchors first, then the phases of the roadmap, then the others as
    /// they come.
    pub fn place(&self, phase: &str) -> usize {
        let promised = self.roadmap.iter().flat_map(|roadmap| &roadmap.phases).map(|phase| phase.name.as_str());
        let measured = self.record.phases();
        let named = self.anchors.iter().map(String::as_str).chain(promised).filter(|name| measured.contains(name));
        let order = harness_record::distinct::distinct(named.chain(measured.iter().copied()));
        order.iter().position(|name| *name == phase).unwrap_or(order.len())
    }

    /// The row of a workload in a phase.
    pub fn row(&self, workload: &str, phase: &str) -> Option<&Row> {
        self.record.row(workload, phase)
    }
}

#[cfg(test)]
mod tests {
    use harness_record::Check;
    use harness_record::sample::{callgrind, dhat, record, row};

    use super::*;

    fn commands() -> Commands {
        Commands { ablation: "a".to_owned(), growth: "g".to_owned(), matrix: "m".to_owned() }
    }

    #[test]
    fn an_instrument_is_taken_whole_from_the_first_record_that_has_it() {
        let new = record(vec![row("w", "naive", vec![callgrind(1)])]);
        let mut old = record(vec![row("w", "fast", vec![callgrind(2)]), row("v", "naive", vec![callgrind(3)])]);
        old.created = "2025-01-02T03:04:05Z".to_owned();
        let mut report_data = ReportData::new("new.json", new, &["naive".to_owned()], commands());
        report_data.add("old.json", old.clone());
        report_data.add("older.json", old);
        assert_eq!(report_data.record.rows.len(), 2, "{:?}", report_data.record.rows);
        assert!(report_data.row("w", "fast").is_none(), "it was not measured side by side with what there is");
        assert_eq!(report_data.sources.len(), 2);
        let line = report_data.provenance(["v", "v"]);
        assert!(line.starts_with("2025-01-02 03:04 UTC") && line.ends_with("record old.json"), "{line}");
        assert_eq!(report_data.provenance(["w", "v"]).matches("record ").count(), 2);
    }

    #[test]
    fn what_another_instrument_read_of_the_same_work_is_added() {
        let new = record(vec![row("w", "naive", vec![callgrind(1)]), row("v", "naive", vec![callgrind(1)])]);
        let mut old = record(vec![
            row("w", "naive", vec![callgrind(2), dhat(10, 1)]),
            row("w", "fast", vec![dhat(5, 1)]),
            row("v", "naive", vec![dhat(7, 1)]),
        ]);
        old.created = "2025-01-02T03:04:05Z".to_owned();
        old.rows[1].check = Check::Failed("no".to_owned());
        old.rows[2].definition = "other work".to_owned();
        let mut report_data = ReportData::new("new.json", new, &["naive".to_owned()], commands());
        report_data.add("old.json", old);
        let naive = report_data.row("w", "naive").expect("there");
        assert_eq!(naive.reading(Instrument::Callgrind), Some(&callgrind(1)));
        assert_eq!(naive.reading(Instrument::Dhat), Some(&dhat(10, 1)));
        assert!(matches!(report_data.row("w", "fast").expect("there").check, Check::Failed(_)));
        assert_eq!(report_data.row("v", "naive").expect("there").readings.len(), 1, "of another definition");
        let all = report_data.provenance(["w"]);
        assert!(all.starts_with("instructions: 2026-01-02") && all.contains("; heap: 2025-01-02"), "{all}");
        let heap = report_data.provenance_of(Instrument::Dhat, ["w", "v"]);
        assert!(heap.starts_with("2025-01-02") && heap.ends_with("record old.json"), "{heap}");
        assert_eq!(report_data.provenance(["v"]).matches("record ").count(), 1);
    }

    #[test]
    fn a_phase_keeps_its_colour_wherever_it_was_measured_first() {
        let rows = ["fast", "naive", "other"].map(|phase| row("w", phase, Vec::new()));
        let report_data =
            ReportData::new("", record(rows.to_vec()), &["naive".to_owned(), "nobody".to_owned()], commands());
        assert_eq!(["naive", "fast", "other"].map(|phase| report_data.place(phase)), [0, 1, 2]);
    }
}
