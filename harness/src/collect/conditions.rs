//! The conditions of a run: everything that can change its numbers. An interrupted run continues only if all are equal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness_record::journal::Condition;
use harness_record::{Environment, digest};
use itertools::Itertools;

use super::{Request, Selected, needed};
use crate::command::expand;
use crate::doctor::{self, System};
use crate::file_digest;
use crate::programs::Programs;
use crate::project::{FILE, Program, Project};
use crate::vcs;

/// Variables that reach every measured program and change its numbers, and are no settings of the environment.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "LD_LIBRARY_PATH"];

/// The conditions that are known before anything is built: options, machine, toolchain and sources.
pub(super) fn before_build(
    project: &Project,
    request: &Request,
    environment: &Environment,
) -> Vec<Condition> {
    let mut conditions = vec![
        condition("the version of the harness", env!("CARGO_PKG_VERSION")),
        condition("the build of the harness", own_build()),
    ];
    conditions.extend(options(request));
    conditions.extend(machine(environment));
    conditions.extend(toolchain(environment));
    conditions.extend(sources(project, environment));
    conditions
}

/// The conditions that the built programs show: their files, and the workloads that they offer.
pub(super) fn after_build(
    project: &Project,
    request: &Request,
    programs: &Programs,
    isa: &str,
    selected: &[Selected],
) -> Vec<Condition> {
    let mut conditions = vec![condition("the instruction set", isa)];
    let needed = needed(&project.config, &request.plan.instruments);
    for file in files(&project.root, &needed, programs) {
        let name = file.strip_prefix(&project.root).unwrap_or(&file);
        let name = format!("the digest of the file {}", name.display());
        conditions.push(condition(&name, file_digest::of(&file)));
    }
    conditions.extend(selected.iter().map(|Selected { workload, phases }| {
        let name = format!("the digest of the workload {}", workload.id);
        let described = serde_json::json!([workload, phases]);
        condition(&name, digest(&described))
    }));
    conditions
}

fn condition(name: &str, value: impl Into<String>) -> Condition {
    Condition {
        name: name.to_owned(),
        value: value.into(),
    }
}

/// The file of this program.
fn own_build() -> String {
    std::env::current_exe().map_or("unknown".to_owned(), |path| file_digest::stamp(&path))
}

fn options(request: &Request) -> Vec<Condition> {
    let plan = &request.plan;
    let list = |names: &[String]| match names {
        [] => "not given".to_owned(),
        names => names.join(" "),
    };
    let given = |value: Option<String>| value.unwrap_or("not given".to_owned());
    let instruments = plan.instruments.iter().map(|one| one.name()).join(" ");
    let model = request.model.as_ref();
    let shard = request.division.as_ref().map(|division| division.shard);
    vec![
        condition("--filter", list(&plan.filters)),
        condition("--phase", list(&plan.phases)),
        condition("--quick", if plan.quick { "given" } else { "not given" }),
        condition("the list of instruments (--metric)", instruments),
        condition(
            "--threads",
            given(request.threads.map(|count| count.to_string())),
        ),
        condition("--isa", given(request.isa.clone())),
        condition("--time-limit", request.time_limit.as_secs().to_string()),
        condition(
            "--model",
            given(model.map(|folder| folder.display().to_string())),
        ),
        condition("--shard", given(shard.map(|shard| shard.to_string()))),
    ]
}

/// The machine and those of its settings that change times and stay as they are by themselves.
fn machine(environment: &Environment) -> Vec<Condition> {
    let state = doctor::state(&System::here());
    vec![
        condition("the machine", environment.machine()),
        condition("the number of allowed CPUs", format!("{:?}", state.allowed)),
        condition("the frequency governor", state.governors.join(" ")),
        condition("the setting of turbo", format!("{:?}", state.turbo)),
        condition("the quota of CPU time", format!("{:?}", state.quota)),
        condition(
            "the setting of huge pages",
            format!("{:?}", state.huge_pages),
        ),
        condition(
            "the randomization of addresses",
            format!("{:?}", state.random_layout),
        ),
        condition("the clock source", format!("{:?}", state.clock_source)),
    ]
}

fn toolchain(environment: &Environment) -> Vec<Condition> {
    let valgrind = environment.valgrind.as_deref();
    let mut conditions = vec![
        condition("the compiler", environment.rustc.as_str()),
        condition("the target", environment.target.as_str()),
        condition("the C library", environment.libc.as_str()),
        condition("the version of valgrind", valgrind.unwrap_or("missing")),
        condition(
            "the text of the compiler flags",
            format!("`{}`", environment.rustflags),
        ),
    ];
    if let Some(settings) = &environment.settings {
        let both = settings.build.iter().chain(&settings.process);
        // Settings of both kinds have different names.
        let both: BTreeMap<_, _> = both.collect();
        conditions.extend(
            both.into_iter().map(|(name, value)| {
                condition(&format!("the setting {name}"), format!("`{value}`"))
            }),
        );
    }
    conditions
}

fn sources(project: &Project, environment: &Environment) -> Vec<Condition> {
    let without = [
        project.records(),
        project.reports(),
        project.root.join("target"),
    ];
    let changes = vcs::changes(&project.root, &without);
    let revision = environment.revision.as_deref();
    let mut conditions = vec![
        condition("the revision", revision.unwrap_or("unknown")),
        condition(
            "the digest of the uncommitted changes",
            changes.unwrap_or("unknown".to_owned()),
        ),
        condition(
            "the digest of harness.toml",
            file_digest::of(&project.root.join(FILE)),
        ),
    ];
    let named = project.config.environment.iter().map(String::as_str);
    for name in named.chain(VARIABLES).unique() {
        let value = std::env::var_os(name).map_or("not set".to_owned(), |value| {
            // The value may be a secret.
            digest(&value.to_string_lossy().into())
        });
        conditions.push(condition(
            &format!("the digest of the variable {name}"),
            value,
        ));
    }
    conditions
}

/// The files of programs, each once: built ones, and those that the words of a command name.
fn files(root: &Path, needed: &[&Program], programs: &Programs) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = programs.files().into_iter().map(Path::to_owned).collect();
    for program in needed {
        let lines: Vec<Vec<String>> = match program {
            Program::Bin(_) | Program::Bench(_) => Vec::new(),
            Program::Command(words) => vec![words.clone()],
            Program::Commands { definitions, .. } => {
                let calls = expand(definitions).unwrap_or_default().into_iter();
                let lines = calls.flat_map(|call| {
                    let input = call.input.map(|file| vec![String::new(), file]);
                    let others = [call.prepare, call.setup, call.cleanup, input];
                    std::iter::once(call.words).chain(others.into_iter().flatten())
                });
                lines.collect()
            }
        };
        for line in lines {
            found.extend(line.iter().enumerate().filter_map(|(place, word)| {
                let here = Some(root.join(word)).filter(|path| !word.is_empty() && path.is_file());
                match place == 0 && !word.contains('/') {
                    true => in_path(word),
                    false => here,
                }
            }));
        }
    }
    found.into_iter().unique().collect()
}

/// The program of this name in `PATH`.
fn in_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let mut files = std::env::split_paths(&folders).map(|folder| folder.join(name));
    files.find(|file| !name.is_empty() && file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_command_are_its_program_and_those_that_it_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        std::fs::write(root.join("probe.sh"), "").expect("written");
        let project = Project {
            root: root.to_owned(),
            config: toml::from_str("probe = { command = ['sh', './probe.sh', 'absent', ''] }")
                .expect("valid"),
        };
        let programs = Programs::ready(&project, Vec::new());
        let found = files(root, &needed(&project.config, &[]), &programs);
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["sh", "probe.sh"]);
    }
}
