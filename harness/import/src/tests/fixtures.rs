//! The content of each fixture, as snapshots, and some values that were computed by hand.

use std::fmt::Write;

use super::*;
use crate::formats;

/// A record as text: its origin, then one line for each row, then what was left out.
fn shown(results: Results) -> String {
    let left_out = results.left_out.clone();
    let record = record(results);
    let environment = &record.environment;
    let import = environment.import.as_ref().expect("an import");
    let mut text = format!(
        "{} ({}), {}, revision {}, committed {}\n{}, {}, {}\n",
        import.tool,
        import.version.as_deref().unwrap_or("no version"),
        record.created,
        environment.revision.as_deref().unwrap_or("unknown"),
        import.committed.as_deref().unwrap_or("unknown"),
        environment.machine(),
        environment.target,
        environment.rustc,
    );
    for row in &record.rows {
        let threads: Vec<u32> = row.readings.iter().map(|reading| reading.threads).collect();
        let unit = &row.unit;
        writeln!(
            text,
            "\n{} [{} {}, threads {threads:?}]",
            row.workload, unit.per_run, unit.name
        )
        .expect("text");
        for (name, value, interval) in figures(row) {
            let ends = interval.map_or(String::new(), |(low, high)| {
                format!(" [{low:.4e}, {high:.4e}]")
            });
            writeln!(text, "  {name} {value:.6e}{ends}").expect("text");
        }
        for failure in &row.failures {
            writeln!(text, "  failed: {}", failure.message).expect("text");
        }
    }
    for group in left_out {
        write!(text, "\n{:?}: {}", group.kind, group.sentence()).expect("text");
    }
    text
}

#[test]
fn every_fixture_is_recognized_and_read() {
    for (name, bytes) in FILES {
        let results = read(&Source::file(*name, *bytes), None).expect(name);
        assert!(
            name.starts_with(results.tool),
            "{name} was read as {}",
            results.tool
        );
        assert!(!results.has_invalid(), "{name}: {:?}", results.left_out);
        insta::with_settings!({ snapshot_suffix => *name }, {
            insta::assert_snapshot!(shown(results));
        });
    }
    let folder = criterion(|_, bytes| Some(bytes.to_vec()));
    insta::assert_snapshot!(shown(read(&folder, None).expect("a folder")));
}

#[test]
fn every_format_has_a_fixture() {
    for format in formats() {
        let mut files = FILES.iter().chain(CRITERION);
        assert!(
            files.any(|(name, _)| name.starts_with(format.name)),
            "{}",
            format.name
        );
    }
}

/// Values that were computed from the files by hand, with another program.
#[test]
fn values_are_those_of_the_files() {
    let near = |file: &str, row: &str, metric: &str, expected: f64| {
        let results = read_text(bytes(file)).expect(file);
        let found =
            value(&results, row, metric).unwrap_or_else(|| panic!("{file}: {row} {metric}"));
        assert!(
            (found / expected - 1.0).abs() < 1e-6 || found == expected,
            "{file}: {row} has {metric} {found}, expected {expected}"
        );
    };
    let make = "example.com/fixture/sum/BenchmarkMake";
    near(
        "go.txt",
        make,
        "time",
        (31.38_f64 * 35.56 * 55.57).cbrt() * 1e-9,
    );
    near("go.txt", make, "total-bytes", 64.0);
    near("go.txt", make, "total-allocations", 1.0);
    near("hyperfine-2.json", "seq to 10", "peak-rss", 3_170_304.0);
    near(
        "hyperfine-2.json",
        "seq to 10",
        "user-time",
        (772.0 + 755.0 + 712.0) / 3.0 * 1e-6,
    );
    near("hyperfine-1.json", "seq 10", "user-time", 0.000_803_25);
    near(
        "hyperfine-1.json",
        "seq 10",
        "time",
        (0.030_821_52_f64 * 0.000_845_671 * 0.002_624_014 * 0.002_012_992).powf(0.25),
    );
    near(
        "google-benchmark.json",
        "sum_range/10",
        "time",
        (0.487_431_15_f64 * 0.867_205_48 * 0.584_625_36).cbrt() * 1e-6,
    );
    near(
        "codspeed.json",
        "test_cs.py::test_sorted[10]",
        "time",
        840.013_239_766e-9,
    );
    near("asv.json", "suite.peakmem_list", "peak-rss", 28_123_136.0);
    near("bmf.json", "sort/10", "time", 71.5e-9);
}

/// Of few samples, asv writes an infinite interval.
#[test]
fn an_infinite_interval_of_asv_is_none() {
    let text = String::from_utf8(bytes("asv.json").to_vec()).expect("text");
    let text = text
        .replace("\"samples\"", "\"other\"")
        .replace("[4.11e-07,", "[-Infinity,")
        .replace("[2.6403e-06,", "[Infinity,");
    let results = read_text(text).expect("readable");
    assert!(!results.has_invalid(), "{:?}", results.left_out);
    let time = figures(&results.rows[0]);
    assert_eq!(time[0].2, None);
    assert!(figures(&results.rows[1])[0].2.is_some());
}

/// Without `--record-samples`, asv keeps no samples.
#[test]
fn without_samples_asv_has_a_median_with_its_interval() {
    let text = String::from_utf8(bytes("asv.json").to_vec()).expect("text");
    let text = text.replace("\"samples\"", "\"other\"");
    let results = read_text(text).expect("readable");
    let row = results
        .rows
        .iter()
        .find(|row| row.workload.contains("(10, 'list')"));
    let time = figures(row.expect("a row"));
    let (_, value, ends) = time[0];
    assert!((value / 5.691_666e-7 - 1.0).abs() < 1e-5, "{value}");
    assert_eq!(ends, Some((4.11e-7, 2.6403e-6)));
}
