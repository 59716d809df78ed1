//! `harness list`, with a script in place of the probe.

use crate::tools::Tools;

/// A project whose only workload has sixty phases.
fn with_many_phases() -> Tools {
    let tools = Tools::new();
    let phases: Vec<String> = (0..60)
        .map(|number| format!("\"phase-{number}\""))
        .collect();
    let workload = tools.project.read("workloads.json").replacen(
        r#""naive","optimized""#,
        &phases.join(","),
        1,
    );
    tools.project.write("workloads.json", &workload);
    tools
}

#[test]
fn the_list_fits_a_terminal_however_many_phases_there_are() {
    let done = with_many_phases().run(&["list"]);
    assert_eq!(done.status, 0, "{}", done.stderr);
    insta::assert_snapshot!(done.stdout);
}

#[test]
fn phases_are_listed_in_a_line_each() {
    let tools = with_many_phases();
    let done = tools.run(&["list", "--phases"]);
    assert_eq!(
        done.stdout
            .lines()
            .filter(|line| line.starts_with("model/decode"))
            .count(),
        60,
        "{}",
        done.stdout
    );
    let widths = done.stdout.lines().map(|line| line.chars().count());
    assert!(widths.clone().all(|width| width <= 100), "{}", done.stdout);
    let rule = done
        .stdout
        .lines()
        .find(|line| line.starts_with('─'))
        .expect("a rule")
        .chars()
        .count();
    assert_eq!(Some(rule), widths.max(), "{}", done.stdout);
    let done = tools.run(&["list", "--cost"]);
    assert!(
        done.stdout
            .contains("There is no record yet to take costs from"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("phase-59"), "{}", done.stdout);
}

#[test]
fn programs_get_the_phases_in_any_case() {
    let json = Tools::new().run(&["list", "--format", "json"]).stdout;
    let tables: serde_json::Value = serde_json::from_str(&json).expect("valid JSON");
    assert_eq!(tables[0]["rows"][0]["phases"], "naive optimized", "{json}");
}

#[test]
fn the_list_fits_the_width_of_the_terminal() {
    let tools = Tools::new();
    let long = "ablation/inference/".to_owned() + &"layer-norm=fused,softmax=simd,".repeat(20);
    tools.workloads(&[(long.as_str(), false), ("kernel/gelu", true)]);
    for columns in [80, 100, 120] {
        let output = crate::program()
            .current_dir(tools.project.path(""))
            .env("PATH", tools.project.path("bin"))
            .env("COLUMNS", columns.to_string())
            .arg("list")
            .output()
            .expect("started");
        assert!(output.status.success());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("kernel/gelu"), "{text}");
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns), "{columns}: {text}");
    }
}
