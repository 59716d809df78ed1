//! The sides of a comparison that a user can name: a record, a baseline, or one phase of either.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::cli::call;
use anyhow::{Context, Result, bail};
use harness::project::Project;
use harness_judge::compare::RecordView;
use harness_record::Record;
use harness_record::baseline::Store;
use harness_record::suggestion::suggestion;

/// Help text on the syntax of sides.
pub(crate) const SYNTAX: &str = "\
BASE and each HEAD are written as:
  FILE            a record, such as records/2026-01-02T030405Z.json
  newest          the newest record
  baseline        the stored baseline that fits the other side, or the newest record
  baseline:KEY    the stored baseline of that key; `harness baseline list` shows the keys
  SIDE#PHASE      one phase of any of these, such as newest#pooled
  phase:PHASE     one phase of the newest record
  PHASE           the same, if no file has this name";

/// A side as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    written: String,
    source: Source,
    phase: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Newest,
    File(PathBuf),
    /// The baseline of this key, or the one that fits the other side.
    Baseline(Option<String>),
}

/// A side that was read from its file.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// The text that the user wrote.
    pub(crate) name: String,
    /// The rows of all phases.
    pub(crate) record: Record,
    phase: Option<String>,
    counts_only: bool,
}

impl Name {
    /// The text that the user wrote.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// True if the side is a file that exists, so that no project is needed to find it.
    pub(crate) fn is_file(&self) -> bool {
        matches!(&self.source, Source::File(path) if path.is_file())
    }
}

impl From<&OsStr> for Name {
    fn from(written: &OsStr) -> Self {
        match written.to_str() {
            Some(text) => Self::from(text),
            // Only the path of a file can contain bytes that are not UTF-8.
            None => Self {
                written: written.to_string_lossy().into_owned(),
                source: Source::File(written.into()),
                phase: None,
            },
        }
    }
}

impl From<&str> for Name {
    fn from(written: &str) -> Self {
        let (source, phase) = match (written.strip_prefix("phase:"), written.rsplit_once('#')) {
            (Some(phase), _) => ("newest", Some(phase)),
            // A file may have a # in its name.
            (None, Some((source, phase))) if !Path::new(written).exists() => (source, Some(phase)),
            _ => (written, None),
        };
        let source = match source.split_once(':') {
            None if source == "newest" => Source::Newest,
            None if source == "baseline" => Source::Baseline(None),
            Some(("baseline", key)) => Source::Baseline(Some(key.to_owned())),
            _ => Source::File(source.into()),
        };
        Self {
            written: written.to_owned(),
            source,
            phase: phase.map(str::to_owned),
        }
    }
}

/// Reads the base and each head.
///
/// # Errors
/// If one of them cannot be found or read, or if some name a phase and others do not.
pub(crate) fn load(
    base: &Name,
    heads: &[Name],
    project: &Project,
) -> Result<(Loaded, Vec<Loaded>)> {
    let base = &base.or_phase(project);
    let heads: Vec<Name> = heads.iter().map(|head| head.or_phase(project)).collect();
    for head in &heads {
        phases_on_both_or_neither(base, head)?;
    }
    let fitting = |other: &Name| match &other.source {
        Source::Baseline(_) => newest(project),
        _ => other.record(project),
    };
    // A baseline fits the first of the other sides.
    let loaded = base.load(
        || heads.first().map_or_else(|| newest(project), fitting),
        project,
    )?;
    let heads = heads
        .iter()
        .map(|head| head.load(|| fitting(base), project))
        .collect::<Result<_>>()?;
    Ok((loaded, heads))
}

fn phases_on_both_or_neither(base: &Name, head: &Name) -> Result<()> {
    let (with, without) = match (&base.phase, &head.phase) {
        (Some(_), None) => (base, head),
        (None, Some(_)) => (head, base),
        _ => return Ok(()),
    };
    bail!(
        "{} names a phase and {} does not; name one on both sides, such as {}#{}, or on neither",
        with.written,
        without.written,
        without.written,
        with.phase.as_deref().unwrap_or_default(),
    )
}

/// The newest record of the project.
///
/// # Errors
/// If there is none, or if it cannot be read.
pub(crate) fn newest(project: &Project) -> Result<Record> {
    Ok(Record::read(&newest_file(project)?)?)
}

fn newest_file(project: &Project) -> Result<PathBuf> {
    project.newest_record().with_context(|| {
        format!(
            "there is no record in {}; `{}` writes one",
            project.records().display(),
            call("run")
        )
    })
}

/// The file that `--record` names: the newest record for the word `newest`, unless a file has that name.
///
/// # Errors
/// If there is no record.
pub(crate) fn record_file(named: &Path, project: &Project) -> Result<PathBuf> {
    if named == Path::new("newest") && !named.exists() {
        return newest_file(project);
    }
    Ok(named.to_owned())
}

/// The project's baselines.
pub(crate) fn store(project: &Project) -> Store {
    Store::new(project.baselines())
}

impl Name {
    /// This side, or the phase of the newest record that the word names if it names no file.
    fn or_phase(&self, project: &Project) -> Self {
        let is_phase =
            || newest(project).is_ok_and(|record| record.phases().contains(&self.written.as_str()));
        match &self.source {
            Source::File(path) if self.phase.is_none() && !path.exists() && is_phase() => Self {
                written: self.written.clone(),
                source: Source::Newest,
                phase: Some(self.written.clone()),
            },
            _ => self.clone(),
        }
    }

    /// `fitting` returns the record that the baseline has to fit.
    fn load(&self, fitting: impl FnOnce() -> Result<Record>, project: &Project) -> Result<Loaded> {
        let store = store(project);
        let (record, counts_only) = match &self.source {
            Source::Baseline(Some(key)) => (store.read(key)?.record, true),
            Source::Baseline(None) => (store.matching(&fitting()?)?.record, true),
            Source::Newest | Source::File(_) => (self.record(project)?, false),
        };
        if let Some(phase) = &self.phase
            && !record.phases().contains(&phase.as_str())
        {
            bail!(
                "{} has no phase `{phase}`; {}",
                self.source_name(),
                suggestion(phase, record.phases())
            );
        }
        Ok(Loaded {
            name: self.written.clone(),
            record,
            phase: self.phase.clone(),
            counts_only,
        })
    }

    fn record(&self, project: &Project) -> Result<Record> {
        match &self.source {
            Source::File(path) => Ok(Record::read(path)?),
            Source::Newest | Source::Baseline(_) => newest(project),
        }
    }

    fn source_name(&self) -> String {
        match &self.source {
            Source::Newest => "the newest record".to_owned(),
            Source::File(path) => path.display().to_string(),
            Source::Baseline(None) => "the baseline".to_owned(),
            Source::Baseline(Some(key)) => format!("baseline {key}"),
        }
    }
}

impl Loaded {
    /// The side, for comparing.
    pub(crate) fn side(&self) -> RecordView<'_> {
        let side = if self.counts_only {
            RecordView::baseline(&self.record)
        } else {
            RecordView::record(&self.record)
        };
        RecordView {
            phase: self.phase.as_deref(),
            ..side
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(written: &str) -> (Source, Option<String>) {
        let name = Name::from(written);
        assert_eq!(name.written, written);
        (name.source, name.phase)
    }

    #[test]
    fn every_form_is_understood() {
        let phase = |name: &str| Some(name.to_owned());
        assert_eq!(parse("a/b.json"), (Source::File("a/b.json".into()), None));
        assert_eq!(
            parse("a/b.json#naive"),
            (Source::File("a/b.json".into()), phase("naive"))
        );
        assert_eq!(parse("newest"), (Source::Newest, None));
        assert_eq!(
            parse("newest#kv-cache"),
            (Source::Newest, phase("kv-cache"))
        );
        assert_eq!(parse("phase:kv-cache"), (Source::Newest, phase("kv-cache")));
        assert_eq!(parse("baseline"), (Source::Baseline(None), None));
        assert_eq!(
            parse("baseline#naive"),
            (Source::Baseline(None), phase("naive"))
        );
        assert_eq!(
            parse("baseline:x_y"),
            (Source::Baseline(Some("x_y".to_owned())), None)
        );
        assert_eq!(
            parse("baseline:x_y#naive"),
            (Source::Baseline(Some("x_y".to_owned())), phase("naive"))
        );
    }

    #[test]
    fn a_file_that_has_a_hash_in_its_name_is_a_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a#b.json");
        std::fs::write(&path, "").expect("written");
        assert_eq!(parse(&path.to_string_lossy()), (Source::File(path), None));
    }
}
