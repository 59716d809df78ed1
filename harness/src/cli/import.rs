//! `harness import`: results of other benchmark tools as records.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;
use harness::project::Project;
use harness::terminal::{Status, failure, notice, print, show};
use harness::vcs::Repository;
use harness_import::{
    Given, Kind, LeftOut, Results, Source, SourceFile, by_name, formats, is_wanted,
};
use harness_record::{Record, UNKNOWN};
use harness_report::render::{Audience, Format, Table};
use jiff::Timestamp;
use walkdir::WalkDir;

use super::typed::{call, command_line};
use super::writable;

/// Largest file, in bytes: every format keeps a run in far less.
const LARGEST: u64 = 64 << 20;
/// Most files of a folder.
const MOST_FILES: usize = 50_000;
/// Number of reasons that are printed for a file.
const REASONS: usize = 12;

/// Reads results of other benchmark tools, and writes a record for each file
///
/// The format is recognized by the content. A file that is damaged or of an unknown version is refused, and then nothing
/// is written. An import compares with imports of the same tool and machine or environment only, and is no baseline.
#[derive(Args)]
pub(crate) struct Import {
    /// Files with results, or the folders target/criterion and target/gungraun
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Format of the files [default: recognized by their content]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(formats().iter().map(|format| format.name)))]
    format: Option<String>,
    /// Revision of the measured code, for files that do not state it
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// Start of the run such as 2026-11-30T17:47:05Z, for files that do not state it
    #[arg(long, value_name = "TIME")]
    time: Option<Timestamp>,
    /// Name of the machine and toolchain that measured, such as ci; imports of one tool with equal names compare
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Leave out rows that are impossible or ambiguous, and write the others
    #[arg(long)]
    skip_invalid: bool,
    /// File for the record of a single PATH [default: records/imports/TIME.TOOL.DIGEST.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Output format of the list of imports
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

/// The folder of imported records. It is apart from measured ones, so that no command takes an import for the newest.
pub(super) fn folder(project: &Project) -> PathBuf {
    project.records().join("imports")
}

impl Import {
    pub(crate) fn run(self, here: &Path) -> Result<Status> {
        if self.out.is_some() && self.paths.len() > 1 {
            bail!(
                "--out names one file, and there are {} paths",
                self.paths.len()
            );
        }
        let project = Project::find(here);
        let folder = match (&self.out, &project) {
            (Some(_), _) => PathBuf::new(),
            (None, Ok(project)) => folder(project),
            (None, Err(error)) => bail!("{error:#}; or name the file of the record with --out"),
        };
        let results = self.read_all()?;
        if !self.report_left_out(&results) {
            return Ok(Status::Unjudged);
        }
        let given = self.given(project.ok().as_ref())?;
        let mut records = Vec::new();
        for results in results {
            let (rows, left_out) = (results.rows.len(), results.left_out.clone());
            let file = results.file.clone();
            if rows == 0 {
                bail!("{file} has no row that a record can contain, so nothing was written");
            }
            let digest = results.digest.clone();
            let record = results.record(&given)?;
            let path = match &self.out {
                Some(path) => path.clone(),
                None => folder.join(name(&record, &digest)),
            };
            records.push(Imported {
                file,
                path,
                record,
                left_out,
            });
        }
        write(&records)?;
        records.iter().for_each(announce);
        let for_people = self.output.audience() == Audience::Terminal;
        show(&[table(&records, here, !for_people)], self.output)?;
        if for_people {
            print(&paths(&records, here))?;
        }
        Ok(Status::Fine)
    }

    /// Reads every path before anything is written, so that nothing is imported by half.
    fn read_all(&self) -> Result<Vec<Results>> {
        let format = self.format.as_deref().and_then(by_name);
        let (mut all, mut problems) = (Vec::new(), Vec::new());
        for path in &self.paths {
            let read = source(path).and_then(|source| Ok(harness_import::read(&source, format)?));
            match read {
                Ok(results) => all.push(results),
                Err(error) => problems.push(format!("{error:#}")),
            }
        }
        let Some(last) = problems.pop() else {
            return Ok(all);
        };
        problems.iter().for_each(|problem| failure(problem));
        bail!("{last}; nothing was written")
    }

    /// Prints what the records will not contain. Returns false if that forbids to write them.
    fn report_left_out(&self, results: &[Results]) -> bool {
        let mut may_write = true;
        for one in results {
            for group in one.left_out.iter().take(REASONS) {
                notice(&format!(
                    "{}: {}: {}",
                    one.file,
                    heading(group.kind),
                    group.sentence()
                ));
            }
            if let Some(more) = one
                .left_out
                .len()
                .checked_sub(REASONS)
                .filter(|more| *more > 0)
            {
                notice(&format!("{}: {more} more reasons", one.file));
            }
            if one.has_invalid() && !self.skip_invalid {
                may_write = false;
                failure(&format!(
                    "{} has impossible or ambiguous rows, so nothing was written; --skip-invalid leaves them out",
                    one.file
                ));
            }
        }
        may_write
    }

    fn given(&self, project: Option<&Project>) -> Result<Given> {
        if self
            .environment
            .as_deref()
            .is_some_and(|name| name.trim().is_empty() || name.contains(char::is_control))
        {
            bail!("--environment needs a name, such as ci");
        }
        let commit = self.commit.as_ref().map(|given| {
            let repository = project.and_then(|project| Repository::open(project).ok());
            let known = repository.and_then(|repository| repository.resolve(given).ok());
            known.map_or_else(
                || {
                    notice(&format!(
                        "git does not know the commit {given}; it is kept as it is"
                    ));
                    given.clone()
                },
                |commit| commit.id,
            )
        });
        Ok(Given {
            commit,
            time: self.time,
            environment: self.environment.clone(),
            command: command_line(),
        })
    }
}

/// A record that was imported.
struct Imported {
    file: String,
    path: PathBuf,
    record: Record,
    left_out: Vec<LeftOut>,
}

impl Imported {
    /// The path of the record, relative to the folder `here` if it is below.
    fn relative(&self, here: &Path) -> String {
        let path = self.path.strip_prefix(here).unwrap_or(&self.path);
        path.display().to_string()
    }
}

fn heading(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "impossible",
        Kind::Skipped => "skipped by the tool",
        Kind::NoPlace => "not carried over",
    }
}

/// The content of a file, or of a folder with many files of one run.
fn source(path: &Path) -> Result<Source> {
    let name = || {
        let named = path.canonicalize();
        let named = named.as_deref().unwrap_or(path).file_name();
        named.unwrap_or_default().to_string_lossy().into_owned()
    };
    let cannot_read = || format!("cannot read {}", path.display());
    if !path.is_dir() {
        return Ok(Source::file(name(), bytes(path).with_context(cannot_read)?));
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.with_context(cannot_read)?;
        let Ok(inside) = entry.path().strip_prefix(path) else {
            continue;
        };
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        let inside = parts.join("/");
        if entry.file_type().is_file() && is_wanted(&inside) {
            if files.len() == MOST_FILES {
                bail!(
                    "{} has more than {MOST_FILES} files with results; name folders in it",
                    path.display()
                );
            }
            let bytes = bytes(entry.path()).with_context(cannot_read)?;
            files.push(SourceFile {
                path: inside,
                bytes,
            });
        }
    }
    if files.is_empty() {
        bail!(
            "{} is a folder without results of criterion or gungraun; name the files, such as {}",
            path.display(),
            path.join("*.json").display()
        );
    }
    Ok(Source {
        name: name(),
        files,
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let length = fs::metadata(path)?.len();
    if length > LARGEST {
        bail!("it has {length} bytes, and this harness reads up to {LARGEST}");
    }
    Ok(fs::read(path)?)
}

/// The name of a record: imports of one file have the same, so that a second import replaces the first.
fn name(record: &Record, digest: &str) -> String {
    let tool = record
        .environment
        .import
        .as_ref()
        .map_or(UNKNOWN, |import| &import.tool);
    let time = record.created.replace(':', "");
    let digest: String = digest.chars().take(8).collect();
    format!("{time}.{tool}.{digest}.json")
}

/// Writes all records, or none: if one cannot be written, new ones before it are removed again.
fn write(records: &[Imported]) -> Result<()> {
    for imported in records {
        writable(&imported.path)?;
    }
    let mut new = Vec::new();
    for imported in records {
        let is_new = !imported.path.exists();
        if let Err(error) = imported.record.write(&imported.path) {
            for path in new {
                // The error of writing is the one to report.
                let _ = fs::remove_file(path);
            }
            return Err(error.into());
        }
        new.extend(is_new.then_some(&imported.path));
    }
    Ok(())
}

/// Names everything that is unknown about an import, with the option that adds it.
fn announce(imported: &Imported) {
    let Record {
        created,
        environment,
        ..
    } = &imported.record;
    let unknown = [
        (created == UNKNOWN, "the time of the run (--time)"),
        (environment.revision.is_none(), "the revision (--commit)"),
        (
            !environment.same_machine(environment),
            "the machine, so its times compare with no other import (--environment)",
        ),
    ];
    let unknown: Vec<&str> = unknown
        .into_iter()
        .filter_map(|(is_unknown, what)| is_unknown.then_some(what))
        .collect();
    if !unknown.is_empty() {
        notice(&format!(
            "{} does not state {}",
            imported.file,
            unknown.join("; ")
        ));
    }
}

/// The path of each record on a line of its own, which no terminal shortens.
fn paths(records: &[Imported], here: &Path) -> String {
    let line = |one: &Imported| format!("record of {}: {}\n", one.file, one.relative(here));
    let lines: String = records.iter().map(line).collect();
    format!("\n{lines}")
}

/// The imports, with the paths of their records if `has_paths`.
fn table(records: &[Imported], here: &Path, has_paths: bool) -> Table {
    let failed = |record: &Record| {
        record
            .rows
            .iter()
            .filter(|row| !row.failures.is_empty())
            .count()
    };
    let count = |imported: &Imported| {
        imported
            .left_out
            .iter()
            .map(|group| group.count)
            .sum::<usize>()
    };
    let import = |one: &Imported| one.record.environment.import.clone();
    let table = Table::of("imports", records.iter().collect::<Vec<&Imported>>())
        .left("file", "file", |one: &&Imported| one.file.clone())
        .left("tool", "tool", |one| {
            import(one).map_or_else(String::new, |import| import.tool)
        })
        .right("rows", "rows", |one| one.record.rows.len())
        .right("failed", "failed", |one| failed(&one.record))
        .right("left_out", "left out", |one| count(one))
        .left("created", "run", |one| one.record.created.clone())
        .left("revision", "revision", |one| {
            let revision = one.record.environment.revision.clone();
            revision.map_or_else(|| UNKNOWN.to_owned(), |id| id.chars().take(12).collect())
        });
    let table = match has_paths {
        true => table.left("record", "record", |one| one.relative(here)),
        false => table,
    };
    table.notes([format!(
        "`{}` shows two side by side, `{}` draws them over time.",
        call("compare RECORD RECORD"),
        call("history --imports --metric time")
    )])
}
