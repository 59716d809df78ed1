//! Cargo's configuration files as tables, and the settings in them that cargo passes on to other programs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use toml::{Table, Value};

/// Variables that choose a C compiler or its flags; `_` and a target may follow, and `HOST_` or `TARGET_` precede.
const FOR_C: [&str; 6] = ["CC", "CXX", "AR", "CFLAGS", "CXXFLAGS", "LDFLAGS"];

/// The content of the configuration files, in the same order.
pub(super) fn tables(files: &[PathBuf]) -> Result<Vec<Table>, String> {
    let read = |file: &PathBuf| {
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        text.parse()
            .map_err(|error: toml::de::Error| error.message().to_owned())
    };
    files
        .iter()
        .map(|file| read(file).map_err(|error| format!("{}: {error}", file.display())))
        .collect()
}

/// Files that configuration files include, each with a digest of its content. Their settings are not resolved.
pub(super) fn included(files: &[PathBuf], tables: &[Table]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (file, table) in files.iter().zip(tables) {
        let listed = match table.get("include") {
            Some(Value::Array(several)) => several.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for one in listed {
            let path = one.as_str().or_else(|| one.get("path")?.as_str());
            let Some(path) = path else { continue };
            let content = file.parent().map(|folder| fs::read(folder.join(path)));
            let content = content.and_then(Result::ok).unwrap_or_default();
            let digest = harness_probe::digest(&String::from_utf8_lossy(&content).as_ref().into());
            found.push((path.to_owned(), digest));
        }
    }
    found
}

/// Settings of C compilers, from variables and from `[env]` in cargo's configuration, where a variable outranks the
/// table.
pub(super) fn c_settings(
    variables: &[(OsString, OsString)],
    tables: &[Table],
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // The nearest file comes first and outranks the others.
    for table in tables.iter().rev() {
        let entries = table.get("env").and_then(Value::as_table);
        for (name, value) in entries.into_iter().flatten() {
            let value = value.as_str().or_else(|| value.get("value")?.as_str());
            if let (true, Some(value)) = (is_for_c(name), value) {
                found.insert(format!("variable.{name}"), value.to_owned());
            }
        }
    }
    for (name, value) in variables {
        let name = name.to_string_lossy();
        if is_for_c(&name) || name == "RUSTC_BOOTSTRAP" {
            let value = value.to_string_lossy().into_owned();
            found.insert(format!("variable.{name}"), value);
        }
    }
    found
}

fn is_for_c(name: &str) -> bool {
    let plain = name
        .strip_prefix("HOST_")
        .or_else(|| name.strip_prefix("TARGET_"))
        .unwrap_or(name);
    FOR_C.iter().any(|prefix| {
        plain
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}
