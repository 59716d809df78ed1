//! `harness history --export parquet=FILE`: every reading of the history as one table.

use std::path::{Path, PathBuf};

use anyhow::Result;
use harness::project::Project;
use harness::terminal::Status;

use super::options::Selection;

/// Reads `parquet=FILE`.
pub(super) fn parse(text: &str) -> Result<PathBuf, String> {
    match text.split_once('=') {
        Some(("parquet", file)) if !file.is_empty() => Ok(file.into()),
        Some((format, _)) if format != "parquet" => Err(format!(
            "there is no format `{format}`; did you mean `parquet`?"
        )),
        _ => Err("write parquet=FILE".to_owned()),
    }
}

#[cfg(not(feature = "parquet"))]
pub(super) fn export(_: &Path, _: &Selection, _: &Project) -> Result<Status> {
    anyhow::bail!(
        "this harness was built without Parquet; build it with `--features parquet`, as in `cargo install harness --features parquet`"
    )
}

#[cfg(feature = "parquet")]
pub(super) use with_parquet::export;

#[cfg(feature = "parquet")]
mod with_parquet {
    use std::fs::File;
    use std::io;

    use anyhow::Context;
    use harness::history;
    use harness::terminal::notice;
    use harness::vcs::Repository;
    use harness_parquet::{ParquetError, Reading, Writer};
    use harness_record::choice::Choice;
    use harness_record::json_files::run_files;
    use harness_record::number::base_unit;
    use harness_record::{Record, atomic_file, metric};

    use super::*;
    use crate::cli::writable;

    /// Writes the readings of every record, and of every state of the baselines in git. One record is in memory at a time.
    pub(crate) fn export(path: &Path, selection: &Selection, project: &Project) -> Result<Status> {
        writable(path)?;
        let choice = Choice::new(&selection.filter, &selection.phase)?;
        let mut rows = 0;
        let write = |file: &mut File| {
            let mut table = Table {
                writer: Writer::new(file).map_err(io::Error::other)?,
                choice: &choice,
            };
            table.all(project).map_err(io::Error::other)?;
            rows = table.writer.finish().map_err(io::Error::other)?.1;
            Ok(())
        };
        atomic_file::write_with(path, write)
            .with_context(|| format!("cannot write {}", path.display()))?;
        notice(&format!("wrote {rows} readings to {}", path.display()));
        Ok(match rows {
            0 => Status::Unjudged,
            _ => Status::Fine,
        })
    }

    struct Table<'a, 'b> {
        writer: Writer<&'a mut File>,
        choice: &'b Choice,
    }

    impl Table<'_, '_> {
        fn all(&mut self, project: &Project) -> Result<(), ParquetError> {
            let afterwards = crate::cli::history::folder(project);
            for path in [project.records(), afterwards]
                .iter()
                .flat_map(|folder| run_files(folder))
            {
                let name = path.strip_prefix(&project.root).unwrap_or(&path);
                match Record::read(&path) {
                    Ok(record) => {
                        let revision = record.environment.revision.clone();
                        let origin = ("record", name.display().to_string());
                        self.record(&record, revision.as_deref(), &origin)?;
                    }
                    Err(error) => notice(&format!("a record is left out: {error}")),
                }
            }
            let folder = Path::new(&project.config.baselines);
            let baselines = Repository::open(project)
                .and_then(|repository| history::counted(&repository, folder, Record::clone));
            // Without git there are no earlier states.
            let (baselines, unread) = baselines.unwrap_or_default();
            unread.iter().for_each(|message| notice(message));
            for (key, dated) in baselines {
                let file = folder.join(key).display().to_string();
                let commit = dated.commit.as_ref().map(|commit| commit.id.as_str());
                self.record(&dated.record, commit, &("baseline", file))?;
            }
            Ok(())
        }

        fn record(
            &mut self,
            record: &Record,
            commit: Option<&str>,
            (source, file): &(&str, String),
        ) -> Result<(), ParquetError> {
            let machine = record.environment.machine();
            let time: jiff::Timestamp = record.created.parse().unwrap_or_default();
            let is_chosen = |row: &&harness_record::Row| {
                self.choice.workload(&row.workload) && self.choice.phase(&row.phase)
            };
            for row in record.rows.iter().filter(is_chosen) {
                for metric in metric::all() {
                    let reading = row.reading(metric.instrument());
                    let (Some(reading), Some(figure)) = (reading, metric.figure(row)) else {
                        continue;
                    };
                    let key = record.environment.portable_key(&reading.isa).to_string();
                    self.writer.push(&Reading {
                        commit,
                        time: time.as_microsecond(),
                        workload: &row.workload,
                        phase: &row.phase,
                        metric: metric.name(),
                        value: figure.value,
                        unit: base_unit(metric.quantity()),
                        interval: figure.interval.map(|ends| (ends.low, ends.high)),
                        instrument: metric.instrument().name(),
                        isa: &reading.isa,
                        threads: i32::try_from(reading.threads).unwrap_or(i32::MAX),
                        machine: &machine,
                        key: &key,
                        definition: &row.definition,
                        answer: &row.answer,
                        source,
                        file,
                    })?;
                }
            }
            Ok(())
        }
    }
}
