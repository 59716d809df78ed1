//! Starts an example of the package under test and speaks the protocol to it. Shared by the tests of every crate whose
//! example is a probe.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness_probe::protocol::Reply;

/// The example of this name, which `cargo test` builds into `examples/` beside the folder of the test.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/PROFILE/deps");
    let example = profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        example.is_file(),
        "{} is missing: build it with `cargo build --examples`",
        example.display()
    );
    example
}

/// Sends lines to the example and returns one reply for each; every line of its output must be one. Fails unless the
/// example exits with status 0 at the end.
pub(crate) fn replies_to(name: &str, lines: impl IntoIterator<Item = String>) -> Vec<Reply> {
    let mut probe = Command::new(example(name))
        .arg("--probe")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example starts");
    let mut input = probe.stdin.take().expect("a pipe");
    for line in lines {
        writeln!(input, "{line}").expect("the example reads");
    }
    drop(input);
    let output = probe.wait_with_output().expect("the example ends");
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).expect("JSON is Unicode");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a reply"))
        .collect()
}
