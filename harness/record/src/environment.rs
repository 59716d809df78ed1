//! The environment of a record: the machine, the toolchain and the revision that its numbers were measured with.

use std::fmt;

use harness_probe::digest;
use serde::{Deserialize, Serialize};

use crate::{Import, Settings};

/// Placeholder for a part of the environment that could not be determined. An unknown part never equals another part.
pub const UNKNOWN: &str = "unknown";

/// First word of a part of the environment that differs between merged shards. The machine of such an environment equals
/// no machine.
pub const SEVERAL: &str = "several";

/// The machine, the toolchain and the revision a record was measured with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// CPU model, as the system names it.
    pub cpu: String,
    /// Logical CPUs that this process may use.
    pub cpus: u32,
    /// Memory of the machine in bytes.
    pub memory_bytes: u64,
    /// Best instruction set that the engine found on the machine, outside valgrind.
    pub isa: String,
    /// Operating system and its version.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// C library and its version, such as `glibc 2.36`.
    pub libc: String,
    /// Target triple of the measured build.
    pub target: String,
    /// Compiler and its version, such as `rustc 1.95.0`.
    pub rustc: String,
    /// Version of valgrind, such as `valgrind 3.19.0`; `None` if it is not installed.
    pub valgrind: Option<String>,
    /// Compiler flags of the measured build, from the whole configuration of cargo, separated by one space; may be empty.
    pub rustflags: String,
    /// Other settings of the build and of the measured processes; `None` in records of older versions, which equal any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// Revision of the measured code; `None` if git tracks no file of the checkout.
    pub revision: Option<String>,
    /// True if the checkout had uncommitted changes; `None` if that is unknown.
    #[serde(default)]
    pub dirty: Option<bool>,
    /// Origin of the numbers if another tool measured them; `None` if this harness did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<Import>,
}

/// Everything that instruction and heap counts depend on. Counts from two machines are comparable if their keys are
/// equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortableKey {
    /// Target triple.
    pub target: String,
    /// Compiler version.
    pub rustc: String,
    /// C library version.
    pub libc: String,
    /// Valgrind version.
    pub valgrind: String,
    /// Instruction set used while counting.
    pub isa: String,
    /// Compiler flags.
    pub rustflags: String,
    /// Other settings of the build and of the measured processes; `None` if unknown. They are no part of the name of a
    /// baseline's folder.
    pub settings: Option<Settings>,
}

impl Environment {
    /// The environment of numbers that another tool measured: everything is unknown but their origin.
    pub fn of_import(import: Import) -> Self {
        let unknown = || UNKNOWN.to_owned();
        Self {
            cpu: unknown(),
            cpus: 0,
            memory_bytes: 0,
            isa: unknown(),
            os: unknown(),
            kernel: unknown(),
            libc: unknown(),
            target: unknown(),
            rustc: unknown(),
            valgrind: Some(unknown()),
            rustflags: String::new(),
            settings: None,
            revision: None,
            dirty: None,
            import: Some(import),
        }
    }

    /// Returns the key of counts that were read with `isa` in this environment. A missing valgrind becomes
    /// `valgrind none`. In an import whose environment has a name, the name stands for each unknown part.
    pub fn portable_key(&self, isa: &str) -> PortableKey {
        let named = |part: &str| match &self.import {
            Some(import) if is_unknown(part) => {
                import.named_part().unwrap_or_else(|| part.to_owned())
            }
            _ => part.to_owned(),
        };
        PortableKey {
            target: named(&self.target),
            rustc: named(&self.rustc),
            libc: named(&self.libc),
            valgrind: self
                .valgrind
                .as_deref()
                .map_or_else(|| "valgrind none".to_owned(), named),
            isa: named(isa),
            rustflags: self.rustflags.clone(),
            settings: self.settings.clone(),
        }
    }

    /// Returns true if counts from the two environments are comparable, provided both used the same instruction set.
    pub fn same_toolchain(&self, other: &Self) -> bool {
        let key = |environment: &Self| environment.portable_key("any");
        key(self).differences(&key(other)).is_empty()
    }

    /// Returns true if counts from the two environments are comparable as counts of two revisions: settings of the build
    /// that come from the sources may differ.
    pub fn same_toolchain_outside_sources(&self, other: &Self) -> bool {
        let key = |environment: &Self| environment.portable_key("any");
        key(self)
            .differences_outside_sources(&key(other))
            .is_empty()
    }

    /// Lists the settings that differ, each as `NAME this against that`. Unknown settings equal any.
    pub fn settings_differences(&self, other: &Self) -> Vec<String> {
        match (&self.settings, &other.settings) {
            (Some(here), Some(there)) => here.differences(there),
            _ => Vec::new(),
        }
    }

    /// Returns the remark on the sources that follows the revision: nothing if the revision states them completely.
    pub fn changes(&self) -> &'static str {
        match (&self.revision, self.dirty) {
            (None, _) | (_, Some(false)) => "",
            (_, Some(true)) => " with uncommitted changes",
            (_, None) => " and perhaps uncommitted changes",
        }
    }

    /// Returns true if the sources are known to differ from the revision.
    pub fn is_dirty(&self) -> bool {
        self.revision.is_some() && self.dirty == Some(true)
    }

    /// Returns the name of the machine. Wall times are comparable on one machine only. Of an import, the name contains
    /// only what its file and its user state.
    pub fn machine(&self) -> String {
        let Some(import) = &self.import else {
            return format!(
                "{}, {} CPUs, {}, {}",
                self.cpu, self.cpus, self.os, self.kernel
            );
        };
        let known = [&self.cpu, &self.os, &self.kernel].into_iter();
        let mut parts: Vec<String> = known.filter(|part| !is_unknown(part)).cloned().collect();
        if self.cpus > 0 {
            parts.push(format!("{} CPUs", self.cpus));
        }
        import.machine_name(parts)
    }

    /// Returns true if the environment is that of shards that were measured on several machines.
    pub fn is_of_several(&self) -> bool {
        self.cpu.split(' ').next() == Some(SEVERAL)
    }

    /// Returns true if both environments are of the same machine. A machine with an unknown CPU, operating system or
    /// kernel equals none, and neither do several machines. The machine of an import equals that of an import of the same origin only, and needs a named
    /// environment, a name or a known CPU.
    pub fn same_machine(&self, other: &Self) -> bool {
        match (&self.import, &other.import) {
            (None, None) => {
                let known = [&self.cpu, &self.os, &self.kernel]
                    .into_iter()
                    .all(|part| !is_unknown(part));
                known && !self.is_of_several() && self.machine() == other.machine()
            }
            (Some(here), Some(there)) => {
                let is_named = here.environment.is_some();
                let is_known = here.machine.is_some() || !is_unknown(&self.cpu);
                // The machines of a named environment may have any name, as those of a service have.
                let same_hardware = self.cpu == other.cpu && self.cpus == other.cpus;
                here.other_origin(there).is_none()
                    && match is_named {
                        true => same_hardware,
                        false => {
                            is_known && !self.is_of_several() && self.machine() == other.machine()
                        }
                    }
            }
            _ => false,
        }
    }

    /// Returns the reason why no number of the two environments compares, if another tool measured one of them or both.
    pub fn other_origin(&self, other: &Self) -> Option<String> {
        let measured = "measured by this harness";
        match (&self.import, &other.import) {
            (None, None) => None,
            (Some(here), Some(there)) => here.other_origin(there),
            (Some(here), None) => Some(format!("{here} against {measured}")),
            (None, Some(there)) => Some(format!("{measured} against {there}")),
        }
    }
}

impl PortableKey {
    /// Lists the parts that differ, each as `this against that`, and the parts that are unknown on both sides. The list
    /// is empty if counts with the two keys are comparable. Unknown settings equal any.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        self.all_differences(other, Settings::differences)
    }

    /// Lists the same, except settings of the build that come from the sources.
    pub fn differences_outside_sources(&self, other: &Self) -> Vec<String> {
        self.all_differences(other, Settings::differences_outside)
    }

    fn all_differences(
        &self,
        other: &Self,
        of_settings: impl Fn(&Settings, &Settings) -> Vec<String>,
    ) -> Vec<String> {
        let parts = self.parts().into_iter().zip(other.parts());
        let mut differences: Vec<String> = parts
            .filter_map(|((name, here), (_, there))| match here == there {
                true => is_unknown(here).then(|| format!("the {name} of both is unknown")),
                false => Some(format!("{here} against {there}")),
            })
            .collect();
        if self.rustflags != other.rustflags {
            let flags = |key: &Self| match key.rustflags.as_str() {
                "" => "no compiler flags".to_owned(),
                flags => format!("compiler flags `{flags}`"),
            };
            differences.push(format!("{} against {}", flags(self), flags(other)));
        }
        if let (Some(here), Some(there)) = (&self.settings, &other.settings) {
            differences.extend(of_settings(here, there));
        }
        differences
    }

    /// Returns true if no known part differs.
    pub fn equals(&self, other: &Self) -> bool {
        let settings = match (&self.settings, &other.settings) {
            (Some(here), Some(there)) => here.differences(there).is_empty(),
            _ => true,
        };
        settings && self.parts() == other.parts() && self.rustflags == other.rustflags
    }

    /// Returns the name of the first unknown part.
    pub fn unknown(&self) -> Option<&'static str> {
        self.parts()
            .into_iter()
            .find(|(_, part)| is_unknown(part))
            .map(|(name, _)| name)
    }

    fn parts(&self) -> [(&'static str, &str); 5] {
        [
            ("target", &self.target),
            ("compiler", &self.rustc),
            ("C library", &self.libc),
            ("valgrind", &self.valgrind),
            ("instruction set", &self.isa),
        ]
    }
}

/// Returns true if the first or the last word is `unknown`, as in `unknown libc`. The vendor `unknown` within a target
/// triple does not count.
fn is_unknown(part: &str) -> bool {
    let mut words = part.split(' ');
    words.next() == Some(UNKNOWN) || words.next_back() == Some(UNKNOWN)
}

impl fmt::Display for PortableKey {
    /// Writes a valid folder name: `x86_64-unknown-linux-gnu_rustc-1.95.0_glibc-2.36_valgrind-3.19.0_avx2`. Compiler
    /// flags can be long and contain any character, so their digest is written: `..._avx2_flags-0123456789abcdef`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts().map(|(_, part)| {
            part.chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() || "-._".contains(c) {
                        c
                    } else {
                        '-'
                    }
                })
                .collect::<String>()
        });
        f.write_str(&parts.join("_"))?;
        match self.rustflags.as_str() {
            "" => Ok(()),
            flags => write!(f, "_flags-{}", digest(&flags.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Settings;
    use crate::sample::environment;

    #[test]
    fn other_compiler_flags_make_another_key() {
        let plain = environment().portable_key("avx2");
        let mut native = plain.clone();
        native.rustflags = "-C target-cpu=native".to_owned();
        assert_eq!(
            native
                .to_string()
                .strip_prefix(&format!("{plain}_flags-"))
                .map(str::len),
            Some(16)
        );
        assert_eq!(
            plain.differences(&native),
            ["no compiler flags against compiler flags `-C target-cpu=native`"]
        );
        let mut other = native.clone();
        other.rustflags = "-C target-cpu/native".to_owned();
        assert_ne!(
            native.to_string(),
            other.to_string(),
            "every character of the flags counts"
        );
        assert!(native.differences(&native.clone()).is_empty());
    }

    #[test]
    fn settings_count_if_both_sides_know_them() {
        let mut known = environment();
        known.settings = Some(Settings::default());
        let mut other = environment();
        let mut settings = Settings::default();
        settings
            .build
            .insert("profile.opt-level".to_owned(), "1".to_owned());
        other.settings = Some(settings);
        assert!(!known.same_toolchain(&other));
        assert!(known.same_toolchain_outside_sources(&other));
        assert_eq!(
            known.portable_key("avx2").to_string(),
            other.portable_key("avx2").to_string(),
            "settings are no part of the name"
        );
        other.settings = None;
        assert!(known.same_toolchain(&other));
    }

    #[test]
    fn an_unknown_part_equals_nothing() {
        let mut environment = environment();
        assert_eq!(
            environment.portable_key("avx2").unknown(),
            None,
            "`unknown` in the triple is a vendor"
        );
        environment.libc = "unknown libc".to_owned();
        environment.rustc = "rustc unknown".to_owned();
        let key = environment.portable_key("avx2");
        assert_eq!(
            key.differences(&key),
            [
                "the compiler of both is unknown",
                "the C library of both is unknown"
            ]
        );
        assert_eq!(key.unknown(), Some("compiler"));
        assert!(environment.same_machine(&environment));
        environment.cpu = "unknown CPU".to_owned();
        assert!(!environment.same_machine(&environment));
    }
}
