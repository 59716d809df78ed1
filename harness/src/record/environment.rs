//! The environment of a record: no number is anonymous.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// `RUSTFLAGS` of the measured build, empty if there were none.
    pub rustflags: String,
    /// Revision of the measured code; none outside a git checkout.
    pub revision: Option<String>,
    /// Whether the checkout had changes that are not in the revision.
    pub dirty: bool,
}

/// What instruction and heap counts depend on: they compare between machines that agree in all of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
        }
    }

    /// Names the machine that wall times belong to: they compare only where it is the same.
    pub fn machine(&self) -> String {
        format!("{}, {} CPUs, {}, {}", self.cpu, self.cpus, self.os, self.kernel)
    }
}

impl PortableKey {
    /// What `other` has otherwise, each as `this against that`; empty if the counts of the two compare.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        [
            (&self.target, &other.target),
            (&self.rustc, &other.rustc),
            (&self.libc, &other.libc),
            (&self.valgrind, &other.valgrind),
            (&self.isa, &other.isa),
        ]
        .into_iter()
        .filter(|(here, there)| here != there)
        .map(|(here, there)| format!("{here} against {there}"))
        .collect()
    }
}

impl fmt::Display for PortableKey {
    /// One word that can be a folder name: `x86_64-unknown-linux-gnu_rustc-1.95.0_glibc-2.36_valgrind-3.19.0_avx2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = [&self.target, &self.rustc, &self.libc, &self.valgrind, &self.isa].map(|part| {
            part.chars()
                .map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' })
                .collect::<String>()
        });
        f.write_str(&joined.join("_"))
    }
}
