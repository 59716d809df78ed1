//! The JSON Schemas of the files and of the probe protocol, in the folder `schema`.

use std::path::PathBuf;

use harness_probe::protocol::{Reply, Request};
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

use crate::baseline::environment::Origin;
use crate::sample::{callgrind, clock, dhat, record, row, session};
use crate::session::Session;
use crate::{OLDEST_SCHEMA, Record, SCHEMA_VERSION, session as session_file};

/// The schema of a type; `versions` are those of its file.
fn schema<T: JsonSchema>(versions: &[u32]) -> Value {
    let mut schema = schema_for!(T).to_value();
    if !versions.is_empty() {
        schema["properties"]["schema"] =
            json!({ "description": "Version of the file format.", "enum": versions });
        let required = schema["required"].as_array_mut().expect("an object");
        required.insert(0, json!("schema"));
    }
    schema
}

/// Compares a schema with the committed file. `UPDATE_SCHEMAS=1` writes the file instead.
fn assert_committed(name: &str, schema: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("schema")
        .join(name);
    let text = format!("{schema:#}\n");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        crate::atomic_file::write(&path, text.as_bytes()).expect("written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{} is not up to date: run this test with UPDATE_SCHEMAS=1",
        path.display()
    );
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let records: Vec<u32> = (OLDEST_SCHEMA..=SCHEMA_VERSION).collect();
    assert_committed("record.json", &schema::<Record>(&records));
    assert_committed(
        "session.json",
        &schema::<Session>(&[session_file::OLDEST_SCHEMA, session_file::SCHEMA_VERSION]),
    );
    assert_committed("environment.json", &schema::<Origin>(&[]));
    assert_committed("probe-request.json", &schema::<Request>(&[]));
    assert_committed("probe-reply.json", &schema::<Reply>(&[]));
}

#[test]
fn samples_fit_the_schemas_and_damaged_ones_do_not() {
    let rows = vec![row(
        "w",
        "naive",
        vec![clock("a", &[100, 200]), callgrind(7), dhat(4096, 12)],
    )];
    let record: Value = serde_json::from_str(&record(rows).to_json()).expect("JSON");
    let of_records = schema::<Record>(&[OLDEST_SCHEMA, SCHEMA_VERSION]);
    assert_eq!(mismatch(&of_records, &of_records, &record, ""), None);

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("session.json");
    session(&[0.01, -0.02]).write(&path).expect("written");
    let session: Value =
        serde_json::from_slice(&std::fs::read(&path).expect("there")).expect("JSON");
    let of_sessions = schema::<Session>(&[session_file::SCHEMA_VERSION]);
    assert_eq!(mismatch(&of_sessions, &of_sessions, &session, ""), None);

    for (pointer, new) in [
        ("/schema", json!(9)),
        ("/quick", json!("no")),
        ("/rows/0/unit/per_run", json!(-1)),
        ("/rows/0/readings/0/data/instrument", json!("hourglass")),
        ("/environment", json!({})),
    ] {
        let mut damaged = record.clone();
        *damaged.pointer_mut(pointer).expect(pointer) = new;
        assert!(
            mismatch(&of_records, &of_records, &damaged, "").is_some(),
            "{pointer}"
        );
    }
    let mut unknown = record.clone();
    unknown["colour"] = json!("red");
    assert_eq!(
        mismatch(&of_records, &of_records, &unknown, "").as_deref(),
        Some("/colour is unknown")
    );
}

/// The first place at which a value does not fit a schema. Supports the keywords that `schemars` writes for these types.
fn mismatch(root: &Value, schema: &Value, value: &Value, place: &str) -> Option<String> {
    let check = |schema: &Value, value: &Value, place: &str| mismatch(root, schema, value, place);
    for (keyword, rule) in schema.as_object().into_iter().flatten() {
        let wrong = match keyword.as_str() {
            "$ref" => {
                let target = rule
                    .as_str()
                    .and_then(|target| root.pointer(target.trim_start_matches('#')));
                check(target.expect("a definition"), value, place)
            }
            "type" => {
                let names = rule
                    .as_array()
                    .map_or(std::slice::from_ref(rule), Vec::as_slice);
                let fits = names
                    .iter()
                    .any(|name| is_of_type(value, name.as_str().unwrap_or_default()));
                (!fits).then(|| format!("{place} is no {rule}"))
            }
            "const" => (value != rule).then(|| format!("{place} is not {rule}")),
            "enum" => (!rule.as_array().is_some_and(|all| all.contains(value)))
                .then(|| format!("{place} is none of {rule}")),
            "minimum" => value
                .as_f64()
                .filter(|value| Some(*value) < rule.as_f64())
                .map(|_| format!("{place} is too small")),
            "anyOf" | "oneOf" => {
                let fits = rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|one| check(one, value, place).is_none());
                (!fits).then(|| format!("{place} fits no alternative"))
            }
            "required" => {
                let missing = rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .find(|name| value.get(name).is_none());
                missing.map(|name| format!("{place}/{name} is missing"))
            }
            "properties" => rule
                .as_object()
                .into_iter()
                .flatten()
                .find_map(|(name, rule)| check(rule, value.get(name)?, &format!("{place}/{name}"))),
            "additionalProperties" if *rule == json!(false) => {
                let unknown = value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .find(|(name, _)| schema["properties"].get(name).is_none());
                unknown.map(|(name, _)| format!("{place}/{name} is unknown"))
            }
            "items" if rule.is_object() => {
                let from = schema["prefixItems"].as_array().map_or(0, Vec::len);
                let items = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .enumerate()
                    .skip(from);
                items
                    .filter_map(|(at, item)| check(rule, item, &format!("{place}/{at}")))
                    .next()
            }
            "prefixItems" => {
                let pairs = rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .zip(value.as_array().into_iter().flatten());
                pairs
                    .enumerate()
                    .find_map(|(at, (rule, item))| check(rule, item, &format!("{place}/{at}")))
            }
            "minItems" => (value.as_array().map(Vec::len) < rule.as_u64().map(|n| n as usize))
                .then(|| format!("{place} is too short")),
            "maxItems" => (value.as_array().map(Vec::len) > rule.as_u64().map(|n| n as usize))
                .then(|| format!("{place} is too long")),
            "$schema"
            | "$defs"
            | "title"
            | "description"
            | "default"
            | "format"
            | "additionalProperties" => None,
            other => panic!("{other} is not supported"),
        };
        if wrong.is_some() {
            return wrong;
        }
    }
    None
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}
