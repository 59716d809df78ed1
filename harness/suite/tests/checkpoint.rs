//! The probe with a checkpoint that `HARNESS_MODEL` names, over the protocol of the harness.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use harness_probe::Selection;
use harness_probe::protocol::{Description, Reply, Request};
use harness_probe::{Instrument, Options};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../engine/tests/golden")
        .join(name)
}

fn probe(model: &Path) -> Command {
    let mut probe = Command::new(env!("CARGO_BIN_EXE_probe"));
    probe
        .env("HARNESS_MODEL", model)
        .env_remove("HARNESS_ISA")
        .env_remove("ENGINE_ISA");
    probe
}

fn talk(model: &Path, requests: &[Request]) -> Vec<Reply> {
    let lines: Vec<String> = requests
        .iter()
        .map(|one| serde_json::to_string(one).expect("plain data"))
        .collect();
    let output = probe(model)
        .write_stdin(lines.join("\n"))
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    let lines = String::from_utf8(output).expect("text");
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a reply"))
        .collect()
}

fn described(model: &Path) -> Vec<Description> {
    match talk(model, &[Request::Hello]).remove(0) {
        Reply::Hello { workloads, .. } => workloads,
        other => panic!("{other:?}"),
    }
}

fn on_checkpoint(model: &Path) -> Vec<Description> {
    described(model)
        .into_iter()
        .filter(|workload| workload.id.starts_with("checkpoint/"))
        .collect()
}

#[test]
fn its_workloads_are_measured_on_demand_only() {
    let workloads = on_checkpoint(&golden("untied-inner"));
    let ids: Vec<&str> = workloads
        .iter()
        .map(|workload| workload.id.as_str())
        .collect();
    let [inference, prefill, decode] = ids.as_slice() else {
        panic!("{ids:?}")
    };
    assert_eq!(
        (*inference, *prefill),
        ("checkpoint/inference", "checkpoint/prefill")
    );
    assert!(decode.starts_with("checkpoint/decode@"), "{decode}");
    for workload in &workloads {
        assert_eq!(workload.selection, Selection::OnDemand);
        assert_eq!(
            workload.phases.first().map(String::as_str),
            Some("naive"),
            "it is small"
        );
        assert_eq!(workload.instruments, [Instrument::Clock, Instrument::Dhat]);
    }
}

#[test]
fn every_phase_gives_the_answer_that_another_phase_gives() {
    for model in ["untied-inner", "stored-bf16"].map(golden) {
        for workload in on_checkpoint(&model) {
            for phase in &workload.phases {
                let options = Options {
                    threads: 2,
                    isa: None,
                };
                let prepare = Request::Prepare {
                    workload: workload.id.clone(),
                    phase: phase.clone(),
                    options,
                };
                let replies = talk(
                    &model,
                    &[prepare, Request::Run { iterations: 1 }, Request::Check],
                );
                assert_eq!(
                    replies[2],
                    Reply::Checked {
                        wrong: None,
                        unchecked: false
                    },
                    "{} in phase {phase}",
                    workload.id
                );
            }
        }
    }
}

#[test]
fn other_files_make_other_definitions_and_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = golden("one-layer-one-head");
    for file in ["config.json", "model.safetensors"] {
        fs::copy(model.join(file), folder.path().join(file)).expect("copied");
    }
    let (original, copy) = (on_checkpoint(&model), on_checkpoint(folder.path()));
    assert_eq!(original, copy, "a path defines nothing");
    let weights = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&weights).expect("readable");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&weights, bytes).expect("written");
    for (before, after) in original.iter().zip(on_checkpoint(folder.path())) {
        assert_ne!(
            (&before.definition, &before.answer),
            (&after.definition, &after.answer)
        );
        assert_ne!(before.answer, after.answer);
    }
}

#[test]
fn a_folder_that_does_not_fit_is_one_sentence_and_status_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |expected: &str| {
        let output = probe(folder.path())
            .write_stdin("")
            .assert()
            .code(2)
            .get_output()
            .clone();
        let message = String::from_utf8(output.stderr).expect("text");
        assert!(
            message.starts_with("error: HARNESS_MODEL names no model that can be measured: "),
            "{message}"
        );
        assert!(
            message.contains(expected) && message.trim_end().lines().count() == 1,
            "{message}"
        );
    };
    refused("config.json and model.safetensors");
    let model = golden("one-layer-one-head");
    let config = fs::read_to_string(model.join("config.json")).expect("readable");
    fs::write(
        folder.path().join("config.json"),
        config.replace("gelu_new", "relu"),
    )
    .expect("written");
    refused("activation_function");
    fs::write(folder.path().join("config.json"), config).expect("written");
    let weights = fs::read(model.join("model.safetensors")).expect("readable");
    fs::write(
        folder.path().join("model.safetensors"),
        &weights[..weights.len() / 2],
    )
    .expect("written");
    refused("truncated");
}

#[test]
fn an_empty_name_is_no_name() {
    assert!(on_checkpoint(Path::new("")).is_empty());
}
