//! The trials so far: one file for each condition, a compressed line of JSON for each trial.
//!
//! Each trial is a separate member of a gzip file (RFC 1952 allows any number of them, and `zcat` reads them all). A
//! trial is thus added without rewriting earlier ones. If one is cut off, by a full disk or a crash, no other is lost,
//! and the next trial replaces it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use thiserror::Error;

use crate::condition::Condition;
use crate::criterion::BackToBack;
use crate::trial::Trial;

/// Ending of the files of trials.
const ENDING: &str = ".jsonl.gz";
/// The file of verdicts of criterion: one uncompressed line each.
const CRITERION: &str = "criterion.jsonl";

/// A folder of trials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    folder: PathBuf,
}

/// Evidence that cannot be read or added to.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A trial cannot be added.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A line is no trial.
    #[error("trial {place} in {path} cannot be parsed: {source}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        place: usize,
        /// The error of the parser.
        source: serde_json::Error,
    },
    /// The end of a file is missing.
    #[error(
        "{path} is cut off after {whole} whole trials; measuring another trial of that condition removes the incomplete one"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Number of whole trials.
        whole: usize,
    },
    /// The file has another schema version.
    #[error("{path} has trials of schema {found}, but this harness reads schema {}", Trial::SCHEMA)]
    Schema {
        /// The file.
        path: PathBuf,
        /// The version.
        found: u32,
    },
}

impl Evidence {
    /// The evidence in a folder, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// All trials, sorted by file name and then in the order in which they were added.
    ///
    /// # Errors
    /// If a file cannot be read or holds anything but whole trials.
    pub fn read(&self) -> Result<Vec<Trial>, EvidenceError> {
        let mut trials = Vec::new();
        for path in self.files()? {
            let bytes = fs::read(&path).map_err(read(&path))?;
            let Lines { lines, whole } = Lines::of(&bytes);
            for (place, line) in (1..).zip(&lines) {
                trials.push(parse(&path, place, line)?);
            }
            if whole < bytes.len() {
                return Err(EvidenceError::Damaged { path, whole: lines.len() });
            }
        }
        Ok(trials)
    }

    /// Adds a trial. Removes an incomplete one that an interrupted harness left.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&self, trial: &Trial) -> Result<(), EvidenceError> {
        let path = self.path(&trial.condition);
        let failed = write(&path);
        let mut member = GzEncoder::new(Vec::new(), Compression::best());
        serde_json::to_writer(&mut member, trial).map_err(|error| failed(error.into()))?;
        let member = member.write_all(b"\n").and_then(|()| member.finish()).map_err(&failed)?;
        fs::create_dir_all(&self.folder).map_err(&failed)?;
        append(&path, &member).map_err(&failed)
    }

    /// Number of trials of a condition.
    ///
    /// # Errors
    /// If its file exists and cannot be read.
    pub fn count(&self, condition: &Condition) -> Result<usize, EvidenceError> {
        let path = self.path(condition);
        match fs::read(&path) {
            Ok(bytes) => Ok(Lines::of(&bytes).lines.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(read(&path)(error)),
        }
    }

    /// True if anything is kept here.
    ///
    /// # Errors
    /// If the folder exists and cannot be read.
    pub fn is_there(&self) -> Result<bool, EvidenceError> {
        Ok(!self.files()?.is_empty())
    }

    /// The verdicts of criterion so far.
    ///
    /// # Errors
    /// If the file cannot be read or holds anything else.
    pub fn criterion(&self) -> Result<Vec<BackToBack>, EvidenceError> {
        let path = self.folder.join(CRITERION);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(read(&path))?,
        };
        let parse = |(place, line): (usize, &str)| {
            serde_json::from_str(line).map_err(|source| EvidenceError::Format { path: path.clone(), place, source })
        };
        (1..).zip(text.lines()).map(parse).collect()
    }

    /// Adds a verdict of criterion.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add_criterion(&self, verdict: &BackToBack) -> Result<(), EvidenceError> {
        let path = self.folder.join(CRITERION);
        let failed = write(&path);
        let line = serde_json::to_string(verdict).map_err(|error| failed(error.into()))? + "\n";
        fs::create_dir_all(&self.folder).map_err(&failed)?;
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).map_err(&failed)
    }

    fn path(&self, condition: &Condition) -> PathBuf {
        self.folder.join(condition.file_name() + ENDING)
    }

    fn files(&self) -> Result<Vec<PathBuf>, EvidenceError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(read(&self.folder))?,
        };
        let entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(read(&self.folder))?;
        let files = entries.into_iter().map(|entry| entry.path());
        let mut files: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(ENDING)).collect();
        files.sort();
        Ok(files)
    }
}

/// The whole members of a file, and their size in bytes.
struct Lines {
    lines: Vec<Vec<u8>>,
    whole: usize,
}

impl Lines {
    fn of(bytes: &[u8]) -> Self {
        let (mut lines, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            let mut member = GzDecoder::new(rest);
            let mut line = Vec::new();
            if member.read_to_end(&mut line).is_err() {
                break;
            }
            rest = member.into_inner();
            lines.push(line);
        }
        Self { lines, whole: bytes.len() - rest.len() }
    }
}

/// Writes a member after the last whole one.
fn append(path: &Path, member: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = Lines::of(&bytes).whole as u64;
    file.set_len(whole)?;
    file.seek(SeekFrom::Start(whole))?;
    File::write_all(&mut file, member)?;
    file.sync_all()
}

fn parse(path: &Path, place: usize, line: &[u8]) -> Result<Trial, EvidenceError> {
    /// The field that every version has.
    #[derive(serde::Deserialize)]
    struct Version {
        schema: u32,
    }
    let format = |source| EvidenceError::Format { path: path.to_owned(), place, source };
    let Version { schema } = serde_json::from_slice(line).map_err(format)?;
    if schema != Trial::SCHEMA {
        return Err(EvidenceError::Schema { path: path.to_owned(), found: schema });
    }
    serde_json::from_slice(line).map_err(format)
}

fn read(path: &Path) -> impl Fn(io::Error) -> EvidenceError {
    |source| EvidenceError::Read { path: path.to_owned(), source }
}

fn write(path: &Path) -> impl Fn(io::Error) -> EvidenceError {
    |source| EvidenceError::Write { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::tests::trial;

    #[test]
    fn what_was_added_is_read_again_piece_by_piece() {
        let folder = tempfile::tempdir().expect("a folder");
        let evidence = Evidence::new(folder.path().join("new/one"));
        assert_eq!(evidence.read().expect("nothing yet"), []);
        let trials = [trial("null", &[0.001, -0.002]), trial("null", &[0.003]), trial("inject:1", &[0.01])];
        for trial in &trials {
            evidence.add(trial).expect("added");
        }
        let read = evidence.read().expect("readable");
        assert_eq!(read, [trials[2].clone(), trials[0].clone(), trials[1].clone()], "by the names of their files");
        assert_eq!(evidence.count(&trials[0].condition).expect("readable"), 2);
        assert_eq!(evidence.count(&trial("inject:2", &[]).condition).expect("none"), 0);
    }

    #[test]
    fn what_criterion_said_is_kept_beside_them() {
        use crate::criterion::Called;

        let folder = tempfile::tempdir().expect("a folder");
        let evidence = Evidence::new(folder.path().join("new"));
        assert_eq!(evidence.criterion().expect("nothing yet"), []);
        let verdict = |called| BackToBack {
            workload: "kernel/gelu".to_owned(),
            phase: "fast".to_owned(),
            created: "2026-03-14T15:09:26Z".to_owned(),
            called,
            change: 0.0125,
        };
        let all = [verdict(Called::Regressed), verdict(Called::WithinNoise)];
        all.iter().for_each(|one| evidence.add_criterion(one).expect("added"));
        assert_eq!(evidence.criterion().expect("readable"), all);
        assert_eq!(evidence.read().expect("no trials"), []);
    }

    #[test]
    fn a_trial_that_was_cut_off_is_told_and_makes_room_for_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let evidence = Evidence::new(folder.path());
        let (first, second) = (trial("null", &[0.001, 0.002, 0.003]), trial("null", &[0.004]));
        evidence.add(&first).expect("added");
        let path = evidence.path(&first.condition);
        let whole = fs::read(&path).expect("written");
        for kept in [whole.len() - 1, 11, 3] {
            fs::write(&path, [whole.as_slice(), &whole[..kept]].concat()).expect("written");
            let error = evidence.read().expect_err("cut off").to_string();
            assert!(error.contains("is cut off after 1 whole trials"), "{error}");
            evidence.add(&second).expect("added");
            assert_eq!(evidence.read().expect("whole again"), [first.clone(), second.clone()]);
        }
    }

    #[test]
    fn what_is_no_trial_of_this_version_is_refused_by_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let evidence = Evidence::new(folder.path());
        let mut other = trial("null", &[0.001]);
        evidence.add(&other).expect("added");
        other.schema = 7;
        evidence.add(&other).expect("added");
        assert!(evidence.read().expect_err("other").to_string().contains("has trials of schema 7"));
        let path = evidence.path(&other.condition);
        let mut member = GzEncoder::new(Vec::new(), Compression::fast());
        write!(member, "{{\"schema\":{}}}", Trial::SCHEMA).expect("in memory");
        fs::write(&path, member.finish().expect("in memory")).expect("written");
        assert!(evidence.read().expect_err("no trial").to_string().starts_with("trial 1 in "));
    }
}
