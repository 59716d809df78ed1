//! `harness init` as a user types it, in packages and workspaces of every kind.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use tempfile::TempDir;

/// The root of this checkout, from which the crates come.
const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).expect(file)
}

fn package(folder: &Path, name: &str, manifest: &str) {
    let head = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    write(folder, "Cargo.toml", &(head + manifest));
    write(folder, "src/lib.rs", "//! Nothing.\n");
}

fn init(folder: &Path) -> Command {
    let mut harness = Command::cargo_bin("harness").expect("built");
    harness
        .arg("init")
        .args(["--harness-source", CHECKOUT])
        .current_dir(folder);
    harness
}

#[test]
fn a_package_gets_a_bench_and_everything_around_it_once() {
    let folder = TempDir::new().expect("a folder");
    package(folder.path(), "words", "");
    write(folder.path(), ".gitignore", "/target");
    init(folder.path())
        .assert()
        .success()
        .stdout(predicate::str::contains("wrote").and(predicate::str::contains("harness run")));
    for file in [
        "benches/harness.rs",
        "harness.toml",
        "baselines/limits.toml",
        ".github/workflows/harness.yml",
    ] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    assert_eq!(
        read(folder.path(), ".gitignore"),
        "/target\n/records\n/reports\n"
    );
    let manifest = read(folder.path(), "Cargo.toml");
    assert!(
        manifest.contains("package = \"harness-bench\""),
        "{manifest}"
    );
    // The bench compiles as it is, with the versions of this checkout, which are there without a network.
    fs::copy(
        Path::new(CHECKOUT).join("Cargo.lock"),
        folder.path().join("Cargo.lock"),
    )
    .expect("copied");
    let built = std::process::Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--benches", "--offline"])
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .current_dir(folder.path())
        .output()
        .expect("cargo runs");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    // A second call changes nothing, and what its user wrote stays.
    write(folder.path(), "benches/harness.rs", "// mine\n");
    init(folder.path())
        .assert()
        .success()
        .stdout(predicate::str::contains("Everything was there already"));
    assert_eq!(read(folder.path(), "benches/harness.rs"), "// mine\n");
    assert_eq!(read(folder.path(), "Cargo.toml"), manifest);
}

#[test]
fn a_workspace_with_several_packages_needs_a_choice() {
    let folder = TempDir::new().expect("a folder");
    write(
        folder.path(),
        "Cargo.toml",
        "[workspace]\nmembers = [\"a\", \"b\"]\nresolver = \"2\"\n",
    );
    package(&folder.path().join("a"), "a", "");
    package(&folder.path().join("b"), "b", "");
    init(folder.path())
        .assert()
        .code(2)
        .stderr(predicate::str::contains("--package").and(predicate::str::contains("a, b")));
    init(folder.path())
        .args(["--package", "c"])
        .assert()
        .code(2)
        .stderr(predicate::str::contains("no package c"));
    init(folder.path())
        .args(["--package", "b"])
        .assert()
        .success();
    assert!(folder.path().join("b/benches/harness.rs").is_file());
    let config = read(folder.path(), "harness.toml");
    assert!(config.contains("package = \"b\""), "{config}");
    // In the folder of a package, that package is meant.
    init(&folder.path().join("a")).assert().success();
    assert!(folder.path().join("a/benches/harness.rs").is_file());
}

#[test]
fn criterion_benches_are_adopted_by_one_changed_line() {
    let folder = TempDir::new().expect("a folder");
    package(
        folder.path(),
        "words",
        "[dev-dependencies]\n# speed\ncriterion = { version = \"0.5\", features = [\"html_reports\"] }\n\n[[bench]]\nname = \"parse\"\nharness = false\n",
    );
    write(
        folder.path(),
        "benches/parse.rs",
        "criterion::criterion_main!(parse);\n",
    );
    init(folder.path()).arg("--criterion").assert().success();
    let manifest = read(folder.path(), "Cargo.toml");
    assert!(
        manifest.contains("package = \"harness-criterion\""),
        "{manifest}"
    );
    assert!(manifest.contains("html_reports") && manifest.contains("# speed"));
    let config = read(folder.path(), "harness.toml");
    assert!(config.contains("bench = \"parse\"") && config.contains("criterion/heap"));
    assert!(!folder.path().join("benches/harness.rs").exists());
}

#[test]
fn a_package_without_criterion_or_no_package_at_all_is_an_error() {
    let folder = TempDir::new().expect("a folder");
    init(folder.path())
        .assert()
        .code(2)
        .stderr(predicate::str::contains("no cargo package"));
    package(folder.path(), "words", "");
    init(folder.path())
        .arg("--criterion")
        .assert()
        .code(2)
        .stderr(predicate::str::contains("bench that uses criterion"));
}

#[test]
fn a_source_that_is_gone_or_no_checkout_is_an_error() {
    let folder = TempDir::new().expect("a folder");
    package(folder.path(), "words", "");
    let mut harness = Command::cargo_bin("harness").expect("built");
    harness
        .args(["init", "--harness-source", "/nowhere"])
        .current_dir(folder.path())
        .assert()
        .code(2)
        .stderr(predicate::str::contains("/nowhere").and(predicate::str::contains("checkout")));
    assert!(!folder.path().join("harness.toml").exists());
}

#[test]
fn a_ci_system_gets_its_files_and_keeps_those_it_has() {
    let folder = TempDir::new().expect("a folder");
    package(folder.path(), "words", "");
    write(folder.path(), ".gitlab-ci.yml", "stages: [test]\n");
    let ci = |name| {
        let done = init(folder.path()).args(["--ci", name]).assert().success();
        String::from_utf8_lossy(&done.get_output().stdout).into_owned()
    };
    ci("none");
    assert!(!folder.path().join(".github").exists());
    let text = ci("gitlab");
    assert!(text.contains("kept     .gitlab-ci.yml"), "{text}");
    assert_eq!(read(folder.path(), ".gitlab-ci.yml"), "stages: [test]\n");
    let gate = read(folder.path(), ".gitlab/harness.yml");
    assert!(gate.contains("cargo install --locked"), "{gate}");
    assert!(!folder.path().join(".github").exists());
    ci("github");
    assert!(
        folder
            .path()
            .join(".github/workflows/harness-nightly.yml")
            .is_file()
    );
}
