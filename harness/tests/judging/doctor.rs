//! `harness doctor` on machines that are folders of fixtures.

use crate::tools::Tools;

const GOVERNOR: &str = "system/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
const NO_TURBO: &str = "system/sys/devices/system/cpu/intel_pstate/no_turbo";
const HUGE_PAGES: &str = "system/sys/kernel/mm/transparent_hugepage/enabled";

/// An idle machine, not virtual, with a governor and turbo that could be better.
fn laptop() -> Tools {
    let tools = Tools::new();
    for (path, text) in [
        (GOVERNOR, "powersave\n"),
        (NO_TURBO, "0\n"),
        (HUGE_PAGES, "[always] madvise never\n"),
        ("system/proc/self/status", "Cpus_allowed_list:\t0-3\n"),
        ("system/proc/loadavg", "0.10 0.20 0.30 1/200 4711\n"),
        (
            "system/proc/stat",
            "cpu  100 0 0 900 0 0 0 0 0 0\ncpu0 100 0 0 900 0 0 0 0 0 0\n",
        ),
        ("system/proc/swaps", "Filename Type Size Used Priority\n"),
        ("system/proc/sys/kernel/randomize_va_space", "2\n"),
        ("system/proc/sys/kernel/yama/ptrace_scope", "1\n"),
        ("system/sys/devices/system/cpu/online", "0-3\n"),
        ("system/sys/devices/system/cpu/smt/active", "0\n"),
        (
            "system/sys/devices/system/clocksource/clocksource0/current_clocksource",
            "tsc\n",
        ),
    ] {
        tools.project.write(path, text);
    }
    tools
}

/// The settings that tuning changes.
fn settings(tools: &Tools) -> [String; 3] {
    [GOVERNOR, NO_TURBO, HUGE_PAGES].map(|path| tools.project.read(path).trim().to_owned())
}

#[test]
fn a_quiet_machine_can_judge_and_every_finding_is_a_row() {
    let tools = laptop();
    let done = tools.run(&["doctor", "--budget", "1"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let (machine, rest) = done
        .stdout
        .split_once("The noise floor")
        .expect("two tables");
    insta::assert_snapshot!(machine);
    assert!(
        rest.contains("kernel/gelu") && rest.contains("CAN JUDGE: "),
        "{rest}"
    );
}

#[test]
fn a_machine_on_which_nothing_repeats_is_too_noisy() {
    let tools = laptop();
    tools
        .project
        .write("system/sys/fs/cgroup/cpu.max", "50000 100000\n");
    tools.project.write("system/proc/self/cgroup", "0::/\n");
    // Each process reports another duration.
    let probe = tools
        .project
        .read("probe")
        .replace("50000000", "'$((50000000 + 3000000 * ($$ % 7)))'");
    tools.script(
        "probe",
        probe.strip_prefix("#!/bin/sh\n").expect("a script"),
    );
    let done = tools.run(&["doctor", "--budget", "1", "--format", "json"]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    let tables: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(tables[0]["rows"][6]["grade"], "bad", "{}", done.stdout);
    assert!(
        tables[1]["rows"][0]["pair_spread"]
            .as_f64()
            .is_some_and(|spread| spread > 0.01),
        "{}",
        done.stdout
    );
    assert!(
        done.stderr.contains("TOO NOISY: kernel/gelu: no slowdown "),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr
            .contains("; check container quota (0.50 CPUs) first"),
        "{}",
        done.stderr
    );
}

#[test]
fn what_cannot_be_measured_is_not_judged_and_the_findings_are_told_all_the_same() {
    let tools = laptop();
    tools.without("valgrind");
    tools.probe("hello", "exit 3");
    let done = tools.run(&["doctor", "--budget", "1", "--format", "csv"]);
    assert_eq!(done.status, 2, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("valgrind,missing,warning,"),
        "{}",
        done.stdout
    );
    assert!(
        done.stderr
            .contains("NOT MEASURED: the noise floor could not be measured: the probe ended"),
        "{}",
        done.stderr
    );
}

#[test]
fn settings_are_tuned_for_a_command_and_put_back_whose_status_is_passed_on() {
    for (script, status) in [
        ("exit 0", 0),
        ("exit 1", 1),
        ("exit 7", 2),
        ("kill -9 $$", 2),
    ] {
        let tools = laptop();
        let script = format!("cat {GOVERNOR} {NO_TURBO} {HUGE_PAGES}; {script}");
        let done = tools.run(&[
            "doctor",
            "--tune",
            "--fixed-layout",
            "--",
            "sh",
            "-c",
            &script,
        ]);
        assert_eq!(done.status, status, "{}{}", done.stdout, done.stderr);
        assert_eq!(done.stdout, "performance1madvise", "{}", done.stderr);
        for expected in [
            "The governor setting is changed from `powersave` to `performance`, and will be put back.",
            "The memory layout stays random: `setarch` is missing",
            "All settings are as they were.",
        ] {
            assert!(
                done.stderr.contains(expected),
                "{expected}: {}",
                done.stderr
            );
        }
        assert_eq!(settings(&tools), ["powersave", "0", "always"]);
    }
}

#[test]
fn a_command_that_cannot_be_started_leaves_the_settings_as_they_were() {
    let tools = laptop();
    let done = tools.run(&["doctor", "--tune", "--", "/nowhere/gate"]);
    assert_eq!(done.status, 2, "{}", done.stderr);
    assert!(
        done.stderr.contains("error: cannot run /nowhere/gate: "),
        "{}",
        done.stderr
    );
    assert_eq!(settings(&tools), ["powersave", "0", "always"]);
}

#[test]
fn where_nothing_can_be_changed_each_setting_is_told_in_a_sentence() {
    let tools = Tools::new();
    tools.project.write("system/proc/version", "a container");
    let done = tools.run(&["doctor", "--tune", "--", "sh", "-c", "echo runs"]);
    assert_eq!(
        (done.status, done.stdout.as_str()),
        (0, "runs\n"),
        "{}",
        done.stderr
    );
    insta::assert_snapshot!(done.stderr);
    let done = tools.run(&["doctor", "--tune"]);
    assert!(
        done.status == 2 && done.stderr.contains("COMMAND"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_valgrind_that_runs_nothing_is_named_with_its_reason() {
    let tools = laptop();
    let broken = "if [ \"$1\" = --version ]; then echo valgrind-3.19.0; exit; fi\n\
                  echo \"valgrind: failed to start tool 'callgrind'\" >&2; exit 1";
    tools.script("bin/valgrind", broken);
    let done = tools.run(&["doctor", "--budget", "1", "--format", "csv"]);
    assert!(
        done.stdout.contains(
            "valgrind,3.19.0 does not work: valgrind: failed to start tool 'callgrind',warning,"
        ),
        "{}{}",
        done.stdout,
        done.stderr
    );
}
