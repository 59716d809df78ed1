//! Ctrl-C or SIGTERM while settings are tuned: the command is ended, and the settings are put back.

mod processes;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use processes::{runs, until};

const GOVERNOR: &str = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

/// Interrupts `harness doctor --tune` on a script: what it said at last.
fn interrupted(signal: &str, script: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path();
    let governor = project.join("system").join(GOVERNOR);
    fs::create_dir_all(governor.parent().expect("in a folder")).expect("made");
    fs::write(&governor, "powersave").expect("written");
    fs::write(project.join("harness.toml"), "").expect("written");

    let mut harness = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    harness.args(["doctor", "--tune", "--", "sh", "-c", script]).current_dir(project);
    harness.env("HARNESS_SYSTEM_ROOT", project.join("system"));
    let harness = harness.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let busy = until(1, || fs::read_to_string(project.join("busy")).ok().filter(|pid| pid.ends_with('\n')));
    let read = |path: &Path| fs::read_to_string(path).expect("there");
    assert_eq!(read(&governor), "performance");
    let kill = Command::new("kill").args([signal, &harness.id().to_string()]).status().expect("sent");
    assert!(kill.success());

    let output = harness.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(read(&governor), "powersave", "{said}");
    until(1, || (!runs(busy.trim())).then_some(()));
    assert!(said.contains("All settings are as they were.") && said.contains("error: interrupted"), "{said}");
    said
}

#[test]
fn ctrl_c_puts_the_settings_back() {
    interrupted("-INT", "sleep 1000 & echo $! > busy; wait");
}

#[test]
fn a_command_may_tidy_up_before_it_ends() {
    let said = interrupted("-TERM", "trap 'echo tidied >&2; exit' TERM; sleep 1000 & echo $! > busy; wait");
    assert!(said.contains("tidied"), "{said}");
}
