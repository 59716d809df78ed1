//! Selects the records of a report: the readings of each instrument for each workload come from the newest complete record of
//! the machine that has them. Outlines of all records are read first, then only the records that are needed.
//!
//! A complete record was neither shortened by `--quick` nor limited by `--phase`. A partial one does not replace an older
//! complete one; a note names the newer records that are not shown for this reason.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness_probe::Instrument;
use harness_record::json_files::run_files;
use harness_record::{About, FileError, Record};
use rayon::prelude::*;

use crate::bests::{Bests, rows_of};
use crate::outline::{Outline, Part, outlines};
use crate::source::{Taken, keep};
use crate::{Commands, Previous, ReportData};

/// Gathers the data of the records in a folder; none if none can be read.
///
/// - `first` is a record that is newer than all of them.
/// - An instrument's readings of a workload come from the newest complete record that has them, or from the newest one if
///   none is complete. Readings from before a change of the workload's definition are not used.
/// - The main record is the one with the time of the workload `main`, or else the newest.
/// - Records of machines other than that of the newest record are left out, as are files that are not records. Notes count
///   them.
///
/// # Errors
/// If there are files in the folder and none of them is a record.
pub fn gather(
    folder: &Path,
    first: Option<(&Path, &Record)>,
    main: Option<&str>,
    anchors: &[String],
    commands: Commands,
) -> Result<Option<ReportData>, FileError> {
    let paths = files(folder, first.map(|(path, _)| path));
    let (mut outlines, mut unread) = outlines(paths);
    outlines.sort_by(|a, b| (&b.created, &b.path).cmp(&(&a.created, &a.path)));
    if let Some((path, record)) = first {
        outlines.insert(0, Outline::of(path, record));
    }
    let Some(machine) = outlines.first().map(|outline| outline.environment.clone()) else {
        // No file is a record: return the error of the first one.
        return unread
            .first()
            .map_or(Ok(None), |(path, _)| Record::read(path).map(|_| None));
    };
    let all = outlines.len();
    // Records without a machine name never match, not even themselves; the newest one is shown anyway.
    let mut is_newest = true;
    outlines.retain(|outline| {
        std::mem::take(&mut is_newest) || outline.environment.same_machine(&machine)
    });
    let elsewhere = all - outlines.len();

    let (mut needed, passed) = loop {
        let (chosen, passed) = choose(&outlines);
        let wanted = chosen
            .iter()
            .enumerate()
            .filter(|(_, taken)| !taken.is_empty());
        let read = wanted.map(|(place, taken)| {
            let path = &outlines[place].path;
            let known = first.filter(|(known, _)| known == path);
            let read = known.map_or_else(|| Record::read(path), |(_, record)| Ok(record.clone()));
            let mut record = read.map_err(|error| (place, error))?;
            keep(&mut record, taken);
            Ok((file_name(path), record))
        });
        match read.collect::<Result<Vec<_>, (usize, FileError)>>() {
            Ok(needed) => break (needed, passed),
            // Choose again without this record.
            Err((place, error)) => unread.push((outlines.remove(place).path, error.to_string())),
        }
    };
    if needed.is_empty() {
        return Ok(first.map(|(path, record)| {
            ReportData::new(&file_name(path), record.clone(), anchors, commands)
        }));
    }
    let rows_of_main = |record: &Record, timed: bool| {
        let mut rows = record
            .rows
            .iter()
            .filter(|row| main.is_some_and(|main| row.workload == main));
        rows.any(|row| !timed || row.reading(Instrument::Clock).is_some())
    };
    let place = |timed| {
        needed
            .iter()
            .position(|(_, record)| rows_of_main(record, timed))
    };
    let place = place(true).or_else(|| place(false)).unwrap_or(0);
    let (name, record) = needed.remove(place);
    let previous = previous(&outlines, &record.created, main);
    let mut report_data = ReportData::new(&name, record, anchors, commands);
    report_data.previous = previous;
    for (name, record) in needed {
        report_data.add(&name, record);
    }
    report_data.bests = bests(&report_data, &outlines, first);
    report_data.notes = notes(&passed, elsewhere, &unread);
    report_data.notes.extend(several_machines(&machine));
    Ok(Some(report_data))
}

/// The best values over all complete records, whose rows of the headline workload are read on all CPUs. `first` is in memory.
fn bests(
    report_data: &ReportData,
    outlines: &[Outline],
    first: Option<(&Path, &Record)>,
) -> Option<Bests> {
    let none = report_data.bests.as_ref()?.emptied();
    let is_wanted = |outline: &&Outline| {
        let mut parts = outline.parts.iter();
        outline.whole && parts.any(|part| none.is_of(&part.taken.workload, &part.work))
    };
    let of_one = |outline: &Outline| {
        let mut bests = none.clone();
        let name = file_name(&outline.path);
        if let Some((_, record)) = first.filter(|(path, _)| *path == outline.path) {
            bests.add(&name, record, &report_data.anchors);
            return bests;
        }
        if let Some((command, rows)) = rows_of(&outline.path, &bests.workload) {
            let record = Record {
                created: outline.created.clone(),
                command,
                quick: false,
                asked: Vec::new(),
                environment: outline.environment.clone(),
                machine: None,
                about: About::default(),
                rows,
                sharding: None,
                spent: Vec::new(),
                resumed: Vec::new(),
            };
            bests.add(&name, &record, &report_data.anchors);
        }
        bests
    };
    let all = outlines.par_iter().filter(is_wanted).map(of_one);
    Some(all.reduce(|| none.clone(), Bests::merged))
}

/// The newest complete record from before `created` that has the main workload, or the newest at all without one. Records that
/// cannot be read are passed over.
fn previous(outlines: &[Outline], created: &str, main: Option<&str>) -> Previous {
    let has_main = |outline: &&Outline| {
        main.is_none_or(|main| {
            let mut parts = outline.parts.iter();
            parts.any(|part| part.taken.workload == main)
        })
    };
    outlines
        .iter()
        .filter(|outline| outline.whole && outline.created.as_str() < created)
        .filter(has_main)
        .find_map(|outline| Record::read(&outline.path).ok())
        .map_or(Previous::None, |record| Previous::Run(Box::new(record)))
}

/// Chooses the readings to take from each record; `outlines` has the newest first. Also returns the names of the partial
/// records that are newer than the records used instead.
fn choose(outlines: &[Outline]) -> (Vec<Vec<Taken>>, Vec<String>) {
    let mut works: HashMap<&str, &(String, String)> = HashMap::new();
    let mut best: HashMap<(&str, Instrument), usize> = HashMap::new();
    for (place, outline) in outlines.iter().enumerate() {
        for Part { taken, work } in outline.parts.iter().map(Arc::as_ref) {
            if *works.entry(&taken.workload).or_insert(work) != work {
                continue;
            }
            for instrument in &taken.instruments {
                let known = best.entry((&taken.workload, *instrument)).or_insert(place);
                if outline.whole && !outlines[*known].whole {
                    *known = place;
                }
            }
        }
    }
    let best = |taken: &Taken, instrument: Instrument| {
        best.get(&(taken.workload.as_str(), instrument)).copied()
    };
    let chosen = outlines.iter().enumerate().map(|(place, outline)| {
        let of_part = |part: &Arc<Part>| {
            let taken = &part.taken;
            let is_best = |instrument: &Instrument| best(taken, *instrument) == Some(place);
            let instruments: Vec<Instrument> =
                taken.instruments.iter().copied().filter(is_best).collect();
            (!instruments.is_empty()).then(|| Taken {
                workload: taken.workload.clone(),
                instruments,
            })
        };
        outline.parts.iter().filter_map(of_part).collect()
    });
    let is_passed = |(place, outline): &(usize, &Outline)| {
        let older =
            |taken: &Taken, instrument| best(taken, instrument).is_some_and(|best| best > *place);
        let mut taken = outline.parts.iter().map(|part| &part.taken);
        !outline.whole
            && taken.any(|taken| {
                taken
                    .instruments
                    .iter()
                    .any(|&instrument| older(taken, instrument))
            })
    };
    let passed = outlines
        .iter()
        .enumerate()
        .filter(is_passed)
        .map(|(_, outline)| file_name(&outline.path));
    (chosen.collect(), passed.collect())
}

fn notes(passed: &[String], elsewhere: usize, unread: &[(PathBuf, String)]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(newest) = passed.first() {
        notes.push(format!(
            "{} newer than the data shown, but partial (--quick or --phase), so older complete records are used: {}. To report on one alone: harness report --record FILE",
            several(passed.len(), "record is", "records are"),
            if passed.len() == 1 { newest.clone() } else { format!("{newest} and earlier") },
        ));
    }
    if elsewhere > 0 {
        notes.push(format!(
            "{} of other machines left out.",
            several(elsewhere, "record", "records")
        ));
    }
    if let Some((_, why)) = unread.first() {
        let files = several(unread.len(), "file", "files");
        notes.push(format!(
            "{files} left out because of read errors; the first: {why}"
        ));
    }
    notes
}

/// A note if the workloads of the shown record were measured on several machines.
fn several_machines(machine: &harness_record::Environment) -> Option<String> {
    machine.is_of_several().then(|| {
        "The workloads were measured on several machines: times compare between phases of one workload, not between workloads."
            .to_owned()
    })
}

fn several(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The record files of a folder except one.
fn files(folder: &Path, except: Option<&Path>) -> Vec<PathBuf> {
    let same = |path: &PathBuf| {
        except.is_some_and(|except| fs::canonicalize(path).ok() == fs::canonicalize(except).ok())
    };
    run_files(folder)
        .into_iter()
        .filter(|path| !same(path))
        .collect()
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{callgrind, clock, dhat, record, row};
    use harness_record::{OLDEST_SCHEMA, RunScope, SCHEMA_VERSION};

    use super::*;

    fn written(folder: &Path, created: &str, cpu: &str, workloads: &[&str]) {
        let rows = workloads
            .iter()
            .map(|workload| row(workload, "naive", vec![callgrind(1)]))
            .collect();
        write(folder, created, |record| {
            record.rows = rows;
            cpu.clone_into(&mut record.environment.cpu);
        });
    }

    /// Writes a record of a day in January, changed by `change`.
    fn write(folder: &Path, created: &str, change: impl FnOnce(&mut Record)) {
        let mut record = record(Vec::new());
        created.clone_into(&mut record.created);
        change(&mut record);
        record
            .write(&folder.join(format!("{}.json", created.replace(':', ""))))
            .expect("written");
    }

    fn gathered(folder: &Path) -> Option<ReportData> {
        let commands = Commands {
            ablation: String::new(),
            growth: String::new(),
            matrix: String::new(),
        };
        gather(folder, None, Some("main"), &[], commands).expect("readable")
    }

    #[test]
    fn what_the_newest_record_lacks_comes_from_older_ones_of_the_machine() {
        let folder = tempfile::tempdir().expect("a folder");
        written(
            folder.path(),
            "2026-01-01T00:00:00Z",
            "this",
            &["main", "late", "sweep"],
        );
        written(
            folder.path(),
            "2026-01-02T00:00:00Z",
            "this",
            &["main", "late"],
        );
        written(folder.path(), "2026-01-03T00:00:00Z", "this", &["late"]);
        written(
            folder.path(),
            "2025-01-01T00:00:00Z",
            "other",
            &["elsewhere"],
        );
        fs::write(folder.path().join("cut.json"), "{").expect("written");
        let report_data = gathered(folder.path()).expect("records");
        let of = |workload: &str| {
            report_data
                .source(workload, Instrument::Callgrind)
                .map(|source| source.created.as_str())
        };
        assert_eq!(of("main"), Some("2026-01-02 00:00 UTC"));
        assert_eq!(
            of("late"),
            Some("2026-01-03 00:00 UTC"),
            "the newest has it"
        );
        assert_eq!(of("sweep"), Some("2026-01-01 00:00 UTC"));
        assert_eq!(of("elsewhere"), None);
        assert_eq!(
            report_data.sources[0].created, "2026-01-02 00:00 UTC",
            "the main workload leads"
        );
        assert!(
            report_data.notes[0].starts_with("1 record of other machines"),
            "{:?}",
            report_data.notes
        );
        assert!(
            report_data.notes[1].contains("cut.json"),
            "{:?}",
            report_data.notes
        );
    }

    #[test]
    fn records_of_earlier_schemas_are_used_and_later_ones_noted() {
        let folder = tempfile::tempdir().expect("a folder");
        let day = |day: u32| format!("2026-01-0{day}T00:00:00Z");
        for (number, schema) in [(1, OLDEST_SCHEMA), (2, SCHEMA_VERSION + 1)] {
            write(folder.path(), &day(number), |record| {
                record.rows = vec![row("w", "fast", vec![callgrind(1)])]
            });
            let path = folder
                .path()
                .join(format!("2026-01-0{number}T000000Z.json"));
            let text = fs::read_to_string(&path).expect("written");
            let written = format!("\"schema\": {SCHEMA_VERSION}");
            assert!(text.contains(&written), "{text}");
            fs::write(
                &path,
                text.replacen(&written, &format!("\"schema\": {schema}"), 1),
            )
            .expect("written");
        }
        let report_data = gathered(folder.path()).expect("records");
        assert_eq!(
            report_data
                .source("w", Instrument::Callgrind)
                .expect("there")
                .created,
            "2026-01-01 00:00 UTC"
        );
        assert!(
            report_data
                .notes
                .iter()
                .any(|note| note.contains(&format!("schema version {}", SCHEMA_VERSION + 1))),
            "{:?}",
            report_data.notes
        );
    }

    #[test]
    fn an_empty_folder_has_no_data() {
        assert!(gathered(tempfile::tempdir().expect("a folder").path()).is_none());
        assert!(gathered(Path::new("/nowhere")).is_none());
    }

    #[test]
    fn a_partial_run_hides_no_complete_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let ladder = || {
            vec![
                row("w", "naive", vec![callgrind(1)]),
                row("w", "fast", vec![callgrind(2)]),
            ]
        };
        write(folder.path(), "2026-01-01T00:00:00Z", |record| {
            record.rows = ladder()
        });
        write(folder.path(), "2026-01-02T00:00:00Z", |record| {
            record.rows = ladder()
        });
        write(folder.path(), "2026-01-03T00:00:00Z", |record| {
            (record.quick, record.rows) = (true, vec![row("w", "naive", vec![callgrind(3)])]);
        });
        write(folder.path(), "2026-01-04T00:00:00Z", |record| {
            let fast = |workload| row(workload, "fast", vec![callgrind(4)]);
            let fast_alone = RunScope {
                filters: Vec::new(),
                phases: vec!["fast".to_owned()],
                quick: false,
                instruments: vec![Instrument::Callgrind],
                isa: None,
                shard: None,
            };
            (record.asked, record.rows) = (vec![fast_alone], vec![fast("w"), fast("v")]);
        });
        let report_data = gathered(folder.path()).expect("records");
        let created = |workload| {
            report_data
                .source(workload, Instrument::Callgrind)
                .expect("there")
                .created
                .as_str()
        };
        assert_eq!(
            created("w"),
            "2026-01-02 00:00 UTC",
            "the newest complete one"
        );
        assert_eq!(created("v"), "2026-01-04 00:00 UTC", "nothing else has it");
        assert_eq!(
            report_data
                .row("w", "fast")
                .and_then(|row| row.reading(Instrument::Callgrind)),
            Some(&callgrind(2))
        );
        let note = &report_data.notes[0];
        assert!(
            note.starts_with("2 records are newer")
                && note.contains("2026-01-04T000000Z.json and earlier"),
            "{note}"
        );
    }

    #[test]
    fn each_instrument_is_taken_from_its_newest_record() {
        let folder = tempfile::tempdir().expect("a folder");
        let all = |n: u64| {
            vec![row(
                "main",
                "naive",
                vec![clock("s", &[n; 6]), callgrind(n), dhat(n, 1)],
            )]
        };
        write(folder.path(), "2026-01-01T00:00:00Z", |record| {
            record.rows = all(1)
        });
        write(folder.path(), "2026-01-02T00:00:00Z", |record| {
            record.rows = vec![row("main", "naive", vec![dhat(2, 1)])];
        });
        let report_data = gathered(folder.path()).expect("records");
        let main = report_data.row("main", "naive").expect("there");
        assert_eq!(
            main.readings,
            vec![clock("s", &[1; 6]), callgrind(1), dhat(2, 1)]
        );
        assert_eq!(
            report_data.record.created, "2026-01-01T00:00:00Z",
            "the time of the main workload leads"
        );
        assert!(report_data.notes.is_empty(), "{:?}", report_data.notes);
    }

    #[test]
    fn the_run_before_is_the_newest_complete_one_with_the_main_workload() {
        let folder = tempfile::tempdir().expect("a folder");
        let created = |report_data: &ReportData| match &report_data.previous {
            Previous::Run(record) => Some(record.created.clone()),
            Previous::None => None,
            Previous::NotSearched => panic!("earlier records are in the folder"),
        };
        written(folder.path(), "2026-01-04T00:00:00Z", "this", &["main"]);
        assert_eq!(created(&gathered(folder.path()).expect("records")), None);
        written(folder.path(), "2026-01-01T00:00:00Z", "this", &["main"]);
        written(folder.path(), "2026-01-02T00:00:00Z", "this", &["late"]);
        written(folder.path(), "2026-01-03T00:00:00Z", "other", &["main"]);
        write(folder.path(), "2026-01-03T01:00:00Z", |record| {
            (record.quick, record.rows) = (true, vec![row("main", "naive", vec![callgrind(3)])]);
        });
        assert_eq!(
            created(&gathered(folder.path()).expect("records")).as_deref(),
            Some("2026-01-01T00:00:00Z")
        );
    }

    #[test]
    fn a_redefined_workload_has_no_old_figures() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "2026-01-01T00:00:00Z", |record| {
            record.rows = vec![row("w", "naive", vec![callgrind(1), dhat(1, 1)])];
        });
        write(folder.path(), "2026-01-02T00:00:00Z", |record| {
            let mut row = row("w", "naive", vec![callgrind(2)]);
            row.definition = "defined anew".to_owned();
            (record.quick, record.rows) = (true, vec![row]);
        });
        let report_data = gathered(folder.path()).expect("records");
        assert_eq!(
            report_data
                .row("w", "naive")
                .map(|row| row.readings.clone()),
            Some(vec![callgrind(2)])
        );
    }

    #[test]
    fn a_record_that_cannot_be_trusted_gives_way_to_an_older_one() {
        let folder = tempfile::tempdir().expect("a folder");
        written(folder.path(), "2026-01-01T00:00:00Z", "this", &["main"]);
        written(
            folder.path(),
            "2026-01-02T00:00:00Z",
            "this",
            &["main", "main"],
        );
        let report_data = gathered(folder.path()).expect("records");
        assert_eq!(report_data.record.created, "2026-01-01T00:00:00Z");
        assert!(
            report_data.notes[0].contains("occurs twice"),
            "{:?}",
            report_data.notes
        );
    }
}
