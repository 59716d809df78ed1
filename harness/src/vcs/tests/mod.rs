//! Tests with small repositories, whose probe prints the revision that it is built from.

mod alike;
mod building;
mod history;
mod keeping;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use tempfile::TempDir;

use crate::programs::{Executable, Programs, Target};
use crate::project::{Config, Program, Project};
use crate::vcs::{CargoOutput, Checkout, CheckoutError, Checkouts, Repository};

/// A repository with a project in it.
struct Sample {
    folder: TempDir,
}

impl Sample {
    /// A repository without a commit.
    fn empty() -> Self {
        let sample = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        git(sample.root(), &["init", "--quiet", "--initial-branch=main"]);
        sample
    }

    /// A repository whose only commit has a probe that prints `one`.
    fn new() -> Self {
        let sample = Self::empty();
        sample.write(
            "Cargo.toml",
            "[workspace]\nresolver = '3'\nmembers = ['suite']\n",
        );
        sample.write(".gitignore", "/target/\n");
        sample.write(
            "suite/Cargo.toml",
            "[package]\nname = 'harness-suite'\nversion = '0.1.0'\nedition = '2024'\n\
             [[bin]]\nname = 'probe'\npath = 'src/probe.rs'\n[[bench]]\nname = 'heap'\nharness = false\n",
        );
        sample.write(
            "suite/src/probe.rs",
            "fn main() { println!(\"{}\", harness_suite::ANSWER) }\n",
        );
        sample.write(
            "suite/benches/heap.rs",
            "fn main() { println!(\"heap of {}\", harness_suite::ANSWER) }\n",
        );
        sample.commit_answer("one");
        sample
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn project(&self) -> Project {
        Project {
            root: self.root().to_owned(),
            config: config(),
        }
    }

    fn repository(&self) -> Repository {
        Repository::open(&self.project()).expect("a repository")
    }

    fn checkouts(&self) -> Checkouts {
        Checkouts::new(&self.project(), &self.repository())
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.root(), arguments)
    }

    /// Commits everything, and returns the commit's id.
    fn commit(&self, subject: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Commits a probe that prints `answer`.
    fn commit_answer(&self, answer: &str) -> String {
        self.write(
            "suite/src/lib.rs",
            &format!("pub const ANSWER: &str = \"{answer}\";\n"),
        );
        self.commit(answer)
    }

    /// Every file in git's folder with its modification time, to prove that nothing was written there.
    fn untouchable(&self) -> BTreeMap<PathBuf, SystemTime> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.root().join(".git")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("there") {
                let path = entry.expect("there").path();
                let changed = fs::metadata(&path)
                    .and_then(|metadata| metadata.modified())
                    .expect("there");
                if path.is_dir() {
                    folders.push(path.clone());
                }
                found.insert(path, changed);
            }
        }
        found
    }
}

/// Runs git with a fixed author and date, without the user's configuration.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(folder);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "N. N.")
            .env(format!("GIT_{role}_EMAIL"), "n@example.org");
        git.env(format!("GIT_{role}_DATE"), "2026-03-14T15:09:26Z");
    }
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(variable);
    }
    let output = git.output().expect("git");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The configuration of the checkout, which its revisions share.
fn config() -> Config {
    toml::from_str(CONFIG).expect("valid")
}

const CONFIG: &str = "probe = { bin = { package = 'harness-suite', name = 'probe' } }\n\
                      heap = { bench = { package = 'harness-suite', name = 'heap' } }\n";

fn probe(config: &Config) -> Vec<&Program> {
    config.probes().collect()
}

fn heap(config: &Config) -> Vec<&Program> {
    config
        .suites
        .iter()
        .filter_map(|suite| suite.heap.as_ref())
        .collect()
}

fn both(config: &Config) -> Vec<&Program> {
    [probe(config), heap(config)].concat()
}

/// Checks out the programs of a revision that `choose` selects.
fn checkout(
    checkouts: &Checkouts,
    revision: &str,
    choose: impl Fn(&Config) -> Vec<&Program>,
) -> Result<Checkout, CheckoutError> {
    let commit = checkouts.repository().resolve(revision)?;
    checkouts.checkout(&commit, choose, CargoOutput::Nothing, &|_| {})
}

/// The standard output of the first program that `choose` selects.
fn output_of(checkout: &Checkout, choose: impl Fn(&Config) -> Vec<&Program>) -> String {
    let program = choose(&checkout.project.config)[0].clone();
    let output = checkout
        .programs
        .command(&program)
        .output()
        .expect("it runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Writes an executable script. Another process writes it: a file that this process has open for writing would be
/// inherited by a program that another test starts at that moment, and the system refuses to run a file that is open
/// for writing.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("script");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "printf '%s' \"$1\" > \"$2\" && chmod +x \"$2\"", "sh"])
        .arg(format!("#!/bin/sh\n{text}\n"));
    assert!(shell.arg(&path).status().expect("sh").success());
    path
}
