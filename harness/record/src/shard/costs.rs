//! `costs.csv`: the measured cost of every workload, by which a suite is split into shards.
//!
//! The file is committed, or given to every machine, because all shards must compute the same split. A record would not
//! do: each machine has its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness_probe::Instrument;

use crate::stored_file::FileKind;
use crate::{FileError, Record, Spent, csv_table};

/// Name of the file in the folder of baselines.
pub const FILE: &str = "costs.csv";

/// Version of the file format that this build writes, and the only one it reads.
const SCHEMA_VERSION: u32 = 1;

const HEAD: &str = "# harness costs, schema ";
const MEASURED: &str = ", measured ";
const COLUMNS: [&str; 4] = ["workload", "phase", "instrument", "milliseconds"];

static KIND: FileKind = FileKind::new("the costs ", SCHEMA_VERSION);

/// The time that each instrument needs for each workload in each phase, with starts and preparation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Costs {
    /// Time of the measurement, RFC 3339 in UTC.
    pub measured: String,
    /// Milliseconds by workload, phase and instrument.
    milliseconds: BTreeMap<(String, String, Instrument), u64>,
}

impl Costs {
    /// The costs in a record; none if it has none, as records before schema version 4.
    pub fn of(record: &Record) -> Option<Self> {
        let entry = |one: &Spent| {
            let milliseconds = (1e3 * one.seconds).round() as u64;
            let place = (one.workload.clone(), one.phase.clone(), one.instrument);
            (place, milliseconds)
        };
        let milliseconds: BTreeMap<_, _> = record.spent.iter().map(entry).collect();
        (!milliseconds.is_empty()).then(|| Self {
            measured: record.created.clone(),
            milliseconds,
        })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, or a line is invalid.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::parse(&KIND.read(path)?, path)
    }

    /// Reads the file in a folder of baselines; none if there is none.
    ///
    /// # Errors
    /// If the file exists and cannot be read, or a line is invalid.
    pub fn in_folder(folder: &Path) -> Result<Option<Self>, FileError> {
        let path = folder.join(FILE);
        let text = KIND.read_if_there(&path)?;
        text.map(|text| Self::parse(&text, &path)).transpose()
    }

    /// Parses the text of the file. `path` is named in errors.
    ///
    /// # Errors
    /// If a line is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        let wrong = |(line, what)| KIND.content(path, Some(line), what);
        let (head, table) = text.split_once('\n').unwrap_or((text, ""));
        let head = head.trim_end().strip_prefix(HEAD);
        let parts = head.and_then(|head| head.split_once(MEASURED));
        let Some((Ok(schema), measured)) =
            parts.map(|(schema, measured)| (schema.parse(), measured))
        else {
            let what = format!("the first line must be `{HEAD}{SCHEMA_VERSION}{MEASURED}TIME`");
            return Err(wrong((1, what)));
        };
        KIND.check_schema(schema, path, Some(1))?;
        let mut milliseconds = BTreeMap::new();
        let read = csv_table::read(table, COLUMNS, |_, [workload, phase, name, text]| {
            let instrument = Instrument::by_name(name)
                .ok_or_else(|| format!("there is no instrument `{name}`"))?;
            let cost = text
                .parse()
                .map_err(|_| format!("`{text}` is no whole number of milliseconds"))?;
            let place = (workload.to_owned(), phase.to_owned(), instrument);
            match milliseconds.insert(place, cost) {
                Some(_) => Err(format!(
                    "a second line for {workload} in phase {phase} by {name}; keep one"
                )),
                None => Ok(()),
            }
        });
        read.map_err(wrong)?;
        Ok(Self {
            measured: measured.to_owned(),
            milliseconds,
        })
    }

    /// Writes the file into a folder of baselines atomically, and returns its path.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, FileError> {
        let path = folder.join(FILE);
        KIND.write(&path, &self.to_text())?;
        Ok(path)
    }

    fn to_text(&self) -> String {
        let rows = self
            .milliseconds
            .iter()
            .map(|((workload, phase, instrument), cost)| {
                let name = instrument.name().to_owned();
                [workload.clone(), phase.clone(), name, cost.to_string()]
            });
        let table = csv_table::write(COLUMNS, rows);
        format!("{HEAD}{SCHEMA_VERSION}{MEASURED}{}\n{table}", self.measured)
    }

    /// The cost in microseconds of measuring a workload in some phases with some instruments; none if no cost of it is
    /// known. A missing figure of a workload with others counts nothing.
    pub fn microseconds(
        &self,
        workload: &str,
        phases: &[String],
        instruments: &[Instrument],
    ) -> Option<u64> {
        let known = self
            .milliseconds
            .iter()
            .filter(|((id, phase, instrument), _)| {
                id == workload && phases.contains(phase) && instruments.contains(instrument)
            })
            .map(|(_, cost)| cost.saturating_mul(1000));
        known.reduce(u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shard::{Balance, split};

    fn parse(text: &str) -> Result<Costs, String> {
        Costs::parse(text, Path::new("costs.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn costs_are_summed_over_phases_and_instruments() {
        let text = "# harness costs, schema 1, measured 2026-01-02T03:04:05Z\n\
                    workload,phase,instrument,milliseconds\n\
                    a,fast,clock,1500\na,fast,dhat,20\na,slow,clock,1600\nb,fast,clock,7\n";
        let costs = parse(text).expect("valid");
        assert_eq!(costs.to_text(), text);
        let of = |id: &str, phases: &[&str], instruments: &[Instrument]| {
            let phases: Vec<String> = phases.iter().map(|&one| one.to_owned()).collect();
            costs.microseconds(id, &phases, instruments)
        };
        let all = [Instrument::Clock, Instrument::Dhat];
        assert_eq!(of("a", &["fast", "slow"], &all), Some(3_120_000));
        assert_eq!(of("a", &["fast"], &all[1..]), Some(20_000));
        assert_eq!(of("b", &["fast"], &all[1..]), None);
        assert_eq!(of("c", &["fast"], &all), None);
    }

    /// Four shards of this repository are as even as its longest workload allows.
    #[test]
    fn the_costs_of_this_repository_are_split_evenly() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../baselines");
        let costs = Costs::in_folder(&folder).expect("valid").expect("there");
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for ((workload, _, _), cost) in &costs.milliseconds {
            // Measured on demand only.
            if !workload.starts_with("ablation/") {
                *sums.entry(workload).or_default() += cost;
            }
        }
        let named: Vec<(&str, u64)> = sums.into_iter().collect();
        let balance = Balance::of(&named, &split(&named, 4), 4);
        let mean = named.iter().map(|(_, cost)| *cost as f64).sum::<f64>() / 4.0;
        let longest = named
            .iter()
            .map(|(_, cost)| *cost as f64)
            .fold(0.0, f64::max);
        let ratio = balance.longest_over_mean();
        assert!(ratio <= (longest / mean).max(1.15) + 1e-9, "{ratio}");
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let head =
            "# harness costs, schema 1, measured x\nworkload,phase,instrument,milliseconds\n";
        for (text, expected) in [
            (
                String::new(),
                "costs.csv, line 1: the first line must be `# harness costs, schema 1, measured TIME`",
            ),
            (
                "# harness costs, schema 2, measured x\n".to_owned(),
                "costs.csv, line 1: it has schema version 2, this harness reads 1",
            ),
            (
                format!("{head}a,fast,watch,1\n"),
                "costs.csv, line 3: there is no instrument `watch`",
            ),
            (
                format!("{head}a,fast,clock,-1\n"),
                "costs.csv, line 3: `-1` is no whole number of milliseconds",
            ),
            (
                format!("{head}a,fast,clock,1\na,fast,clock,2\n"),
                "costs.csv, line 4: a second line for a in phase fast by clock; keep one",
            ),
            (
                format!("{head}a,fast,clock\n"),
                "costs.csv, line 3: a row has 4 fields, this one has 3",
            ),
        ] {
            assert_eq!(parse(&text).expect_err("refused"), expected);
        }
    }

    proptest! {
        #[test]
        fn written_costs_are_read_back(costs in prop::collection::btree_map(("\\PC{0,9}", "[a-z ,\"]{0,4}"), 0..u64::MAX, 0..20)) {
            let milliseconds = costs.into_iter().map(|((workload, phase), cost)| ((workload, phase, Instrument::Clock), cost));
            let costs = Costs { measured: "2026-01-02T03:04:05Z".to_owned(), milliseconds: milliseconds.collect() };
            prop_assert_eq!(parse(&costs.to_text()), Ok(costs));
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }
    }
}
