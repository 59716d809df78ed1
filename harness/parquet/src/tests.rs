//! A written file is read back by the reader of the same library; `.ci/validate-parquet` reads one with DuckDB.

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use proptest::prelude::*;

use crate::columns::schema;
use crate::{LAYOUT, ROWS_IN_GROUP, Reading, Writer};

fn reading<'a>(workload: &'a str, commit: Option<&'a str>, value: f64) -> Reading<'a> {
    Reading {
        commit,
        time: 1_767_323_045_000_000,
        workload,
        phase: "fast",
        metric: "time",
        value,
        unit: "s",
        interval: commit.map(|_| (value - 1.0, value + 1.0)),
        instrument: "clock",
        isa: "avx2",
        threads: 2,
        machine: "a machine",
        key: "a key",
        definition: "d",
        answer: "a",
        source: "record",
        file: "records/x.json",
    }
}

fn written(rows: &[Reading<'_>]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).expect("memory");
    rows.iter()
        .for_each(|row| writer.push(row).expect("memory"));
    let (file, count) = writer.finish().expect("memory");
    assert_eq!(count, rows.len());
    file
}

/// Commit, workload, value and lower end of each row.
fn read(file: Vec<u8>) -> Vec<(Field, Field, Field, Field)> {
    let reader = SerializedFileReader::new(bytes(file)).expect("Parquet");
    let rows = reader.get_row_iter(None).expect("rows");
    let fields = |row: parquet::record::Row| {
        let field = |name: &str| {
            let mut columns = row.get_column_iter();
            columns
                .find(|(column, _)| *column == name)
                .map(|(_, field)| field.clone())
                .expect("a column")
        };
        (
            field("commit"),
            field("workload"),
            field("value"),
            field("low"),
        )
    };
    rows.map(|row| fields(row.expect("a row"))).collect()
}

fn bytes(file: Vec<u8>) -> std::fs::File {
    use std::io::{Seek, Write};
    let mut temporary = tempfile::tempfile().expect("a file");
    temporary.write_all(&file).expect("written");
    temporary.rewind().expect("rewound");
    temporary
}

#[test]
fn the_layout_is_the_documented_one() {
    let documented = include_str!("../../../docs/formats.md");
    let columns = schema();
    for column in columns.split_once('{').expect("fields").1.split(';') {
        let Some(name) = column.split(' ').filter(|word| !word.is_empty()).nth(2) else {
            continue;
        };
        assert!(
            documented.contains(&format!("`{name}`")),
            "docs/formats.md does not describe `{name}`"
        );
    }
    let file = written(&[reading("w", None, 1.0)]);
    let reader = SerializedFileReader::new(bytes(file)).expect("Parquet");
    let metadata = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .expect("there");
    assert!(
        metadata
            .iter()
            .any(|one| one.key == "harness.layout" && one.value.as_deref() == Some(LAYOUT))
    );
}

#[test]
fn rows_are_written_in_groups() {
    let names = ["a", "b", "c"];
    let rows: Vec<Reading<'_>> = (0..ROWS_IN_GROUP + 3)
        .map(|row| reading(names[row % 3], None, row as f64))
        .collect();
    let file = written(&rows);
    let reader = SerializedFileReader::new(bytes(file)).expect("Parquet");
    let groups: Vec<i64> = reader
        .metadata()
        .row_groups()
        .iter()
        .map(|group| group.num_rows())
        .collect();
    assert_eq!(groups, [ROWS_IN_GROUP as i64, 3]);
    assert!(written(&[]).len() > 8, "a file without rows is a file");
}

proptest! {
    #[test]
    fn written_rows_are_read_back(rows in prop::collection::vec(("\\PC{0,9}", prop::option::of("[0-9a-f]{4}"), prop::num::f64::ANY), 0..40)) {
        let readings: Vec<Reading<'_>> = rows.iter().map(|(workload, commit, value)| reading(workload, commit.as_deref(), *value)).collect();
        let found = read(written(&readings));
        prop_assert_eq!(found.len(), rows.len());
        for ((commit, workload, value, low), (id, revision, number)) in found.iter().zip(&rows) {
            prop_assert_eq!(workload, &Field::Str(id.clone()));
            prop_assert_eq!(commit, &revision.clone().map_or(Field::Null, Field::Str));
            let Field::Double(value) = value else { panic!("a number") };
            prop_assert_eq!(value.to_bits(), number.to_bits());
            prop_assert_eq!(matches!(low, Field::Null), revision.is_none());
        }
    }
}
