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

/// Commits everything but what the harness itself keeps, and returns the commit's id.
pub(crate) fn commit(tools: &Tools, subject: &str) -> String {
    tools.project.write(".git/info/exclude", "/target/\n/records/\n/reports/\n");
    git(tools, &["add", "--all"]);
    git(tools, &["commit", "--quiet", "--allow-empty", "--message", subject]);
    git(tools, &["rev-parse", "HEAD"])
}

pub(crate) fn git(tools: &Tools, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(tools.project.path("")).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "N. N.").env(format!("GIT_{role}_EMAIL"), "n@example.org");
        command.env(format!("GIT_{role}_DATE"), "2026-03-14T15:09:26Z");
    }
    let output = command.args(arguments).output().expect("git is there");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A run takes this many nanoseconds from here on.
pub(crate) fn takes(tools: &Tools, nanoseconds: u64) {
    says(tools, "probe", ("\"nanoseconds\":", ","), nanoseconds);
}

/// A case is counted with this many instructions from here on, and one more for each place.
pub(crate) fn executes(tools: &Tools, instructions: u64) {
    says(tools, "callgrind", ("count=$((", " + case"), instructions);
}

/// A run allocates this many blocks from here on.
pub(crate) fn allocates(tools: &Tools, blocks: u64) {
    says(tools, "heap", ("\"total_blocks\":", ","), blocks);
}

/// Writes another number into a script, between the two texts.
fn says(tools: &Tools, script: &str, (before, after): (&str, &str), number: u64) {
    let text = tools.project.read(script);
    let (head, rest) = text.split_once(before).expect("a number");
    let (_, tail) = rest.split_once(after).expect("its end");
    let text = format!("{head}{before}{number}{after}{tail}");
    tools.script(script, text.strip_prefix("#!/bin/sh\n").expect("a script"));
}
