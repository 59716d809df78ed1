//! Tests of the command line as a user types it: output, exit status, and one sentence for every invalid input.

mod accept;
mod baseline;
mod bases;
mod bisect;
mod budget;
mod compare;
mod doctor;
mod explain;
mod exports;
mod gate;
mod history;
mod import;
mod interrupted;
mod list;
mod measure;
mod missing;
mod more_metrics;
mod paths;
#[path = "../processes/mod.rs"]
#[expect(dead_code, reason = "these tests look at no process but the harness")]
mod processes;
mod profile;
mod project;
mod recipes;
mod recount;
mod repository;
mod resume;
mod revision;
mod settings;
mod shards;
mod suites;
mod tools;
mod triage;
mod watch;

use std::os::unix::process::CommandExt;

/// Variables that decide about colour.
const COLOUR: [&str; 4] = ["NO_COLOR", "CLICOLOR_FORCE", "CARGO_TERM_COLOR", "CLICOLOR"];

/// The program that is tested.
fn program() -> assert_cmd::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    // The name by which a user starts it; hints repeat it. Tables have their full width.
    command.arg0("harness").env_remove("COLUMNS");
    for (name, _) in std::env::vars_os() {
        let is_own = name.to_string_lossy().starts_with("HARNESS_");
        if is_own || COLOUR.iter().any(|known| name == *known) {
            command.env_remove(name);
        }
    }
    assert_cmd::Command::from_std(command)
}
