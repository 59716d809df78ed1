//! Git repositories whose programs are scripts.

use std::process::Command;

use crate::tools::Tools;

/// A repository whose only commit has both workloads; one of them, `kernel/gelu`, is in the timed suite.
pub(crate) fn repository() -> Tools {
    let tools = Tools::new();
    git(&tools, &["init", "--quiet", "--initial-branch=main"]);
    commit(&tools, "A state");
    tools
}

/// Commits everything except the folders that the harness writes, and returns the id of the commit.
pub(crate) fn commit(tools: &Tools, subject: &str) -> String {
    tools
        .project
        .write(".git/info/exclude", "/target/\n/records/\n/reports/\n");
    git(tools, &["add", "--all"]);
    git(
        tools,
        &["commit", "--quiet", "--allow-empty", "--message", subject],
    );
    git(tools, &["rev-parse", "HEAD"])
}

pub(crate) fn git(tools: &Tools, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .current_dir(tools.project.path(""))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "N. N.")
            .env(format!("GIT_{role}_EMAIL"), "n@example.org");
        command.env(format!("GIT_{role}_DATE"), "2026-03-14T15:09:26Z");
    }
    let output = command.args(arguments).output().expect("git is there");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Makes a run take this many nanoseconds.
pub(crate) fn takes(tools: &Tools, nanoseconds: u64) {
    replace_number(tools, "probe", ("\"nanoseconds\":", ","), nanoseconds);
}

/// Makes the first case count this many instructions, and each later case one more.
pub(crate) fn executes(tools: &Tools, instructions: u64) {
    replace_number(tools, "callgrind", ("count=$((", " + case"), instructions);
}

/// Makes a run allocate this many blocks.
pub(crate) fn allocates(tools: &Tools, blocks: u64) {
    replace_number(tools, "heap", ("\"total_blocks\":", ","), blocks);
}

/// Replaces the number between two texts in a script.
fn replace_number(tools: &Tools, script: &str, (before, after): (&str, &str), number: u64) {
    let text = tools.project.read(script);
    let (head, rest) = text.split_once(before).expect("a number");
    let (_, tail) = rest.split_once(after).expect("its end");
    let text = format!("{head}{before}{number}{after}{tail}");
    tools.script(script, text.strip_prefix("#!/bin/sh\n").expect("a script"));
}
