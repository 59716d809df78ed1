//! The settings of the profile that programs are built with, `release`.
//!
//! Cargo takes each setting from the first of these places that has it: a variable such as `CARGO_PROFILE_RELEASE_LTO`,
//! the configuration file nearest to the checkout, the other configuration files, `Cargo.toml` of the workspace, the
//! default (<https://doc.rust-lang.org/cargo/reference/profiles.html>).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use toml::{Table, Value};

use super::build_settings::variable;

/// Where the settings of a profile come from.
pub(super) struct Profile<'a> {
    /// The manifest of the workspace.
    pub(super) manifest: &'a Table,
    /// Cargo's configuration files, the nearest first.
    pub(super) configuration: &'a [Table],
    /// The variables of the environment.
    pub(super) variables: &'a [(OsString, OsString)],
}

/// Cargo's defaults for `release`.
const DEFAULTS: [(&str, &str); 7] = [
    ("opt-level", "3"),
    ("debug", "none"),
    ("debug-assertions", "false"),
    ("lto", "false"),
    ("panic", "unwind"),
    ("incremental", "false"),
    ("codegen-units", "16"),
];

/// The settings that variables can set; those of single packages have none.
const SETTINGS: [&str; 11] = [
    "opt-level",
    "debug",
    "split-debuginfo",
    "strip",
    "debug-assertions",
    "overflow-checks",
    "lto",
    "panic",
    "incremental",
    "codegen-units",
    "rpath",
];

/// Returns the effective settings of the profile `release`, and the names of those that `Cargo.toml` does not decide.
pub(super) fn release(profile: &Profile<'_>) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let mut settings: BTreeMap<String, String> = DEFAULTS
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    settings.extend(in_table(profile.manifest));
    let mut outside = BTreeMap::new();
    for table in profile.configuration.iter().rev() {
        outside.extend(in_table(table));
    }
    let text = |name: &str| {
        Some(
            variable(profile.variables, name)?
                .to_string_lossy()
                .into_owned(),
        )
    };
    for name in SETTINGS {
        let variable = format!(
            "CARGO_PROFILE_RELEASE_{}",
            name.replace('-', "_").to_uppercase()
        );
        outside.extend(text(&variable).map(|value| (name.to_owned(), value)));
    }
    if let Some(incremental) = incremental(profile) {
        outside.insert("incremental".to_owned(), incremental);
    }
    let named = |name: &String| format!("profile.{name}");
    let names = outside.keys().map(named).collect();
    settings.extend(outside);
    // Overflow is checked together with assertions, unless the profile states otherwise.
    let checks = settings["debug-assertions"].clone();
    settings
        .entry("overflow-checks".to_owned())
        .or_insert(checks);
    let settings = settings
        .iter()
        .map(|(name, value)| (named(name), canonical(name, value)));
    (settings.collect(), names)
}

/// The choice of incremental builds that outranks the profile.
fn incremental(profile: &Profile<'_>) -> Option<String> {
    if let Some(chosen) = variable(profile.variables, "CARGO_INCREMENTAL") {
        return Some((chosen == "1").to_string());
    }
    if let Some(chosen) = variable(profile.variables, "CARGO_BUILD_INCREMENTAL") {
        return Some(chosen.to_string_lossy().into_owned());
    }
    let mut tables = profile.configuration.iter();
    let chosen = tables.find_map(|table| table.get("build")?.get("incremental")?.as_bool());
    chosen.map(|chosen| chosen.to_string())
}

/// The settings of the profile in a manifest or a configuration file. Build scripts and macros are left out, because
/// they are not measured.
fn in_table(table: &Table) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    let release = table
        .get("profile")
        .and_then(|profiles| profiles.get("release"))
        .and_then(Value::as_table);
    for (name, value) in release.into_iter().flatten() {
        match (name.as_str(), value) {
            ("build-override", _) => {}
            ("package", Value::Table(packages)) => {
                for (package, overrides) in packages {
                    for (name, value) in overrides.as_table().into_iter().flatten() {
                        settings.insert(format!("package.{package}.{name}"), plain(value));
                    }
                }
            }
            (_, value) => {
                settings.insert(name.clone(), plain(value));
            }
        }
    }
    settings
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One word for each of the words with one meaning.
fn canonical(name: &str, value: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    match (last, value) {
        ("debug", "true" | "2") => "full",
        ("debug", "false" | "0") => "none",
        ("debug", "1") => "limited",
        ("lto", "true") => "fat",
        ("lto", "n" | "no") => "off",
        ("strip", "true") => "symbols",
        ("strip", "false") => "none",
        (_, value) => value,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().expect("valid")
    }

    fn resolved(
        manifest: &str,
        configuration: &[&str],
        variables: &[(&str, &str)],
    ) -> (BTreeMap<String, String>, BTreeSet<String>) {
        let configuration: Vec<Table> = configuration.iter().map(|text| table(text)).collect();
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)))
            .collect();
        release(&Profile {
            manifest: &table(manifest),
            configuration: &configuration,
            variables: &variables,
        })
    }

    #[test]
    fn every_place_outranks_the_ones_below_it() {
        let manifest =
            "[profile.release]\nopt-level = 2\nlto = true\ncodegen-units = 1\npanic = \"abort\"\n";
        let near = "[profile.release]\nopt-level = 1\nlto = \"thin\"\n";
        let far = "[profile.release]\nopt-level = 0\ncodegen-units = 8\n";
        let (settings, outside) = resolved(
            manifest,
            &[near, far],
            &[("CARGO_PROFILE_RELEASE_LTO", "off")],
        );
        let value = |name: &str| settings[name].as_str();
        assert_eq!(value("profile.opt-level"), "1", "the nearest file");
        assert_eq!(
            value("profile.codegen-units"),
            "8",
            "a file before the manifest"
        );
        assert_eq!(value("profile.lto"), "off", "a variable before a file");
        assert_eq!(value("profile.panic"), "abort", "the manifest");
        assert_eq!(value("profile.overflow-checks"), "false", "the default");
        let expected = ["profile.codegen-units", "profile.lto", "profile.opt-level"];
        assert!(outside.iter().eq(expected), "{outside:?}");
    }

    #[test]
    fn what_means_the_same_is_recorded_the_same() {
        let one = "[profile.release]\ndebug = true\nlto = true\n[profile.release.package.\"*\"]\nopt-level = 1\n";
        let other = "[profile.release]\ndebug = 2\nlto = \"fat\"\n[profile.release.package]\n\"*\" = { opt-level = 1 }\n";
        assert_eq!(resolved(one, &[], &[]), resolved(other, &[], &[]));
        let plain = resolved("", &[], &[]);
        assert_eq!(
            plain,
            resolved("[profile.release]\nopt-level = 3\n", &[], &[])
        );
        assert_eq!(
            resolved(one, &[], &[]).0["profile.package.*.opt-level"],
            "1"
        );
    }

    #[test]
    fn incremental_builds_are_chosen_by_variable_then_by_configuration() {
        let configured = "[build]\nincremental = true\n";
        let value = |configuration: &[&str], variables: &[(&str, &str)]| {
            resolved("", configuration, variables).0["profile.incremental"].clone()
        };
        assert_eq!(value(&[], &[]), "false");
        assert_eq!(value(&[configured], &[]), "true");
        assert_eq!(value(&[configured], &[("CARGO_INCREMENTAL", "0")]), "false");
    }
}
