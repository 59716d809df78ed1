//! Runs `examples/two_vectors.rs` and checks its output.

use std::process::Command;

/// The example is built by `cargo test` into `examples/`, beside the folder of this test.
#[test]
fn the_example_judges_both_lists() {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/PROFILE/deps");
    let example = profile
        .join("examples")
        .join(format!("two_vectors{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(example).output().expect("the example starts");
    assert!(output.status.success(), "{}", output.status);
    let expected = "\
unchanged: not slower after 24 pairs
  estimate: -0.01 %
  95 % interval: -0.24 % to +0.23 %
  minimum detectable effect: +0.64 %
slower: regressed after 24 pairs
  estimate: +1.99 %
  95 % interval: +1.63 % to +2.26 %
  minimum detectable effect: +0.70 %
";
    assert_eq!(String::from_utf8(output.stdout).expect("text"), expected);
}
