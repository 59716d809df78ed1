//! The environment of measured programs: a short list of variables. A change under test, from a stranger's fork perhaps,
//! runs in them, and the environment of a continuous integration contains its secrets.
//!
//! Cargo and build scripts see the whole environment: builds need variables that no list can foresee.

use std::ffi::OsStr;
use std::process::Command;

/// Variables that pass: where programs, temporary files and toolchains are, and what the record lists as settings of
/// processes. None of them contains a secret.
const PASSED: [&str; 18] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "VALGRIND_LIB",
    "RUST_BACKTRACE",
    "RAYON_NUM_THREADS",
    "CARGO",
    "CARGO_HOME",
    "CARGO_TARGET_DIR",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "GLIBC_TUNABLES",
    "LD_PRELOAD",
    "LD_BIND_NOW",
    "LD_AUDIT",
];

/// Beginnings of names that pass.
const PREFIXES: [&str; 3] = ["LC_", "HARNESS_", "MALLOC_"];

/// Removes the variables that do not pass from the environment of a command that is to be measured. `more` are the names
/// that the project lets pass besides.
pub(super) fn restrict(command: &mut Command, more: &[String]) {
    // Removed one by one, not cleared: a copy of the command for valgrind repeats what was removed.
    for (name, _) in std::env::vars_os() {
        if !passes(&name, more) {
            command.env_remove(name);
        }
    }
}

fn passes(name: &OsStr, more: &[String]) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    PASSED.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || more.iter().any(|more| more == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_pass_unless_they_are_named() {
        for passed in ["PATH", "LC_ALL", "HARNESS_ISA", "MALLOC_ARENA_MAX"] {
            assert!(passes(OsStr::new(passed), &[]), "{passed}");
        }
        for kept in [
            "GITHUB_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "CI",
        ] {
            assert!(!passes(OsStr::new(kept), &[]), "{kept}");
            assert!(passes(OsStr::new(kept), &[kept.to_owned()]), "{kept}");
        }
    }

    #[test]
    fn a_program_sees_what_passes_and_what_it_was_given() {
        let mut command = Command::new("env");
        restrict(&mut command, &[]);
        command.env("GIVEN", "1");
        let output = command.output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, _)| name);
        for name in names {
            assert!(name == "GIVEN" || passes(OsStr::new(name), &[]), "{name}");
        }
        assert!(text.contains("PATH=") && text.contains("GIVEN=1"), "{text}");
    }
}
