//! The data of a report: the rows of one record, or of several records of one machine, with the source of each reading, the
//! anchors and the roadmap.
//!
//! All readings of one instrument for one workload, over all phases, come from one record, because phases that were measured
//! at different times cannot be compared.

use std::collections::{HashMap, HashSet};

use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::metric::{Figure, Metric};
use harness_record::profile::Summary;
use harness_record::roadmap::{MachineLimits, Roadmap};
use harness_record::{Record, Row};

use crate::bests::Bests;
use crate::figures;
use crate::headline::unit;
use crate::past::Past;
use crate::provenance::conditions;
use crate::source::{Source, Taken, all_taken, keep, merge, source};

/// The data of a report.
#[derive(Debug, Clone)]
pub struct ReportData {
    /// The rows. Its date, command and environment are those of the first source.
    pub record: Record,
    /// The sources of the rows, the main record first.
    pub sources: Vec<Source>,
    /// The phases that every figure is compared with, where they were measured.
    pub anchors: Vec<String>,
    /// The roadmap with its targets and forecasts, if there is one.
    pub roadmap: Option<Roadmap>,
    /// The records of this machine and the baselines in git over time.
    pub past: Past,
    /// Summaries of profiles of the workload of the roadmap, of this machine.
    pub profiles: Vec<Summary>,
    /// The measured limits of the machine, if there are any.
    pub limits: Option<MachineLimits>,
    /// The commands that take the measurements which are made on demand.
    pub commands: Commands,
    /// The best values of the headline workload over all runs of the machine; none without times of it.
    pub bests: Option<Bests>,
    /// The run before the main record.
    pub previous: Previous,
    /// Notes for the reader on records that were left out.
    pub notes: Vec<String>,
}

/// The last whole run of the same machine before the main record, with the same main workload.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Previous {
    /// Earlier records were not searched.
    #[default]
    NotSearched,
    /// There is none.
    None,
    /// The record of that run.
    Run(Box<Record>),
}

/// The commands that take the measurements which are made on demand.
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
    /// The data of one record.
    pub fn new(name: &str, record: Record, anchors: &[String], commands: Commands) -> Self {
        let source = source(name, &record, all_taken(&record));
        let anchors = anchors.to_vec();
        let bests = Bests::of(name, &record, &anchors);
        Self {
            record,
            sources: vec![source],
            anchors,
            roadmap: None,
            past: Past::default(),
            profiles: Vec::new(),
            limits: None,
            commands,
            bests,
            previous: Previous::default(),
            notes: Vec::new(),
        }
    }

    /// Adds the workloads and the instruments of another record that are missing here. Readings of a known workload are only
    /// added if its definition and answer are equal.
    pub fn add(&mut self, name: &str, mut other: Record) {
        if let Some(bests) = &mut self.bests {
            bests.add(name, &other, &self.anchors);
        }
        let first_rows = |record: &'_ Record| {
            let mut works = HashMap::new();
            for row in &record.rows {
                let work = || (row.definition.clone(), row.answer.clone());
                works.entry(row.workload.clone()).or_insert_with(work);
            }
            works
        };
        let (known, others) = (first_rows(&self.record), first_rows(&other));
        let fresh = all_taken(&other).into_iter().filter_map(|mut all| {
            let Some(known) = known.get(&all.workload) else {
                return Some(all);
            };
            let same = others.get(&all.workload) == Some(known);
            all.instruments
                .retain(|instrument| same && self.source(&all.workload, *instrument).is_none());
            (!all.instruments.is_empty()).then_some(all)
        });
        let fresh: Vec<Taken> = fresh.collect();
        if fresh.is_empty() {
            return;
        }
        self.sources.push(source(name, &other, fresh.clone()));
        keep(&mut other, &fresh);
        let name = |row: &Row| (row.workload.clone(), row.phase.clone());
        let mut places: HashMap<_, usize> = self.record.rows.iter().map(name).zip(0..).collect();
        for row in other.rows {
            let rows = &mut self.record.rows;
            match places.get(&name(&row)) {
                None => {
                    places.insert(name(&row), rows.len());
                    rows.push(row);
                }
                Some(&known) => merge(&mut rows[known], row),
            }
        }
    }

    /// The source of an instrument's readings of a workload; none if there are no readings.
    pub fn source(&self, workload: &str, instrument: Instrument) -> Option<&Source> {
        self.sources
            .iter()
            .find(|source| source.has(workload, Some(instrument)))
    }

    /// The provenance of all readings of these workloads, in one line.
    pub fn provenance<'a>(&self, workloads: impl IntoIterator<Item = &'a str>) -> String {
        let workloads: HashSet<&str> = workloads.into_iter().collect();
        let of = |workload: &str| {
            self.sources
                .iter()
                .filter(|source| source.has(workload, None))
                .count()
        };
        let split = workloads.iter().any(|workload| of(workload) > 1);
        let line = |source: &Source| {
            let instruments = source
                .taken
                .iter()
                .filter(|taken| workloads.contains(taken.workload.as_str()));
            let instruments: Vec<Instrument> = instruments
                .flat_map(|taken| taken.instruments.clone())
                .collect();
            let words = Instrument::ALL
                .into_iter()
                .filter(|instrument| instruments.contains(instrument))
                .map(Instrument::quantity);
            let words = distinct(words).join(", ");
            if split && !words.is_empty() {
                format!("{words}: {}", source.full())
            } else {
                source.full()
            }
        };
        let used = self
            .sources
            .iter()
            .filter(|source| workloads.iter().any(|workload| source.has(workload, None)));
        distinct(used.map(line)).join("; ")
    }

    /// The provenance of one instrument's readings of these workloads, in one line.
    pub fn provenance_of<'a>(
        &self,
        instrument: Instrument,
        workloads: impl IntoIterator<Item = &'a str>,
    ) -> String {
        let sources = workloads
            .into_iter()
            .filter_map(|workload| self.source(workload, instrument));
        distinct(sources.map(Source::full)).join("; ")
    }

    /// The second line of a chart: its subject `what`, the conditions and the provenance of the rows' readings by one instrument,
    /// and a remark.
    pub(super) fn subtitle(
        &self,
        what: &str,
        rows: &[&Row],
        instrument: Instrument,
        remark: &str,
    ) -> String {
        let conditions = conditions(rows.iter().copied(), &[instrument]);
        let provenance =
            self.provenance_of(instrument, rows.iter().map(|row| row.workload.as_str()));
        format!("{what}, {conditions}{remark}. {provenance}.")
    }

    /// The index of a phase, which selects its colour: the anchors first, then the phases of the roadmap, then the others in
    /// the order of the record.
    pub fn place(&self, phase: &str) -> usize {
        let promised = self
            .roadmap
            .iter()
            .flat_map(|roadmap| &roadmap.phases)
            .map(|phase| phase.name.as_str());
        let measured = self.record.phases();
        let named = self
            .anchors
            .iter()
            .map(String::as_str)
            .chain(promised)
            .filter(|name| measured.contains(name));
        let order = harness_record::distinct::distinct(named.chain(measured.iter().copied()));
        order
            .iter()
            .position(|name| *name == phase)
            .unwrap_or(order.len())
    }

    /// The figure of a workload in a phase; none without a right answer.
    pub(super) fn figure(&self, workload: &str, phase: &str, metric: &Metric) -> Option<Figure> {
        metric.figure(
            self.row(workload, phase)
                .filter(|row| figures::trusted(row))?,
        )
    }

    /// The rows of workloads, in the order of the workloads.
    pub(super) fn rows_of<'a>(&self, workloads: impl Iterator<Item = &'a str>) -> Vec<&Row> {
        let mut rows: HashMap<&str, Vec<&Row>> = HashMap::new();
        for row in &self.record.rows {
            rows.entry(&row.workload).or_default().push(row);
        }
        workloads
            .flat_map(|workload| rows.get(workload).cloned().unwrap_or_default())
            .collect()
    }

    /// The name of a metric for a workload, with the workload's unit.
    pub(super) fn title(&self, metric: &Metric, workload: &str) -> String {
        metric.title_per(unit(&self.record, workload))
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
        Commands {
            ablation: "a".to_owned(),
            growth: "g".to_owned(),
            matrix: "m".to_owned(),
        }
    }

    #[test]
    fn an_instrument_is_taken_whole_from_the_first_record_that_has_it() {
        let new = record(vec![row("w", "naive", vec![callgrind(1)])]);
        let mut old = record(vec![
            row("w", "fast", vec![callgrind(2)]),
            row("v", "naive", vec![callgrind(3)]),
        ]);
        old.created = "2025-01-02T03:04:05Z".to_owned();
        let mut report_data = ReportData::new("new.json", new, &["naive".to_owned()], commands());
        report_data.add("old.json", old.clone());
        report_data.add("older.json", old);
        assert_eq!(
            report_data.record.rows.len(),
            2,
            "{:?}",
            report_data.record.rows
        );
        assert!(
            report_data.row("w", "fast").is_none(),
            "it was not measured side by side with what there is"
        );
        assert_eq!(report_data.sources.len(), 2);
        let line = report_data.provenance(["v", "v"]);
        assert!(
            line.starts_with("2025-01-02 03:04 UTC") && line.ends_with("record old.json"),
            "{line}"
        );
        assert_eq!(
            report_data
                .provenance(["w", "v"])
                .matches("record ")
                .count(),
            2
        );
    }

    #[test]
    fn readings_of_another_instrument_of_equal_work_are_added() {
        let new = record(vec![
            row("w", "naive", vec![callgrind(1)]),
            row("v", "naive", vec![callgrind(1)]),
        ]);
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
        assert!(matches!(
            report_data.row("w", "fast").expect("there").check,
            Check::Failed(_)
        ));
        assert_eq!(
            report_data.row("v", "naive").expect("there").readings.len(),
            1,
            "of another definition"
        );
        let all = report_data.provenance(["w"]);
        assert!(
            all.starts_with("instructions: 2026-01-02") && all.contains("; heap: 2025-01-02"),
            "{all}"
        );
        let heap = report_data.provenance_of(Instrument::Dhat, ["w", "v"]);
        assert!(
            heap.starts_with("2025-01-02") && heap.ends_with("record old.json"),
            "{heap}"
        );
        assert_eq!(report_data.provenance(["v"]).matches("record ").count(), 1);
    }

    #[test]
    fn a_phase_keeps_its_colour_wherever_it_was_measured_first() {
        let rows = ["fast", "naive", "other"].map(|phase| row("w", phase, Vec::new()));
        let report_data = ReportData::new(
            "",
            record(rows.to_vec()),
            &["naive".to_owned(), "nobody".to_owned()],
            commands(),
        );
        assert_eq!(
            ["naive", "fast", "other"].map(|phase| report_data.place(phase)),
            [0, 1, 2]
        );
    }
}
