use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness_probe::Unit;
use proptest::prelude::*;

use crate::baseline::*;
use crate::sample::{awkward as sample, callgrind, dhat, row};
use crate::{Data, Failure};

fn promote(record: &Record) -> Baseline {
    let baselines = Baseline::promote(record).expect("a record that can be promoted");
    <[Baseline; 1]>::try_from(baselines).expect("one instruction set")[0].clone()
}

/// A folder with the baseline of [`sample`], and its key.
fn stored() -> (tempfile::TempDir, Store, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::new(folder.path());
    let baseline = promote(&sample());
    store.save(&baseline).expect("saved");
    (folder, store, baseline.key().to_string())
}

#[test]
fn the_files_read_well_in_a_diff() {
    let (folder, _, key) = stored();
    let text = |name| fs::read_to_string(folder.path().join(&key).join(name)).expect(name);
    insta::assert_snapshot!(key, @"x86_64-unknown-linux-gnu_rustc-1.95.0_glibc-2.36_valgrind-3.19.0_avx2");
    insta::assert_snapshot!(text("counts.csv"));
    insta::assert_snapshot!(text("environment.json"));
}

#[test]
fn what_is_saved_is_read() {
    let (_folder, store, key) = stored();
    assert_eq!(store.keys().expect("a list"), std::slice::from_ref(&key));
    assert_eq!(store.read(&key).expect("read"), promote(&sample()));
    assert_eq!(
        store.matching(&sample()).expect("there is one").record,
        promote(&sample()).record
    );
}

#[test]
fn every_interruption_leaves_the_old_baseline_or_the_new_one() {
    let (folder, store, key) = stored();
    let old = store.read(&key).expect("read");
    let mut record = sample();
    record.created = "2026-06-07T08:09:10Z".to_owned();
    record.environment.revision = Some("fedcba9876543210".to_owned());
    record.rows[0].readings[1] = callgrind(2_000_000);
    let new = promote(&record);
    let steps = store.steps(&new);
    assert_eq!(steps.len(), 3);
    let mut seen = Vec::new();
    for (path, content) in &steps {
        // A process that is killed while it writes the next file leaves a partial file behind.
        fs::write(
            folder.path().join(&key).join(".unfinished-x"),
            &content[..content.len() / 2],
        )
        .expect("written");
        seen.push(store.read(&key).expect("readable before each step"));
        fs::write(path, content).expect("written");
    }
    seen.push(store.read(&key).expect("readable at the end"));
    assert_eq!(seen, [old.clone(), old, new.clone(), new.clone()]);

    store
        .save(&new)
        .expect("saved over the rest of an interrupted save");
    assert_eq!(store.read(&key).expect("read"), new);
    let origin =
        fs::read_to_string(folder.path().join(&key).join("environment.json")).expect("there");
    assert!(!origin.contains("replacing"), "{origin}");
}

#[test]
fn a_save_that_fails_leaves_the_old_baseline() {
    let (folder, store, key) = stored();
    let old = store.read(&key).expect("read");
    let mut record = sample();
    record.environment.rustc = "rustc 1.96.0".to_owned();
    let new = promote(&record);
    fs::write(
        folder.path().join(new.key().to_string()),
        "a file where the folder should be",
    )
    .expect("written");
    let error = store
        .save(&new)
        .expect_err("no folder can be made there")
        .to_string();
    assert!(
        error.contains("environment.json") && error.contains("the old baseline is unchanged"),
        "{error}"
    );
    assert_eq!(store.read(&key).expect("read"), old);
}

/// The text in version 1 of the format.
fn without_checksums(text: &str) -> String {
    let last = text.lines().count() - 1;
    let lines = text
        .lines()
        .enumerate()
        .map(|(place, line)| match line.rsplit_once(',') {
            Some((fields, _)) if (1..last).contains(&place) => format!("{fields}\n"),
            _ => format!("{line}\n"),
        });
    lines
        .collect::<String>()
        .replacen("schema 2", "schema 1", 1)
}

#[test]
fn the_version_without_checksums_is_read() {
    let mut rows = promote(&sample()).record.rows;
    // Its name contains line breaks, which the conversion above does not understand.
    rows.retain(|row| !row.workload.contains('\n'));
    let text = counts::write(&rows, "2026-01-02T03:04:05Z");
    let read = |text: &str| counts::read(text, Path::new("counts.csv"), "avx2").expect("valid");
    assert_eq!(read(&without_checksums(&text)), read(&text));
}

/// Each entry damages one file of the stored sample.
#[test]
fn every_spoilt_file_is_answered_by_one_sentence() {
    type Spoil = fn(&str) -> String;
    let spoil: [(&str, &str, Spoil); 21] = [
        ("cut in the middle of a row", "counts.csv", |t| {
            t[..t.len() / 2].to_owned()
        }),
        ("cut at the end of a row", "counts.csv", |t| {
            t[..=t[..t.len() / 2].rfind('\n').expect("lines")].to_owned()
        }),
        ("a row taken out", "counts.csv", |t| {
            t.replacen(&line(t, 4), "", 1)
        }),
        ("empty", "counts.csv", |_| String::new()),
        ("no first line", "counts.csv", |t| {
            t.replacen(&line(t, 1), "", 1)
        }),
        ("no columns", "counts.csv", |t| {
            t.replacen(&line(t, 2), "", 1)
        }),
        ("unknown schema", "counts.csv", |t| {
            t.replacen("schema 2", "schema 7", 1)
        }),
        ("a changed digit", "counts.csv", |t| {
            t.replacen(",1000000,", ",1000001,", 1)
        }),
        ("a merge conflict", "counts.csv", |t| {
            let ours = line(t, 4);
            t.replacen(
                &ours,
                &format!("<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> other\n"),
                1,
            )
        }),
        ("wrong number", "counts.csv", |t| {
            t.replacen(",1000000,", ",1e6,", 1)
        }),
        ("negative number", "counts.csv", |t| {
            t.replacen(",4096,", ",-4096,", 1)
        }),
        ("too large a number", "counts.csv", |t| {
            t.replacen(",4096,", ",99999999999999999999,", 1)
        }),
        ("duplicate row", "counts.csv", |t| {
            t.replacen(&line(t, 4), &line(t, 4).repeat(2), 1)
        }),
        ("a field too many", "counts.csv", |t| {
            t.replacen(",12,", ",12,12,", 1)
        }),
        ("unknown count", "counts.csv", |t| {
            t.replacen("peak-bytes", "peak-bites", 1)
        }),
        ("other unit", "counts.csv", |t| {
            t.replacen(",12,blocks", ",12,bytes", 1)
        }),
        ("incomplete heap", "counts.csv", |t| {
            t.replacen(&line(t, 6), "", 1)
                .replacen("# 17 rows", "# 16 rows", 1)
        }),
        ("two definitions", "counts.csv", |t| {
            without_checksums(t).replacen("definition-of", "other-of", 1)
        }),
        ("cut off", "environment.json", |t| {
            t[..t.len() / 2].to_owned()
        }),
        ("unknown schema", "environment.json", |t| {
            t.replacen("\"schema\": 1", "\"schema\": 2", 1)
        }),
        ("of another run", "environment.json", |t| {
            t.replacen("2026-01-02", "2026-01-03", 1)
        }),
    ];
    let mut messages = Vec::new();
    for (name, file, spoil) in spoil {
        let (folder, store, key) = stored();
        let path = folder.path().join(&key).join(file);
        let text = fs::read_to_string(&path).expect("there");
        assert_ne!(spoil(&text), text, "{name}");
        fs::write(&path, spoil(&text)).expect("written");
        let error = store.read(&key).expect_err(name).to_string();
        assert!(
            error.contains(file) && !error.contains('\n'),
            "{name}: {error}"
        );
        messages.push(format!(
            "{name}: {}",
            error.replace(&*folder.path().join(&key).to_string_lossy(), "KEY")
        ));
    }
    insta::assert_snapshot!(messages.join("\n"));
}

/// Returns a line with its line break; `number` counts from 1.
fn line(text: &str, number: usize) -> String {
    text.split_inclusive('\n')
        .nth(number - 1)
        .expect("so many lines")
        .to_owned()
}

#[test]
fn a_file_that_is_no_text_names_the_line() {
    let (folder, store, key) = stored();
    let path = folder.path().join(&key).join("counts.csv");
    let mut bytes = fs::read(&path).expect("there");
    let place = bytes.iter().position(|&byte| byte == b'\n').expect("lines") + 3;
    bytes[place] = 0xFF;
    fs::write(&path, bytes).expect("written");
    let error = store.read(&key).expect_err("not UTF-8").to_string();
    assert!(
        error.ends_with("counts.csv, line 2: this is not UTF-8 text"),
        "{error}"
    );
}

#[test]
fn a_renamed_folder_is_noticed() {
    let (folder, store, key) = stored();
    fs::rename(folder.path().join(&key), folder.path().join("mine")).expect("renamed");
    let error = store.read("mine").expect_err("another key").to_string();
    assert!(error.contains("its folder is mine"), "{error}");
}

#[test]
fn another_toolchain_is_told_which_keys_there_are() {
    let (folder, store, _) = stored();
    let mut record = sample();
    record.environment.rustc = "rustc 1.96.0".to_owned();
    record.environment.valgrind = None;
    let message = |error: BaselineError| {
        error
            .to_string()
            .replace(&*folder.path().to_string_lossy(), "baselines")
    };
    insta::assert_snapshot!(message(store.matching(&record).expect_err("another key")));
    insta::assert_snapshot!(message(
        Store::new(folder.path().join("x"))
            .matching(&record)
            .expect_err("no baselines")
    ));
    insta::assert_snapshot!(message(
        store
            .read("x86_64-unknown-linux-gnu_rustc-1.95")
            .expect_err("unknown")
    ));
}

#[test]
fn unsuitable_records_are_not_promoted() {
    type Spoil = Box<dyn Fn(&mut Record)>;
    let failure = Failure {
        instrument: Instrument::Callgrind,
        message: "valgrind is missing".to_owned(),
    };
    let spoil: [(&str, Spoil); 6] = [
        (
            "failed its check",
            Box::new(|record| record.rows[0].check = Check::Failed("wrong".to_owned())),
        ),
        (
            "did not finish",
            Box::new(|record| record.rows[0].check = Check::NotRun("crashed".to_owned())),
        ),
        (
            "valgrind is missing",
            Box::new(move |record| record.rows[0].failures.push(failure.clone())),
        ),
        (
            "the C library it was",
            Box::new(|record| record.environment.libc = "unknown libc".to_owned()),
        ),
        (
            "with 2 threads",
            Box::new(|record| record.rows[0].readings[1].threads = 2),
        ),
        (
            "without instructions and heap",
            Box::new(|record| drop(record.rows.drain(..3))),
        ),
    ];
    for (message, spoil) in spoil {
        let mut record = sample();
        spoil(&mut record);
        let error = Baseline::promote(&record).expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_generic_count_belongs_to_one_instrument() {
    let values = BTreeMap::from([("pages".to_owned(), 3)]);
    let generic = Reading {
        isa: "avx2".to_owned(),
        threads: 1,
        data: Data::Counts {
            counted_by: Instrument::Dhat,
            values,
        },
    };
    let text = counts::write(&[row("w", "naive", vec![generic])], "2026-01-02T03:04:05Z");
    assert!(
        text.contains("\nw,naive,dhat/pages,3,counts,1,token,"),
        "{text}"
    );
    let read =
        |text: &str| counts::read(text, Path::new("x"), "avx2").map_err(|error| error.to_string());
    assert!(read(&text).is_ok());
    let unknown = read(&text.replace("dhat/", "clock/")).expect_err("the clock does not count");
    assert!(
        unknown.contains("there is no count `clock/pages`"),
        "{unknown}"
    );
    let both = counts::write(
        &[row("w", "naive", vec![dhat(1, 1)])],
        "2026-01-02T03:04:05Z",
    );
    let line = text.lines().nth(2).expect("a count");
    let both = both.replace("# 7 rows", &format!("{line}\n# 8 rows"));
    let twice = read(&both).expect_err("dhat has a variant of its own here");
    assert!(
        twice.contains("line 3") && twice.contains("w in phase naive has two readings of dhat"),
        "{twice}"
    );
}

fn any_row() -> impl Strategy<Value = Row> {
    let dhat = prop::array::uniform7(any::<u64>()).prop_map(
        |[
            total_bytes,
            total_blocks,
            peak_bytes,
            leaked_bytes,
            tokens,
            token_bytes,
            token_blocks,
        ]| Data::Dhat {
            total_bytes,
            total_blocks,
            peak_bytes,
            leaked_bytes,
            tokens,
            token_bytes,
            token_blocks,
        },
    );
    let callgrind = any::<u64>().prop_map(|instructions| Data::Callgrind { instructions });
    let generic =
        prop::collection::btree_map(any::<String>(), any::<u64>(), 1..4).prop_map(|values| {
            Data::Counts {
                counted_by: Instrument::Dhat,
                values,
            }
        });
    let data = (
        prop::option::of(callgrind),
        prop::option::of(prop_oneof![dhat, generic]),
    );
    (any::<[String; 5]>(), 1..u64::MAX, data).prop_map(
        |([workload, phase, unit, definition, answer], per_run, data)| {
            let reading = |data| Reading {
                isa: "avx2".to_owned(),
                threads: 1,
                data,
            };
            Row {
                workload,
                phase,
                unit: Unit {
                    name: unit,
                    per_run,
                },
                definition,
                answer,
                check: Check::Passed,
                readings: [data.0, data.1]
                    .into_iter()
                    .flatten()
                    .map(reading)
                    .collect(),
                recounts: Vec::new(),
                failures: Vec::new(),
            }
        },
    )
}

proptest! {
    #[test]
    fn any_counts_survive_the_round_trip(rows in prop::collection::vec(any_row(), 0..8)) {
        let mut distinct: Vec<Row> = Vec::new();
        for row in rows {
            let known = distinct.iter().any(|r| r.workload == row.workload && r.phase == row.phase);
            if !known && !row.readings.is_empty() {
                distinct.push(row);
            }
        }
        let text = counts::write(&distinct, "2026-01-02T03:04:05Z");
        let (measured, read) = counts::read(&text, Path::new("counts.csv"), "avx2").expect("our own text");
        prop_assert_eq!(measured, "2026-01-02T03:04:05Z");
        prop_assert_eq!(read, distinct);
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in any::<String>(), rows in ".{0,200}") {
        let path = Path::new("x");
        let _ = counts::read(&text, path, "avx2");
        let _ = counts::read(&format!("# harness baseline, schema 2, measured x\n{rows}\n# 1 rows\n"), path, "avx2");
        prop_assert!(environment::Origin::parse(&text, path).is_err());
    }

    /// A truncated file is always rejected.
    #[test]
    fn no_truncation_is_read(share in 0.0..1.0f64) {
        let whole = counts::write(&promote(&sample()).record.rows, "2026-01-02T03:04:05Z");
        let end = (share * (whole.len() - 1) as f64) as usize;
        prop_assume!(whole.is_char_boundary(end));
        prop_assert!(counts::read(&whole[..end], Path::new("counts.csv"), "avx2").is_err());
    }

    #[test]
    fn no_mutation_makes_the_readers_panic(place in any::<prop::sample::Index>(), new in any::<char>(), length in 0..20usize) {
        let path = Path::new("x");
        let mutate = |text: String| -> String {
            let place = place.index(text.len());
            text.chars().take(place).chain([new]).chain(text.chars().skip(place + length)).collect()
        };
        let baseline = promote(&sample());
        let counts = mutate(counts::write(&baseline.record.rows, "2026-01-02T03:04:05Z"));
        if let Err(error) = counts::read(&counts, path, "avx2") {
            prop_assert!(error.to_string().starts_with("x, line "), "{}", error);
        }
        let origin = mutate(environment::Origin::of(&baseline.record, "avx2").to_json());
        if let Err(error) = environment::Origin::parse(&origin, path) {
            prop_assert!(error.to_string().starts_with("x, line "), "{}", error);
        }
    }
}
