//! The folder of the baselines, with one folder per key.

use std::path::{Path, PathBuf};
use std::{fs, io};

use harness_probe::Instrument;

use crate::baseline::environment::Origin;
use crate::baseline::error::KIND;
use crate::baseline::{Baseline, BaselineError, counts, isas, no_counts};
use crate::stored_file::line;
use crate::suggestion::suggestion;
use crate::{Failure, FileError, FileProblem, PortableKey, Record};

/// Name of the file with the counts.
pub const COUNTS: &str = "counts.csv";
/// Name of the file with the origin of the counts.
pub const ENVIRONMENT: &str = "environment.json";

/// The stored baselines of a project.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// The baseline that matches the environment of a record.
#[derive(Debug, Clone)]
pub struct Matching {
    /// The matching keys: one per instruction set that the record's counts were read with.
    pub keys: Vec<PortableKey>,
    /// The rows of the baseline. If there is no baseline for an instruction set, the rows contain failures that report
    /// it.
    pub record: Record,
}

impl Store {
    /// Opens the baselines in a folder, which may be missing.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Returns the stored keys, sorted.
    ///
    /// # Errors
    /// If the folder exists and cannot be read.
    pub fn keys(&self) -> Result<Vec<String>, BaselineError> {
        let failed = |error| KIND.error(&self.folder, FileProblem::Read(error));
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error).into()),
        };
        let mut keys = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if entry.path().join(COUNTS).is_file() {
                keys.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        keys.sort();
        Ok(keys)
    }

    /// Reads the baseline of a key from [`Store::keys`].
    ///
    /// # Errors
    /// If there is no such key or its files are invalid.
    pub fn read(&self, key: &str) -> Result<Baseline, BaselineError> {
        let keys = self.keys()?;
        if !keys.iter().any(|stored| stored == key) {
            let suggestion = suggestion(key, keys.iter().map(String::as_str));
            return Err(BaselineError::Unknown {
                key: key.to_owned(),
                folder: self.folder.clone(),
                suggestion,
            });
        }
        let (counts_path, origin_path) = self.paths(key);
        let (counts, origin) = (text(&counts_path)?, text(&origin_path)?);
        Ok(Baseline::parse(
            (&counts, &counts_path),
            (&origin, &origin_path),
            key,
        )?)
    }

    /// Reads the baseline to compare the counts of a record with.
    ///
    /// # Errors
    /// If the record has no counts or was imported, if there is no baseline for any of them, or if a baseline is invalid.
    pub fn matching(&self, record: &Record) -> Result<Matching, BaselineError> {
        if let Some(import) = &record.environment.import {
            return Err(BaselineError::NoCounts(format!(
                "it was {import}, and a baseline compares with counts that this harness measured"
            )));
        }
        let keys: Vec<PortableKey> = isas(record)
            .into_iter()
            .map(|isa| record.environment.portable_key(isa))
            .collect();
        let there = self.keys()?;
        let (found, missing): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|key| there.contains(&key.to_string()));
        let mut missing = missing.iter().map(|key| self.none_for(key, &there));
        let mut baselines = found.iter().map(|key| self.read(&key.to_string()));
        let Some(first) = baselines.next().transpose()? else {
            return Err(missing
                .next()
                .unwrap_or_else(|| BaselineError::NoCounts(no_counts(record))));
        };
        let mut merged = first.record;
        for baseline in baselines {
            merge(&mut merged, baseline?, &found[0])?;
        }
        if let Some(error) = missing.next() {
            for row in &mut merged.rows {
                let counted = record.row(&row.workload, &row.phase);
                for instrument in Instrument::COUNTED {
                    let expected =
                        counted.is_some_and(|counted| counted.reading(instrument).is_some());
                    if expected && row.reading(instrument).is_none() {
                        row.failures.push(Failure {
                            instrument,
                            message: error.to_string(),
                        });
                    }
                }
            }
        }
        Ok(Matching {
            keys: found,
            record: merged,
        })
    }

    /// Stores a baseline and replaces the old one with the same key. An interruption at any moment leaves one of the
    /// two.
    ///
    /// # Errors
    /// If a file cannot be written. The old baseline then stays unchanged.
    pub fn save(&self, baseline: &Baseline) -> Result<PathBuf, BaselineError> {
        for (path, content) in self.steps(baseline) {
            KIND.write(&path, &content)?;
        }
        Ok(self.folder.join(baseline.key().to_string()))
    }

    /// Returns the files to write, in order. The folder contains a readable baseline after each of them.
    pub(super) fn steps(&self, baseline: &Baseline) -> Vec<(PathBuf, String)> {
        let key = baseline.key().to_string();
        let (counts_path, origin_path) = self.paths(&key);
        let origin = Origin::of(&baseline.record, &baseline.isa);
        let counts = counts::write(&baseline.record.rows, &baseline.record.created);
        let new = (origin_path.clone(), origin.to_json());
        match self.read(&key) {
            Ok(old) if old.record.created != baseline.record.created => {
                vec![
                    (origin_path, origin.replacing(&old.record).to_json()),
                    (counts_path, counts),
                    new,
                ]
            }
            // There is no readable old baseline to preserve.
            _ => vec![new, (counts_path, counts)],
        }
    }

    fn paths(&self, key: &str) -> (PathBuf, PathBuf) {
        let folder = self.folder.join(key);
        (folder.join(COUNTS), folder.join(ENVIRONMENT))
    }

    fn none_for(&self, key: &PortableKey, there: &[String]) -> BaselineError {
        let stored: Vec<String> = there
            .iter()
            .map(|name| match self.read(name) {
                Ok(baseline) => format!("{name} ({})", baseline.key().differences(key).join(", ")),
                Err(_) => format!("{name} (cannot be read)"),
            })
            .collect();
        let there = match stored.as_slice() {
            [] => "there are no baselines yet".to_owned(),
            stored => format!("there are: {}", stored.join("; ")),
        };
        BaselineError::NoneFor {
            key: key.to_string(),
            folder: self.folder.clone(),
            there,
        }
    }
}

/// Adds the readings of a baseline with the same environment and another instruction set.
fn merge(merged: &mut Record, other: Baseline, first: &PortableKey) -> Result<(), BaselineError> {
    let key = other.key();
    for row in other.record.rows {
        let Some(same) = merged
            .rows
            .iter_mut()
            .find(|r| r.workload == row.workload && r.phase == row.phase)
        else {
            merged.rows.push(row);
            continue;
        };
        let agree =
            same.unit == row.unit && same.definition == row.definition && same.answer == row.answer;
        if !agree
            || row
                .readings
                .iter()
                .any(|reading| same.reading(reading.data.instrument()).is_some())
        {
            return Err(BaselineError::Disagree {
                left: first.to_string(),
                right: key.to_string(),
                row: row.place(),
            });
        }
        same.readings.extend(row.readings);
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, FileError> {
    let bytes = fs::read(path).map_err(|error| KIND.error(path, FileProblem::Read(error)))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        KIND.content(
            path,
            Some(line(&good, good.len())),
            "this is not UTF-8 text".to_owned(),
        )
    })
}
