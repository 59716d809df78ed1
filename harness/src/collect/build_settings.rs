//! The settings that cargo builds a checkout with, from everywhere that cargo reads them: `Cargo.toml` of the workspace,
//! `.cargo/config.toml` in every folder above the checkout and in `CARGO_HOME`, and variables of the environment.
//!
//! `cargo config get` would print them, but only a nightly cargo has it. The crate cargo-config2 resolves flags, target,
//! linker and wrappers as cargo does; profiles, which it does not know, are resolved in `profile_settings.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cargo_config2::{Config, Flags, ResolveOptions, Walk};
use harness_record::{Settings, UNKNOWN};
use toml::Table;

use super::cargo_files::{c_settings, included, tables};
use super::profile_settings::{self, Profile};
use crate::process;
use crate::programs::cargo;

/// Time limit of cargo and rustc; a rustup proxy may have to install them first.
const LIMIT: Duration = Duration::from_secs(600);

/// Variables of measured processes that change how the C library starts them and allocates memory. Those that begin
/// with `MALLOC_` count, too.
const OF_PROCESSES: [&str; 4] = ["GLIBC_TUNABLES", "LD_PRELOAD", "LD_BIND_NOW", "LD_AUDIT"];

/// The build of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    /// Output of `rustc -vV`; empty if the compiler cannot be started.
    pub(super) compiler: String,
    /// Target triple.
    pub(super) target: String,
    /// Effective compiler flags, separated by one space.
    pub(super) rustflags: String,
    /// The other settings.
    pub(super) settings: Settings,
}

impl Build {
    /// Reads the settings of a build in the folder by a process with these variables. Configuration that cannot be read
    /// becomes a setting, so that such a build equals no other.
    pub(super) fn read(root: &Path, variables: &[(OsString, OsString)]) -> Self {
        let home = variable(variables, "CARGO_HOME")
            .filter(|home| !home.is_empty())
            .map(|home| root.join(home))
            .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let files: Vec<PathBuf> = Walk::with_cargo_home(root, home.clone()).collect();
        let mut build = BTreeMap::new();
        let tables = match tables(&files) {
            Ok(tables) => tables,
            Err(error) => {
                build.insert("unreadable".to_owned(), error);
                Vec::new()
            }
        };
        for (file, digest) in included(&files, &tables) {
            build.insert(format!("include.{file}"), digest);
        }
        build.extend(c_settings(variables, &tables));
        let options = || {
            ResolveOptions::default()
                .cargo_home(home.clone())
                .env(variables.iter().cloned())
        };
        let plain = Config::load_with_options(root, options());
        let rustc = plain
            .as_ref()
            .ok()
            .and_then(|config| config.build.rustc.clone())
            .unwrap_or_else(|| "rustc".into());
        let compiler = process::text(Command::new(&rustc).arg("-vV").current_dir(root), LIMIT);
        let compiler = compiler.unwrap_or_default();
        let host = compiler
            .lines()
            .find_map(|line| line.strip_prefix("host: "));
        let host = host.unwrap_or(UNKNOWN).to_owned();
        let config = Config::load_with_options(root, options().host_triple(host.clone()));
        let resolved = config.and_then(|config| Resolved::of(&config, &host));
        let resolved = resolved.unwrap_or_else(|error| {
            build
                .entry("unreadable".to_owned())
                .or_insert(error.to_string());
            Resolved {
                target: host,
                rustflags: String::new(),
                programs: BTreeMap::new(),
            }
        });
        build.extend(resolved.programs);
        let mut outside: BTreeSet<String> = build.keys().cloned().collect();
        let profile = Profile {
            manifest: &manifest(root),
            configuration: &tables,
            variables,
        };
        let (profile, configured) = profile_settings::release(&profile);
        build.extend(profile);
        outside.extend(configured);
        Self {
            compiler,
            target: resolved.target,
            rustflags: resolved.rustflags,
            settings: Settings {
                build,
                outside,
                process: process_settings(variables),
            },
        }
    }
}

/// The part that cargo-config2 resolves.
struct Resolved {
    target: String,
    rustflags: String,
    programs: BTreeMap<String, String>,
}

impl Resolved {
    fn of(config: &Config, host: &str) -> Result<Self, cargo_config2::Error> {
        let targets = config.build_target_for_config(None::<&str>)?;
        let target = targets
            .first()
            .map_or_else(|| host.to_owned(), |target| target.triple().to_owned());
        let flags = config.rustflags(target.as_str())?;
        let flags = flags.as_ref().map(|Flags { flags, .. }| flags.join(" "));
        let programs = [
            ("linker", config.linker(target.as_str())?),
            ("rustc-wrapper", config.build.rustc_wrapper.clone()),
            (
                "rustc-workspace-wrapper",
                config.build.rustc_workspace_wrapper.clone(),
            ),
        ];
        let programs = programs.into_iter().filter_map(|(name, path)| {
            let path = path.filter(|path| !path.as_os_str().is_empty())?;
            Some((name.to_owned(), path.display().to_string()))
        });
        Ok(Self {
            rustflags: flags.unwrap_or_default(),
            programs: programs.collect(),
            target,
        })
    }
}

fn process_settings(variables: &[(OsString, OsString)]) -> BTreeMap<String, String> {
    let counts = |name: &str| name.starts_with("MALLOC_") || OF_PROCESSES.contains(&name);
    variables
        .iter()
        .map(|(name, value)| (name.to_string_lossy(), value.to_string_lossy()))
        .filter(|(name, value)| counts(name) && !value.is_empty())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The manifest of the workspace that the folder belongs to; empty if there is none.
fn manifest(root: &Path) -> Table {
    let mut query = Command::new(cargo());
    query
        .args(["locate-project", "--workspace", "--message-format=plain"])
        .current_dir(root);
    let located = process::printed_path(&mut query, LIMIT);
    let path = located.unwrap_or_else(|| root.join("Cargo.toml"));
    let text = fs::read_to_string(path).unwrap_or_default();
    text.parse().unwrap_or_default()
}

pub(super) fn variable<'a>(
    variables: &'a [(OsString, OsString)],
    wanted: &str,
) -> Option<&'a OsString> {
    variables
        .iter()
        .find(|(name, _)| name.to_str() == Some(wanted))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds in an inner folder of a folder with these files, with these variables.
    fn build(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Build {
        let outer = tempfile::tempdir().expect("a folder");
        let plain = [
            ("project/Cargo.toml", "[workspace]\n"),
            ("home/config.toml", ""),
        ];
        for (name, text) in plain.iter().chain(files) {
            let path = outer.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        let home = outer.path().join("home").into_os_string();
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)))
            .chain([("CARGO_HOME".into(), home)])
            .collect();
        Build::read(&outer.path().join("project"), &variables)
    }

    #[test]
    fn without_configuration_a_build_has_the_defaults() {
        let build = build(&[], &[]);
        assert!(build.compiler.contains("host: "), "{build:?}");
        assert!(build.compiler.contains(&build.target), "{build:?}");
        assert_eq!(build.rustflags, "");
        let names: Vec<&str> = build.settings.build.keys().map(String::as_str).collect();
        assert!(
            names.iter().all(|name| name.starts_with("profile.")),
            "{names:?}"
        );
        assert!(build.settings.outside.is_empty() && build.settings.process.is_empty());
    }

    #[test]
    fn configuration_above_the_checkout_and_in_cargos_home_counts() {
        let build = build(
            &[
                (".cargo/config.toml", "[profile.release]\nopt-level = 1\n"),
                (
                    "home/config.toml",
                    "[build]\nrustflags = [\"-C\", \"target-cpu=native\"]\nrustc-wrapper = \"sccache\"\n",
                ),
            ],
            &[],
        );
        assert_eq!(build.rustflags, "-C target-cpu=native");
        let settings = &build.settings;
        assert_eq!(settings.build["profile.opt-level"], "1");
        assert_eq!(settings.build["rustc-wrapper"], "sccache");
        assert!(
            settings.outside.contains("profile.opt-level"),
            "{settings:?}"
        );
    }

    #[test]
    fn variables_outrank_files() {
        let file = (".cargo/config.toml", "[build]\nrustflags = [\"-g\"]\n");
        let flags = |variables: &[(&str, &str)]| build(&[file], variables).rustflags;
        assert_eq!(flags(&[]), "-g");
        assert_eq!(
            flags(&[("RUSTFLAGS", " -C  opt-level=3 ")]),
            "-C opt-level=3"
        );
        let encoded = [
            ("RUSTFLAGS", "-g"),
            ("CARGO_ENCODED_RUSTFLAGS", "-C\x1ftarget-cpu=native"),
        ];
        assert_eq!(flags(&encoded), "-C target-cpu=native");
        let target = [("CARGO_BUILD_TARGET", "x86_64-unknown-linux-musl")];
        assert_eq!(build(&[], &target).target, "x86_64-unknown-linux-musl");
    }

    #[test]
    fn variables_of_c_compilers_and_of_the_c_library_are_recorded() {
        let variables = [
            ("CFLAGS_x86_64_unknown_linux_gnu", "-O1"),
            ("CCACHE_DIR", "/tmp"),
            ("MALLOC_ARENA_MAX", "1"),
            ("LD_PRELOAD", ""),
        ];
        let file = (
            "project/.cargo/config.toml",
            "[env]\nHOST_CC = \"clang\"\nOTHER = \"1\"\n",
        );
        let settings = build(&[file], &variables).settings;
        assert_eq!(
            settings.build["variable.CFLAGS_x86_64_unknown_linux_gnu"],
            "-O1"
        );
        assert_eq!(settings.build["variable.HOST_CC"], "clang");
        let of_c = settings
            .build
            .keys()
            .filter(|name| name.starts_with("variable."));
        assert_eq!(of_c.count(), 2, "{settings:?}");
        let process: Vec<_> = settings.process.into_iter().collect();
        assert_eq!(process, [("MALLOC_ARENA_MAX".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn what_cannot_be_read_or_resolved_equals_nothing_else() {
        let plain = build(&[], &[]).settings;
        let broken = build(&[(".cargo/config.toml", "[build\n")], &[]).settings;
        assert!(!plain.differences(&broken).is_empty());
        let files = [
            (".cargo/config.toml", "include = [\"other.toml\"]\n"),
            (".cargo/other.toml", "[profile.release]\nopt-level = 0\n"),
        ];
        let including = build(&files, &[]).settings;
        assert!(
            including.build.contains_key("include.other.toml"),
            "{including:?}"
        );
    }
}
