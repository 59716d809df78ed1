//! Ctrl-C in the middle of a measurement: a sentence, exit status 2, and nothing left behind.

mod processes;

use std::fs;
use std::process::{Command, Stdio};

use processes::{runs, until};

/// A probe that introduces itself with one workload and is busy with it for ever, in a child of its own.
const BUSY: &str = r#"
read hello
echo '{"reply":"hello","protocol":PROTOCOL,"meter":"clock","isa":"plain","workloads":[WORKLOAD]}'
read prepare
sleep 1000 &
echo $! > busy
wait
"#;

#[test]
fn an_interrupted_run_says_so_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path();
    let description = harness_probe::protocol::Description {
        id: "busy".to_owned(),
        unit: harness_probe::Unit { name: "call".to_owned(), per_run: 1 },
        definition: "d".to_owned(),
        answer: "a".to_owned(),
        phases: vec!["naive".to_owned()],
        instruments: vec![harness_probe::Instrument::Clock],
        selection: harness_probe::Selection::Quick,
    };
    let script = BUSY
        .replace("PROTOCOL", &harness_probe::protocol::VERSION.to_string())
        .replace("WORKLOAD", &serde_json::to_string(&description).expect("plain data"));
    fs::write(project.join("probe.sh"), script).expect("written");
    fs::write(
        project.join("harness.toml"),
        "[probe]\ncommand = ['sh', './probe.sh']\n[criterion]\ncommand = ['true']\n",
    )
    .expect("written");
    fs::create_dir(project.join("temporary")).expect("made");

    let mut run = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    run.args(["run", "--metric", "time"]).current_dir(project).env("TMPDIR", project.join("temporary"));
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let busy = until(1, || fs::read_to_string(project.join("busy")).ok().filter(|pid| pid.ends_with('\n')));
    let kill = Command::new("kill").args(["-INT", &run.id().to_string()]).status().expect("sent");
    assert!(kill.success());

    let output = run.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("error: interrupted; what was read so far is not kept\n"), "{said}");
    until(1, || (!runs(busy.trim())).then_some(()));
    assert_eq!(fs::read_dir(project.join("temporary")).expect("there").count(), 0);
    let records = fs::read_dir(project.join("records")).map_or(0, Iterator::count);
    assert_eq!(records, 0, "an interrupted run wrote a record");
}
