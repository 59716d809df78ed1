//! Trials as a user makes them: output, rows, pages, and one sentence for every bad input.

mod commits;
#[path = "../../../tests/judging/project.rs"]
#[expect(dead_code, reason = "shared with the tests of the program `harness`")]
mod project;
#[path = "../../../tests/judging/repository.rs"]
#[expect(dead_code, reason = "shared with the tests of the program `harness`")]
mod repository;
mod scale;
mod slices;
mod soak;
#[path = "../../../tests/judging/tools.rs"]
#[expect(dead_code, reason = "shared with the tests of the program `harness`")]
mod tools;

/// The program that is tested, with the program `harness` beside it, which the trials of commits run.
fn program() -> assert_cmd::Command {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_harness-selftest"));
    if !program.with_file_name("harness").is_file() {
        let build = std::process::Command::new(env!("CARGO"))
            .args(["build", "--package", "harness"])
            .status();
        assert!(
            build.is_ok_and(|status| status.success()),
            "the program `harness` cannot be built"
        );
    }
    assert_cmd::Command::new(program)
}
