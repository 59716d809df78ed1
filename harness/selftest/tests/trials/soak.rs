//! `harness selftest soak` for some seconds: it samples what it states, and judges it.

use std::path::Path;
use std::time::Duration;

use harness_selftest::soak::{self, Judgement, Length, Soak};

use crate::project::Done;
use crate::tools::Tools;

fn soaked(tools: &Tools, more: &[&str]) -> Done {
    let arguments = [
        "soak",
        "--of",
        "workload",
        "--minutes",
        "0.03",
        "--every",
        "0.1",
    ];
    tools.run(&[&arguments[..], more].concat())
}

#[test]
fn a_probe_that_holds_what_it_has_is_steady() {
    let tools = Tools::new();
    let done = soaked(&tools, &["--workload", "kernel/gelu", "--format", "csv"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let quantities = [
        "memory",
        "descriptors",
        "threads",
        "checkout",
        "temporary",
        "target",
    ];
    for quantity in quantities {
        let mut lines = done.stdout.lines();
        let line = lines.find(|line| line.contains(quantity));
        assert!(
            line.is_some_and(|line| line.ends_with(",steady")),
            "{quantity}: {}",
            done.stdout
        );
    }
}

#[test]
fn files_that_a_probe_leaves_are_found() {
    let tools = Tools::new();
    tools.probe(
        "run",
        r#"n=$((n + 1)); echo > "$TMPDIR/$n"; echo '{"reply":"ran","reading":{"meter":"clock","nanoseconds":1,"tokens_at":[]}}'"#,
    );
    let done = soaked(&tools, &[]);
    assert_eq!(done.status, 1, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.contains("temporary"), "{}", done.stderr);
}

#[test]
fn a_workload_or_phase_that_is_missing_is_named() {
    let tools = Tools::new();
    assert!(
        soaked(&tools, &["--workload", "other"])
            .refusal(&[])
            .contains("other")
    );
    assert!(
        soaked(&tools, &["--phase", "blue"])
            .refusal(&[])
            .contains("blue")
    );
    assert!(
        tools
            .run(&["soak", "--minutes", "0"])
            .stderr
            .contains("positive")
    );
}

#[test]
fn gates_are_sampled_and_keep_only_their_sessions() {
    drop(crate::program());
    let harness = Path::new(env!("CARGO_BIN_EXE_harness-selftest")).with_file_name("harness");
    let length = Length {
        time: Duration::from_secs(3),
        every: Duration::from_millis(1),
    };
    let Soak { series, .. } = soak::gates(&harness, length).expect("they run");
    for one in &series {
        assert!(!one.samples.is_empty(), "{one:?}");
        let is_of_files = one.name.starts_with("files");
        let (first, last) = one.quarters().expect("samples");
        assert!(!is_of_files || first == last, "{one:?}");
        assert!(one.limit.is_some() || one.judgement() == Judgement::Shown);
    }
    let memory = &series[0];
    assert!(
        memory.samples.iter().all(|&(_, value)| value > 1.0),
        "{memory:?}"
    );
}
