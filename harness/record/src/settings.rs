//! Settings that the numbers of a record depend on and that its sources do not contain: those of the build, from the
//! whole configuration of cargo, and those of the measured processes, from the environment.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Settings by name, such as `profile.opt-level` = `3`. A setting that is not listed has its default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Settings of the build: `profile.NAME`, `profile.package.PACKAGE.NAME`, `linker`, `rustc-wrapper`,
    /// `rustc-workspace-wrapper`, `variable.NAME` for variables that C compilers read, `include` for files that
    /// cargo's configuration includes, and `unreadable` if it cannot be read.
    pub build: BTreeMap<String, String>,
    /// Names of those settings of the build that come from outside the sources: from cargo's configuration files or from
    /// variables, and not from `Cargo.toml`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub outside: BTreeSet<String>,
    /// Variables of the measured processes that change how the C library starts them and allocates memory.
    pub process: BTreeMap<String, String>,
}

/// The last word of settings that are recorded, but change no instruction and no allocation.
const WITHOUT_EFFECT: [&str; 4] = ["debug", "strip", "split-debuginfo", "rpath"];

/// Names of wrappers of the compiler that store results and change no flag.
const CACHES: [&str; 4] = ["sccache", "ccache", "cachepot", "kache"];

impl Settings {
    /// Lists the settings with an effect on counts and times that differ, each as `NAME this against that`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        self.all_differences(other, |_| true)
    }

    /// Lists the same without the settings that both sides have from their sources. A change of these belongs to the
    /// change that is measured when two revisions are measured by one harness.
    pub fn differences_outside(&self, other: &Self) -> Vec<String> {
        self.all_differences(other, |name| {
            self.outside.contains(name) || other.outside.contains(name)
        })
    }

    fn all_differences(&self, other: &Self, counts: impl Fn(&str) -> bool) -> Vec<String> {
        let mut differences = self::differences(&self.build, &other.build, counts);
        differences.extend(self::differences(&self.process, &other.process, |_| true));
        differences
    }

    /// Returns the settings that the sources do not contain in one line; empty if there are none.
    pub fn line(&self) -> String {
        let outside = self
            .build
            .iter()
            .filter(|(name, _)| self.outside.contains(*name));
        let all = outside.chain(&self.process);
        let each: Vec<String> = all.map(|(name, value)| format!("{name}={value}")).collect();
        each.join(" ")
    }
}

fn differences(
    here: &BTreeMap<String, String>,
    there: &BTreeMap<String, String>,
    counts: impl Fn(&str) -> bool,
) -> Vec<String> {
    let names: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
    names
        .into_iter()
        .filter(|name| counts(name))
        .filter_map(|name| {
            let (one, other) = (effective(name, here), effective(name, there));
            let text = |value: Option<&str>| match value {
                None => "not set".to_owned(),
                Some("") => "empty".to_owned(),
                Some(value) => value.to_owned(),
            };
            (one != other).then(|| format!("{name} {} against {}", text(one), text(other)))
        })
        .collect()
}

/// Returns the value of a setting if it has an effect.
fn effective<'a>(name: &str, settings: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let last = name.rsplit('.').next().unwrap_or(name);
    if name.starts_with("profile.") && WITHOUT_EFFECT.contains(&last) {
        return None;
    }
    let value = settings.get(name).map(String::as_str)?;
    let is_cache = || {
        let program = value.rsplit('/').next().unwrap_or(value);
        CACHES.contains(&program)
    };
    (!name.ends_with("-wrapper") || !is_cache()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(build: &[(&str, &str)], process: &[(&str, &str)]) -> Settings {
        let map = |settings: &[(&str, &str)]| {
            settings
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        };
        Settings {
            build: map(build),
            outside: BTreeSet::new(),
            process: map(process),
        }
    }

    #[test]
    fn settings_differ_by_value_or_by_being_there() {
        let plain = settings(&[("profile.opt-level", "3")], &[]);
        let other = settings(
            &[("profile.opt-level", "1"), ("linker", "clang")],
            &[("MALLOC_ARENA_MAX", "1")],
        );
        assert_eq!(
            plain.differences(&other),
            [
                "linker not set against clang",
                "profile.opt-level 3 against 1",
                "MALLOC_ARENA_MAX not set against 1"
            ]
        );
        assert!(plain.differences(&plain.clone()).is_empty());
    }

    #[test]
    fn settings_of_the_sources_belong_to_the_change() {
        let plain = settings(&[("profile.opt-level", "3"), ("profile.lto", "false")], &[]);
        let mut other = settings(&[("profile.opt-level", "1"), ("profile.lto", "fat")], &[]);
        assert!(plain.differences_outside(&other).is_empty());
        other.outside.insert("profile.opt-level".to_owned());
        let expected = ["profile.opt-level 3 against 1"];
        assert_eq!(plain.differences_outside(&other), expected);
    }

    #[test]
    fn settings_without_an_effect_do_not_count() {
        let plain = settings(&[], &[]);
        let other = settings(
            &[
                ("profile.debug", "full"),
                ("profile.package.*.strip", "symbols"),
                ("rustc-wrapper", "/usr/bin/sccache"),
            ],
            &[],
        );
        assert!(plain.differences(&other).is_empty());
        let mut wrapped = settings(&[("rustc-wrapper", "/opt/flags")], &[]);
        assert_eq!(
            plain.differences(&wrapped),
            ["rustc-wrapper not set against /opt/flags"]
        );
        assert_eq!(wrapped.line(), "");
        wrapped.outside.insert("rustc-wrapper".to_owned());
        assert_eq!(wrapped.line(), "rustc-wrapper=/opt/flags");
    }
}
