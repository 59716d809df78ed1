//! The key of a build: a hash of its sources, toolchain and settings. Two builds of one key are the same program.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use itertools::Itertools;
use sha2::{Digest, Sha256};

use crate::process;

/// Time limit for the compiler to print its version; a rustup proxy may have to install it first.
const LIMIT: Duration = Duration::from_secs(600);

/// Prefixes of variables that change what cargo builds.
const FLAGS: [&str; 17] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_PROFILE_",
    "CARGO_BUILD_",
    "CARGO_TARGET_",
    // The choice of versions where nothing is locked, and of their features.
    "CARGO_RESOLVER_",
    "CARGO_UNSTABLE_",
    "RUSTC",
    "CC",
    "CXX",
    "CFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    // C compilers and flags for one target; build scripts read these, too.
    "HOST_C",
    "TARGET_C",
    "GUNGRAUN_RUNNER",
];
/// Exceptions: variables that only choose a folder, or the number of parallel jobs.
const NO_FLAGS: [&str; 4] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_JOBS",
];

/// The compiler that builds both sides.
#[derive(Debug, Clone)]
pub(super) struct Toolchain {
    /// The output of `rustc -vV`.
    pub(super) version: String,
    /// Its name in rustup, if rustup manages it.
    pub(super) name: Option<OsString>,
}

impl Toolchain {
    /// Queries the compiler that a build in the folder uses.
    ///
    /// # Errors
    /// If it cannot be started or fails.
    pub(super) fn of(rustc: &OsStr, folder: &Path) -> io::Result<Self> {
        let query =
            |argument| process::text(Command::new(rustc).arg(argument).current_dir(folder), LIMIT);
        let version = query("-vV")?;
        let library = PathBuf::from(query("--print=sysroot")?.trim_end());
        let managed = library
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|parent| parent == "toolchains");
        Ok(Self {
            version,
            name: library.file_name().filter(|_| managed).map(OsStr::to_owned),
        })
    }
}

/// A hash of everything that a build in the folder of bases depends on. `sources` is anything that identifies the
/// sources.
pub(super) fn key(sources: &[u8], toolchain: &Toolchain, bases: &Path) -> String {
    let mut parts = vec![sources.to_vec(), toolchain.version.clone().into_bytes()];
    // Programs contain the absolute paths of their sources.
    parts.push(bases.as_os_str().as_encoded_bytes().to_vec());
    parts.extend(flags(std::env::vars_os()));
    for file in configurations(bases, home()) {
        parts.extend([
            file.as_os_str().as_encoded_bytes().to_vec(),
            fs::read(&file).unwrap_or_default(),
        ]);
    }
    hash(&parts)
}

/// The variables that change the build, as `NAME=VALUE`, sorted.
fn flags(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<Vec<u8>> {
    let counts =
        |name: &str| FLAGS.iter().any(|flag| name.starts_with(flag)) && !NO_FLAGS.contains(&name);
    let flags = variables.filter(|(name, _)| name.to_str().is_some_and(counts));
    flags
        .map(|(name, value)| [name.as_encoded_bytes(), b"=", value.as_encoded_bytes()].concat())
        .sorted()
        .collect()
}

/// The configuration files that cargo reads for a build in the folder, except those of the revision itself.
fn configurations(folder: &Path, home: Option<PathBuf>) -> Vec<PathBuf> {
    let above = folder.ancestors().map(|folder| folder.join(".cargo"));
    let files = above
        .chain(home)
        .flat_map(|folder| [folder.join("config.toml"), folder.join("config")]);
    files.filter(|file| file.is_file()).collect()
}

fn home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// A hash of a list of parts. Each part is preceded by its length, so that different lists never hash the same bytes.
pub(super) fn hash(parts: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_change_the_key_and_folders_do_not() {
        let variables = [
            ("RUSTFLAGS", "-C target-cpu=native"),
            ("CARGO_TARGET_DIR", "/elsewhere"),
            ("CARGO_PROFILE_RELEASE_LTO", "true"),
            ("HOME", "/home/me"),
            ("CARGO_INCREMENTAL", "1"),
        ];
        let flags = flags(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        let expected = [
            "CARGO_INCREMENTAL=1",
            "CARGO_PROFILE_RELEASE_LTO=true",
            "RUSTFLAGS=-C target-cpu=native",
        ];
        assert_eq!(flags, expected.map(|flag| flag.as_bytes().to_vec()));
    }

    #[test]
    fn every_variable_that_changes_the_code_changes_the_key() {
        for name in [
            "CARGO_BUILD_INCREMENTAL",
            "CARGO_BUILD_RUSTC_WRAPPER",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_INCREMENTAL",
            "CARGO_PROFILE_RELEASE_OPT_LEVEL",
            "CARGO_RESOLVER_FEATURE_UNIFICATION",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_UNSTABLE_BUILD_STD",
            "CFLAGS_x86_64_unknown_linux_gnu",
            "HOST_CFLAGS",
            "RUSTC",
            "RUSTC_BOOTSTRAP",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTC_WRAPPER",
            "TARGET_CC",
        ] {
            let counted = flags(std::iter::once((OsString::from(name), OsString::from("1"))));
            assert_eq!(counted, [format!("{name}=1").into_bytes()], "{name}");
        }
    }

    #[test]
    fn configuration_above_the_folder_and_in_the_home_folder_is_found() {
        let outer = tempfile::tempdir().expect("a folder");
        let (bases, home) = (
            outer.path().join("p/target/harness-bases"),
            outer.path().join("home"),
        );
        let files = [
            outer.path().join("p/.cargo/config.toml"),
            outer.path().join(".cargo/config"),
            home.join("config.toml"),
        ];
        for file in &files {
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, "").expect("written");
        }
        let found = configurations(&bases, Some(home));
        assert!(files.iter().all(|file| found.contains(file)), "{found:?}");
    }

    #[test]
    fn another_compiler_changes_the_key() {
        let with = |version: &str| {
            key(
                b"sources",
                &Toolchain {
                    version: version.to_owned(),
                    name: None,
                },
                Path::new("/b"),
            )
        };
        assert_eq!(with("rustc 1"), with("rustc 1"));
        assert_ne!(with("rustc 1"), with("rustc 2"));
        assert_ne!(
            hash(&[b"ab".to_vec(), b"c".to_vec()]),
            hash(&[b"a".to_vec(), b"bc".to_vec()])
        );
    }
}
