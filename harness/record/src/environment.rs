//! The environment of a record: no number is anonymous.

use std::fmt;

use harness_probe::digest;
use serde::{Deserialize, Serialize};

/// What stands in the place of a part that could not be found out. Nothing that is unknown equals anything.
pub const UNKNOWN: &str = "unknown";

/// The machine, the toolchain and the revision a record was measured with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// CPU model as the system names it.
    pub cpu: String,
    /// Logical CPUs that this process may use.
    pub cpus: u32,
    /// Memory of the machine in bytes.
    pub memory_bytes: u64,
    /// Best instruction set that the engine found on the bare machine.
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
    /// Version of valgrind, such as `valgrind 3.19.0`; none if it is not installed.
    pub valgrind: Option<String>,
    /// Compiler flags that the environment added to the measured build, one space apart; empty if there were none.
    pub rustflags: String,
    /// Revision of the measured code; none outside a git checkout.
    pub revision: Option<String>,
    /// Whether the checkout had changes that are not in the revision.
    pub dirty: bool,
}

/// What instruction and heap counts depend on: they compare between machines that agree in all of it.
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
    /// Compiler flags that the environment added.
    pub rustflags: String,
}

impl Environment {
    /// The key of counts that were read with `isa` in this environment; `none` stands for a valgrind that is missing.
    pub fn portable_key(&self, isa: &str) -> PortableKey {
        PortableKey {
            target: self.target.clone(),
            rustc: self.rustc.clone(),
            libc: self.libc.clone(),
            valgrind: self.valgrind.clone().unwrap_or_else(|| "valgrind none".to_owned()),
            isa: isa.to_owned(),
            rustflags: self.rustflags.clone(),
        }
    }

    /// Whether counts of the two compare where they were read with one instruction set.
    pub fn same_toolchain(&self, other: &Self) -> bool {
        let key = |environment: &Self| environment.portable_key("any");
        key(self).differences(&key(other)).is_empty()
    }

    /// Names the machine that wall times belong to: they compare only where it is the same.
    pub fn machine(&self) -> String {
        format!("{}, {} CPUs, {}, {}", self.cpu, self.cpus, self.os, self.kernel)
    }

    /// Whether wall times of the two were read on one machine, as far as its parts are known.
    pub fn same_machine(&self, other: &Self) -> bool {
        let known = [&self.cpu, &self.os, &self.kernel].into_iter().all(|part| !is_unknown(part));
        known && self.machine() == other.machine()
    }
}

impl PortableKey {
    /// What `other` has otherwise, each as `this against that`, and what is not known on both sides; empty if the counts
    /// of the two compare.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let parts = self.parts().into_iter().zip(other.parts());
        let mut told: Vec<String> = parts
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
            told.push(format!("{} against {}", flags(self), flags(other)));
        }
        told
    }

    /// The first part that could not be found out, by name.
    pub fn unknown(&self) -> Option<&'static str> {
        self.parts().into_iter().find(|(_, part)| is_unknown(part)).map(|(name, _)| name)
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

/// `unknown` alone or as a word at either end, as in `unknown libc`; the middle of a target triple is another thing.
fn is_unknown(part: &str) -> bool {
    let mut words = part.split(' ');
    words.next() == Some(UNKNOWN) || words.next_back() == Some(UNKNOWN)
}

impl fmt::Display for PortableKey {
    /// One word that can be a folder name: `x86_64-unknown-linux-gnu_rustc-1.95.0_glibc-2.36_valgrind-3.19.0_avx2`.
    /// Compiler flags can be long and hold anything, so their digest stands for them: `..._avx2_flags-0123456789abcdef`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts().map(|(_, part)| {
            part.chars()
                .map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' })
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
    use crate::sample::environment;

    #[test]
    fn other_compiler_flags_make_another_key() {
        let plain = environment().portable_key("avx2");
        let mut native = plain.clone();
        native.rustflags = "-C target-cpu=native".to_owned();
        assert_eq!(native.to_string().strip_prefix(&format!("{plain}_flags-")).map(str::len), Some(16));
        assert_eq!(plain.differences(&native), ["no compiler flags against compiler flags `-C target-cpu=native`"]);
        let mut other = native.clone();
        other.rustflags = "-C target-cpu/native".to_owned();
        assert_ne!(native.to_string(), other.to_string(), "no character is lost");
        assert!(native.differences(&native.clone()).is_empty());
    }

    #[test]
    fn what_is_unknown_equals_nothing() {
        let mut environment = environment();
        assert_eq!(environment.portable_key("avx2").unknown(), None, "the triple's second word is a vendor");
        environment.libc = "unknown libc".to_owned();
        environment.rustc = "rustc unknown".to_owned();
        let key = environment.portable_key("avx2");
        assert_eq!(key.differences(&key), ["the compiler of both is unknown", "the C library of both is unknown"]);
        assert_eq!(key.unknown(), Some("compiler"));
        assert!(environment.same_machine(&environment));
        environment.cpu = "unknown CPU".to_owned();
        assert!(!environment.same_machine(&environment));
    }
}
