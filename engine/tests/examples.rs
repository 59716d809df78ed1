//! The examples as programs. Cargo builds them before it runs the tests of the package.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn example(name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let mut path: PathBuf = tests
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples")
        .join(name);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.exists(),
        "run `cargo test -p engine`, which builds {}",
        path.display()
    );
    Command::new(path)
}

fn run(name: &str, arguments: &str) -> Output {
    let arguments = arguments.split_whitespace();
    example(name).args(arguments).output().unwrap()
}

fn json(name: &str, arguments: &str) -> Value {
    let output = run(name, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn error_message(name: &str, arguments: &str) -> String {
    let output = run(name, arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn help_is_there() {
    for name in ["logits", "generate", "token_costs"] {
        let output = run(name, "--help");
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains("--variant") && text.contains("Example: cargo run"),
            "{text}"
        );
    }
}

#[test]
fn logits_are_an_array_per_position() {
    let common = "--preset small --tokens 1,2,3 --variant";
    let all = json("logits", &format!("{common} naive --all-positions"));
    let last = json("logits", &format!("{common} naive"));
    assert_eq!(all.as_array().unwrap().len(), 3);
    assert_eq!(all[0].as_array().unwrap().len(), 256);
    assert_eq!(last.as_array().unwrap().len(), 1);
    assert_eq!(last[0], all[2]);
}

#[test]
fn a_checkpoint_gives_the_logits_that_its_reference_has() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/one-layer-one-head"
    );
    let text = std::fs::read_to_string(format!("{folder}/expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let tokens: Vec<String> = expected["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    let found = json(
        "logits",
        &format!("--model {folder} --tokens {}", tokens.join(",")),
    );
    let expected = expected["logits"].as_array().unwrap().last().unwrap();
    for (found, expected) in found[0]
        .as_array()
        .unwrap()
        .iter()
        .zip(expected.as_array().unwrap())
    {
        assert!((found.as_f64().unwrap() - expected.as_f64().unwrap()).abs() < 1e-3);
    }
}

#[test]
fn generation_is_timed_and_repeats_itself() {
    let answer = json(
        "generate",
        "--preset small --prompt-len 8 --new 5 --reps 2 --threads 2",
    );
    let repetitions = answer["repetitions"].as_array().unwrap();
    assert_eq!(repetitions.len(), 2);
    for repetition in repetitions {
        assert_eq!(repetition["tokens"].as_array().unwrap().len(), 5);
        assert_eq!(repetition["tokens"], repetitions[0]["tokens"]);
        assert!(repetition["prefill_seconds"].as_f64().unwrap() > 0.0);
        assert!(repetition["decode_seconds"].as_f64().unwrap() > 0.0);
    }
    let sampled = "--preset small --new 20 --temperature 1.5 --top-k 50 --top-p 0.95 --seed";
    let with_seed = |seed: u32| {
        let answer = json("generate", &format!("{sampled} {seed}"));
        answer["repetitions"][0]["tokens"].clone()
    };
    assert_eq!(with_seed(1), with_seed(1));
    assert_ne!(with_seed(1), with_seed(2));
}

#[test]
fn every_token_has_a_line_with_its_costs() {
    let output = run(
        "token_costs",
        "--preset small --prompt-len 8 --new 4 --reps 3 --threads 2",
    );
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[0].starts_with("prefill") && lines[3].starts_with("token 3"));
    for line in lines {
        let numbers = line.split_whitespace().rev().take(5);
        for number in numbers.map(str::parse::<f64>) {
            assert!(number.unwrap() >= 0.0, "{line}");
        }
    }
}

#[test]
fn serve_answers_line_by_line_and_continues_after_a_bad_request() {
    let mut child = example("generate")
        .args(["--preset", "small", "--serve", "--new", "3"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let requests = "{}\nnonsense\n{\"prompt\":[1,2],\"new\":4,\"reps\":2}\n{\"prompt\":[999]}\n{\"prompt_len\":4}\n";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(requests.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert_eq!(lines[0]["ready"], true);
    assert_eq!(lines[1]["prompt"].as_array().unwrap().len(), 32);
    assert!(
        lines[2]["error"]
            .as_str()
            .unwrap()
            .starts_with("the request is not a JSON object")
    );
    assert_eq!(
        lines[3]["repetitions"][1]["tokens"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    assert!(
        lines[4]["error"]
            .as_str()
            .unwrap()
            .contains("not in the vocabulary")
    );
    assert_eq!(lines[5]["prompt"].as_array().unwrap().len(), 4);
}

#[test]
fn mistakes_are_answered_in_a_sentence() {
    let wrong = error_message("generate", "--preset small --variant fastest");
    assert!(
        wrong.contains("unknown phase 'fastest'; known are: naive, reference"),
        "{wrong}"
    );
    let wrong = error_message("logits", "--preset small --tokens 1,x");
    assert!(wrong.contains("'x' is not a token id"), "{wrong}");
    let wrong = error_message("generate", "--preset small --new 100");
    assert!(
        wrong.starts_with("error: 65 tokens do not fit into the context of 64"),
        "{wrong}"
    );
    let wrong = error_message("logits", "--model /nowhere --tokens 1");
    assert!(
        wrong.starts_with("error: cannot read /nowhere/config.json"),
        "{wrong}"
    );
    let wrong = error_message("logits", "--preset small --tokens 1 --isa sse9");
    assert!(wrong.contains("unknown instruction set 'sse9'"), "{wrong}");
}
