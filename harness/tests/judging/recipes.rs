//! The recipes of `docs/sharding.md`, as they are written there.

use std::process::Command;

use crate::repository::repository;
use crate::shards::{four_workloads, record};
use crate::tools::Tools;

/// The indented or fenced lines of a recipe: those of the block after the heading that starts with `bash` or `yaml`.
fn block(heading: &str, language: &str) -> String {
    let text = include_str!("../../../docs/sharding.md");
    let (_, rest) = text.split_once(&format!("## {heading}\n")).expect(heading);
    let (_, rest) = rest
        .split_once(&format!("```{language}\n"))
        .expect("a block");
    rest.split_once("```").expect("its end").0.to_owned()
}

/// Runs a script as CI does, with the harness as `cargo harness`.
fn run_script(tools: &Tools, script: &str, variables: &[(&str, &str)]) -> std::process::Output {
    let harness = assert_cmd::cargo::cargo_bin!("harness");
    tools.script(
        "bin/cargo",
        &format!("shift; exec {} \"$@\"\n", harness.display()),
    );
    let path = std::env::var_os("PATH").expect("a path");
    let folders = std::iter::once(tools.project.path("bin")).chain(std::env::split_paths(&path));
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]);
    command.current_dir(tools.project.path(""));
    command.env("PATH", std::env::join_paths(folders).expect("a path"));
    command.envs(variables.iter().copied());
    command.output().expect("bash is there")
}

/// The `run` lines of the matrix, in their order.
fn steps(yaml: &str) -> Vec<String> {
    let lines = yaml
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("run: "));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_recipe_of_a_matrix_works() {
    let tools = repository();
    let steps = steps(&block("CI matrix", "yaml"));
    let [measure, merge] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    for shard in 1..=4 {
        let script = measure.replace("${{ matrix.shard }}", &shard.to_string());
        let script = script.replace("origin/${{ github.base_ref }}", "HEAD");
        let script = script.replace("--shard", "--budget 4s --shard");
        let output = run_script(&tools, &script, &[]);
        assert!(
            output.status.success(),
            "{script}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let output = run_script(&tools, merge, &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{merge}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("None of 1 timed workload slower"), "{text}");
}

/// Without GNU parallel on the machine, a script stands in for the options that the recipe uses.
const PARALLEL: &str = r#"
while [ "$1" != ::: ]; do
  case "$1" in --*) shift ;; *) line=$1; shift ;; esac
done
shift
for number in "$@"; do bash -c "$(echo "$line" | sed "s/{}/$number/g")" || exit 1; done
"#;

#[test]
fn the_recipe_for_gnu_parallel_works() {
    let tools = Tools::new();
    four_workloads(&tools);
    let is_there = Command::new("parallel")
        .arg("--version")
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with("GNU parallel"));
    if !is_there {
        tools.script("bin/parallel", PARALLEL);
    }
    let output = run_script(&tools, &block("GNU parallel", "bash"), &[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(record(&tools, "records/counts.json").workloads().len(), 4);
}
