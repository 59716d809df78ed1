//! Ctrl-C or SIGTERM while settings are tuned: the command ends, and the settings are restored.

mod processes;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use processes::{runs, until};

const GOVERNOR: &str = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

/// Interrupts `harness doctor --tune` on a script, and returns its standard error.
fn interrupted(signal: &str, script: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path();
    let governor = project.join("system").join(GOVERNOR);
    fs::create_dir_all(governor.parent().expect("in a folder")).expect("made");
    fs::write(&governor, "powersave").expect("written");
    fs::write(project.join("harness.toml"), "").expect("written");

    let mut harness = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    harness
        .args(["doctor", "--tune", "--", "sh", "-c", script])
        .current_dir(project);
    harness.env("HARNESS_SYSTEM_ROOT", project.join("system"));
    let harness = harness
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let busy = until(1, || {
        fs::read_to_string(project.join("busy"))
            .ok()
            .filter(|pid| pid.ends_with('\n'))
    });
    let read = |path: &Path| fs::read_to_string(path).expect("there");
    assert_eq!(read(&governor), "performance");
    let kill = Command::new("kill")
        .args([signal, &harness.id().to_string()])
        .status()
        .expect("sent");
    assert!(kill.success());

    let output = harness.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(read(&governor), "powersave", "{stderr}");
    until(1, || (!runs(busy.trim())).then_some(()));
    assert!(
        stderr.contains("All settings are as they were.") && stderr.contains("error: interrupted"),
        "{stderr}"
    );
    stderr
}

#[test]
fn ctrl_c_puts_the_settings_back() {
    interrupted("-INT", "sleep 1000 & echo $! > busy; wait");
}

#[test]
fn a_command_may_tidy_up_before_it_ends() {
    let stderr = interrupted(
        "-TERM",
        "trap 'echo tidied >&2; exit' TERM; sleep 1000 & echo $! > busy; wait",
    );
    assert!(stderr.contains("tidied"), "{stderr}");
}
