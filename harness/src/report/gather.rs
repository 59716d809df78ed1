//! Finds the records that a report is drawn from: the newest one of the folder, and for what it lacks older ones of the
//! same machine. A thousand records are looked through by their outlines; only those that are needed are read.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use serde::Deserialize;

use super::{Commands, Dossier};
use crate::distinct::distinct;
use crate::record::{Environment, Record, RecordError, SCHEMA_VERSION};

/// What of a record decides whether it is needed.
#[derive(Debug)]
struct Outline {
    path: PathBuf,
    created: String,
    environment: Environment,
    workloads: Vec<String>,
}

/// As it stands in the file; what is not named here is passed over.
#[derive(Deserialize)]
struct Stored {
    schema: u32,
    created: String,
    environment: Environment,
    rows: Vec<StoredRow>,
}

#[derive(Deserialize)]
struct StoredRow {
    workload: String,
}

/// The dossier of the records in a folder; none if there is no readable one. `first` is a record that is newer than all of
/// them. The main record is the newest that has the workload `main`, or else the newest of all; every other workload comes
/// from the newest record that has it. Records of other machines than the newest one's are left out, and files that are no
/// records too; the dossier says how many.
///
/// # Errors
/// If there are files in the folder and none of them is a record.
pub fn gather(
    folder: &Path,
    first: Option<(&Path, &Record)>,
    main: Option<&str>,
    anchors: &[String],
    commands: Commands,
) -> Result<Option<Dossier>, RecordError> {
    let paths = files(folder, first.map(|(path, _)| path));
    let (mut outlines, mut unread) = outlines(paths);
    outlines.sort_by(|a, b| (&b.created, &b.path).cmp(&(&a.created, &a.path)));
    let machine = first.map(|(_, record)| record.environment.clone());
    let Some(machine) = machine.or_else(|| outlines.first().map(|outline| outline.environment.clone())) else {
        // Nothing but files that are no records: one of them says why.
        return unread.first().map_or(Ok(None), |(path, _)| Record::read(path).map(|_| None));
    };
    let all = outlines.len();
    outlines.retain(|outline| outline.environment.same_machine(&machine));
    let elsewhere = all - outlines.len();

    let mut known: Vec<String> = Vec::new();
    let mut needed: Vec<(String, Record)> = Vec::new();
    if let Some((path, record)) = first {
        known.extend(record.workloads().into_iter().map(str::to_owned));
        needed.push((file_name(path), record.clone()));
    }
    for outline in outlines {
        // Without a machine's name two records cannot be known to be of one; the newest is shown all the same.
        if outline.workloads.iter().any(|workload| !known.contains(workload)) || needed.is_empty() {
            match Record::read(&outline.path) {
                Ok(record) => {
                    needed.push((file_name(&outline.path), record));
                    known.extend(outline.workloads);
                }
                Err(error) => unread.push((outline.path, error.to_string())),
            }
        }
    }
    let has_main = |(_, record): &(String, Record)| main.is_some_and(|main| record.workloads().contains(&main));
    let place = needed.iter().position(has_main).unwrap_or(0);
    // Newer records come first for what they have, whichever of them is the main one.
    let mut taken: Vec<String> = Vec::new();
    for (_, record) in &mut needed {
        record.rows.retain(|row| !taken.contains(&row.workload));
        taken.extend(record.workloads().into_iter().map(str::to_owned).collect::<Vec<_>>());
    }
    if needed.is_empty() {
        return Ok(None);
    }
    let (name, record) = needed.remove(place);
    let mut dossier = Dossier::new(&name, record, anchors, commands);
    for (name, record) in needed {
        dossier.add(&name, record);
    }
    if elsewhere > 0 {
        dossier.notes.push(format!("{} of other machines left out.", several(elsewhere, "record")));
    }
    if let Some((_, why)) = unread.first() {
        dossier
            .notes
            .push(format!("{} left out that could not be read; the first: {why}", several(unread.len(), "file")));
    }
    Ok(Some(dossier))
}

fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The record files of a folder, but for one.
fn files(folder: &Path, except: Option<&Path>) -> Vec<PathBuf> {
    let same =
        |path: &PathBuf| except.is_some_and(|except| fs::canonicalize(path).ok() == fs::canonicalize(except).ok());
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    entries.filter(|path| path.extension().is_some_and(|ending| ending == "json") && !same(path)).collect()
}

/// The outlines of files, read on all CPUs, and a sentence for each that is no record.
fn outlines(paths: Vec<PathBuf>) -> (Vec<Outline>, Vec<(PathBuf, String)>) {
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = paths.len().div_ceil(workers).max(1);
    let read: Vec<Result<Outline, (PathBuf, String)>> = thread::scope(|scope| {
        let outline_all = |paths: &[PathBuf]| {
            paths.iter().map(|path| outline(path).map_err(|why| (path.clone(), why))).collect::<Vec<_>>()
        };
        let running: Vec<_> = paths.chunks(share).map(|paths| scope.spawn(move || outline_all(paths))).collect();
        running.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    let (read, refused): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
    (read.into_iter().flatten().collect(), refused.into_iter().filter_map(Result::err).collect())
}

fn outline(path: &Path) -> Result<Outline, String> {
    let told = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let text = fs::read(path).map_err(|error| told(&error))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| told(&error))?;
    if stored.schema != SCHEMA_VERSION {
        return Err(told(&format!("schema version {}", stored.schema)));
    }
    let workloads = distinct(stored.rows.into_iter().map(|row| row.workload));
    Ok(Outline { path: path.to_owned(), created: stored.created, environment: stored.environment, workloads })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample::{callgrind, record, row};

    fn written(folder: &Path, created: &str, cpu: &str, workloads: &[&str]) {
        let rows = workloads.iter().map(|workload| row(workload, "naive", vec![callgrind(1)])).collect();
        let mut record = record(rows);
        created.clone_into(&mut record.created);
        cpu.clone_into(&mut record.environment.cpu);
        record.write(&folder.join(format!("{}.json", created.replace(':', "")))).expect("written");
    }

    fn gathered(folder: &Path) -> Option<Dossier> {
        let commands = Commands { ablation: String::new(), growth: String::new(), matrix: String::new() };
        gather(folder, None, Some("main"), &[], commands).expect("readable")
    }

    #[test]
    fn what_the_newest_record_lacks_comes_from_older_ones_of_the_machine() {
        let folder = tempfile::tempdir().expect("a folder");
        written(folder.path(), "2026-01-01T00:00:00Z", "this", &["main", "late", "sweep"]);
        written(folder.path(), "2026-01-02T00:00:00Z", "this", &["main", "late"]);
        written(folder.path(), "2026-01-03T00:00:00Z", "this", &["late"]);
        written(folder.path(), "2025-01-01T00:00:00Z", "other", &["elsewhere"]);
        fs::write(folder.path().join("cut.json"), "{").expect("written");
        let dossier = gathered(folder.path()).expect("records");
        let of = |workload: &str| {
            let has = |source: &&super::super::Source| source.workloads.iter().any(|known| known == workload);
            dossier.sources.iter().find(has).map(|source| source.created.as_str())
        };
        assert_eq!(of("main"), Some("2026-01-02 00:00 UTC"));
        assert_eq!(of("late"), Some("2026-01-03 00:00 UTC"), "the newest has it");
        assert_eq!(of("sweep"), Some("2026-01-01 00:00 UTC"));
        assert_eq!(of("elsewhere"), None);
        assert_eq!(dossier.sources[0].created, "2026-01-02 00:00 UTC", "the main workload leads");
        assert!(dossier.notes[0].starts_with("1 record of other machines"), "{:?}", dossier.notes);
        assert!(dossier.notes[1].contains("cut.json"), "{:?}", dossier.notes);
    }

    #[test]
    fn an_empty_folder_has_no_dossier() {
        assert!(gathered(tempfile::tempdir().expect("a folder").path()).is_none());
        assert!(gathered(Path::new("/nowhere")).is_none());
    }
}
