//! Tests of building and storing the programs of revisions.

use crate::vcs::tests::*;

#[test]
fn each_revision_has_its_own_program_in_whatever_order_they_are_built() {
    let sample = Sample::new();
    sample.commit_answer("two");
    let checkouts = sample.checkouts();
    let one = checkout(&checkouts, "HEAD~1", probe).expect("built");
    let two = checkout(&checkouts, "HEAD", probe).expect("built");
    assert_eq!(
        (output_of(&one, probe), output_of(&two, probe)),
        ("one".to_owned(), "two".to_owned())
    );
    // The sources of the first are older than the artefacts of the second.
    let one = checkout(&checkouts, "HEAD~1", both).expect("built");
    assert_eq!(
        (output_of(&one, probe), output_of(&one, heap)),
        ("one".to_owned(), "heap of one".to_owned())
    );
    assert_eq!(one.commit.subject, "one");
}

#[test]
fn the_second_time_no_cargo_is_needed_unless_the_flags_differ() {
    let sample = Sample::new();
    let mut checkouts = sample.checkouts();
    drop(checkout(&checkouts, "HEAD", probe).expect("built"));
    checkouts.cargo = "/nowhere/cargo".into();
    assert_eq!(
        output_of(&checkout(&checkouts, "HEAD", probe).expect("cached"), probe),
        "one"
    );
    assert!(
        matches!(
            checkout(&checkouts, "HEAD", heap),
            Err(CheckoutError::NoTool { .. })
        ),
        "it was not built"
    );
    sample.write(
        "target/.cargo/config.toml",
        "[build]\nrustflags = ['--cfg=other']\n",
    );
    assert!(
        matches!(
            checkout(&checkouts, "HEAD", probe),
            Err(CheckoutError::NoTool { .. })
        ),
        "built with other flags"
    );
}

/// All programs of the sample.
#[test]
fn a_program_has_the_features_of_its_call_whatever_was_built_before() {
    let sample = Sample::new();
    // The bench enables a feature of the crate that it shares with the probe; in one call both programs get the
    // feature.
    sample.write(
        "Cargo.toml",
        "[workspace]\nresolver = '3'\nmembers = ['suite', 'shared']\n",
    );
    sample.write(
        "shared/Cargo.toml",
        "[package]\nname = 'shared'\nversion = '0.1.0'\nedition = '2024'\n[features]\nmore = []\n",
    );
    sample.write(
        "shared/src/lib.rs",
        "pub const MORE: bool = cfg!(feature = \"more\");\n",
    );
    let suite = fs::read_to_string(sample.root().join("suite/Cargo.toml")).expect("there");
    let shared = "[dependencies]\nshared = { path = '../shared' }\n\
                  [dev-dependencies]\nshared = { path = '../shared', features = ['more'] }\n";
    sample.write("suite/Cargo.toml", &format!("{suite}{shared}"));
    sample.write(
        "suite/src/probe.rs",
        "fn main() { println!(\"more: {}\", shared::MORE) }\n",
    );
    sample.commit("shared");
    let mut checkouts = sample.checkouts();
    let alone = checkout(&checkouts, "HEAD", probe).expect("built");
    assert_eq!(output_of(&alone, probe), "more: false");
    let together = checkout(&checkouts, "HEAD", both).expect("built");
    assert_eq!(
        (output_of(&together, probe), output_of(&together, heap)),
        ("more: true".to_owned(), "heap of one".to_owned())
    );
    // Neither replaces the other.
    checkouts.cargo = "/nowhere/cargo".into();
    let again = |choose: fn(&Config) -> Vec<&Program>| {
        checkout(&checkouts, "HEAD", choose).expect("set aside")
    };
    assert_eq!(output_of(&again(probe), probe), "more: false");
    assert_eq!(output_of(&again(both), probe), "more: true");
}

#[test]
fn partly_stored_programs_are_all_built_again() {
    let sample = Sample::new();
    let outside = tempfile::tempdir().expect("a folder");
    let calls = outside.path().join("calls");
    let mut checkouts = sample.checkouts();
    let last = checkout(&checkouts, "HEAD", both)
        .expect("built")
        .programs
        .files()[0]
        .to_owned();
    // The state after a kill between the two copies.
    fs::remove_file(last).expect("there");
    let real = checkouts.cargo.to_string_lossy().into_owned();
    let logged = format!("echo \"$@\" >> '{}'\nexec '{real}' \"$@\"", calls.display());
    checkouts.cargo = script(outside.path(), &logged).into();
    let again = checkout(&checkouts, "HEAD", both).expect("built");
    assert_eq!(
        (output_of(&again, probe), output_of(&again, heap)),
        ("one".to_owned(), "heap of one".to_owned())
    );
    let calls = fs::read_to_string(calls).expect("cargo was called");
    let build = calls
        .lines()
        .find(|call| call.starts_with("build "))
        .expect("one call is a build");
    assert!(build.contains("--bin probe --bench heap"), "{build}");
}

#[test]
fn the_users_repository_is_not_changed() {
    let sample = Sample::new();
    sample.write("suite/src/lib.rs", "changed\n");
    sample.git(&["stash"]);
    sample.write("suite/src/lib.rs", "broken, and not committed\n");
    sample.write("staged", "");
    sample.git(&["add", "staged"]);
    sample.write("new", "");
    // A checkout would run a hook, and settings of a sparse checkout would omit files.
    sample.write(".git/hooks/post-checkout", "#!/bin/sh\ntouch hooked\n");
    sample.git(&["config", "core.sparseCheckout", "true"]);
    sample.write(".git/info/sparse-checkout", "/Cargo.toml\n");
    let (before, status) = (
        sample.untouchable(),
        sample.git(&["--no-optional-locks", "status", "--porcelain"]),
    );
    let checkout = checkout(&sample.checkouts(), "HEAD", probe).expect("built");
    assert_eq!(output_of(&checkout, probe), "one");
    assert_eq!(
        sample.git(&["--no-optional-locks", "status", "--porcelain"]),
        status
    );
    assert_eq!(sample.untouchable(), before);
    assert_eq!(sample.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn a_partly_unpacked_revision_is_unpacked_again() {
    let sample = Sample::new();
    let checkouts = sample.checkouts();
    let checkout_folder = checkout(&checkouts, "HEAD", probe)
        .expect("built")
        .project
        .root;
    let slot = checkout_folder.parent().expect("its folder");
    // The state after a kill while unpacking.
    fs::remove_file(slot.join("ready")).expect("there");
    fs::remove_file(checkout_folder.join("suite/Cargo.toml")).expect("there");
    fs::write(slot.join("index.lock"), "").expect("written");
    fs::write(checkout_folder.join("suite/src/lib.rs"), "half a fi").expect("written");
    let again = checkout(&checkouts, "HEAD", probe).expect("built again");
    assert_eq!(
        (output_of(&again, probe), again.project.root),
        ("one".to_owned(), checkout_folder)
    );
}

#[test]
fn a_revision_uses_its_own_configuration() {
    let sample = Sample::new();
    sample.write(
        "harness.toml",
        "baselines = 'numbers'\nprobe = { command = ['sh', 'suite/probe.sh'] }\n",
    );
    sample.write("suite/probe.sh", "echo script\n");
    sample.commit("scripted");
    sample.write("harness.toml", "baselines = 'elsewhere'\n");
    let checkouts = sample.checkouts();
    let base = checkout(&checkouts, "HEAD", probe).expect("nothing to build");
    assert_eq!(base.project.baselines(), base.project.root.join("numbers"));
    assert_eq!(output_of(&base, probe), "script");
    sample.write("harness.toml", "no_key = 1\n");
    sample.commit("misspelled");
    let error = checkout(&checkouts, "HEAD", probe)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("\"misspelled\"") && error.contains("`no_key`"),
        "{error}"
    );
}

#[test]
fn a_project_in_a_folder_of_its_repository_is_found_there() {
    let sample = Sample::empty();
    sample.write(
        "perf/harness.toml",
        "probe = { command = ['sh', '-c', 'basename $PWD'] }\n",
    );
    sample.commit("First");
    let project = Project {
        root: sample.root().join("perf"),
        config: Config::default(),
    };
    let checkouts = Checkouts::new(&project, &Repository::open(&project).expect("a repository"));
    assert_eq!(
        output_of(&checkout(&checkouts, "HEAD", probe).expect("found"), probe),
        "perf"
    );
    assert_eq!(
        sample.git(&["status", "--porcelain"]),
        "",
        "git sees the cache"
    );
}

#[test]
fn the_error_of_a_failed_build_contains_the_first_error_of_the_compiler() {
    let sample = Sample::new();
    sample.write("suite/src/lib.rs", "pub const ANSWER: &str = 1;\n");
    sample.commit("Break it");
    let error = checkout(&sample.checkouts(), "HEAD", probe).expect_err("it does not build");
    let message = error.to_string();
    assert!(
        message.contains(
            "\"Break it\" does not build: building probe of package harness-suite failed"
        ),
        "{message}"
    );
    assert!(
        message.ends_with("error[E0308]: mismatched types"),
        "{message}"
    );
    let CheckoutError::Build { said, .. } = error else {
        panic!("{message}")
    };
    assert!(said.contains("suite/src/lib.rs:1"), "{said}");
    assert_eq!(
        output_of(
            &checkout(&sample.checkouts(), "HEAD~1", probe).expect("this one does"),
            probe
        ),
        "one"
    );
}

#[test]
fn a_revision_without_a_harness_has_an_error_of_its_own() {
    let sample = Sample::empty();
    sample.write("README", "");
    sample.commit("No workspace");
    sample.write("Cargo.toml", "[workspace]\nmembers = ['engine']\n");
    sample.write(
        "engine/Cargo.toml",
        "[package]\nname = 'engine'\nversion = '0.1.0'\n",
    );
    sample.write("engine/src/lib.rs", "");
    sample.commit("No probe");
    let checkouts = sample.checkouts();
    let message = |revision: &str| {
        let error = checkout(&checkouts, revision, probe).expect_err("no probe");
        assert!(matches!(error, CheckoutError::NoHarness { .. }), "{error}");
        error.to_string()
    };
    // The user's own project, which lies around it, is not mistaken for the revision's.
    assert!(message("HEAD~1").contains("has no harness: there is no cargo package; "));
    assert!(
        message("HEAD")
            .contains("has no harness: there is no bin probe of package harness-suite; ")
    );
}

#[test]
fn a_full_disk_while_building_has_an_error_of_its_own() {
    let sample = Sample::new();
    let outside = tempfile::tempdir().expect("a folder");
    let mut checkouts = sample.checkouts();
    checkouts.cargo = script(
        outside.path(),
        "echo 'error: cannot write: No space left on device (os error 28)' >&2; exit 101",
    )
    .into();
    let error = checkout(&checkouts, "HEAD", probe).expect_err("full");
    assert!(matches!(error, CheckoutError::Full { .. }), "{error}");
}

#[test]
fn an_old_revision_can_have_the_benches_of_a_newer_one() {
    let sample = Sample::new();
    // The first commit has no bench, and its manifest knows none.
    let manifest = fs::read_to_string(sample.root().join("suite/Cargo.toml")).expect("there");
    let (without, _) = manifest
        .split_once("[[bench]]")
        .expect("the sample has a bench");
    sample.write("suite/Cargo.toml", without);
    fs::remove_dir_all(sample.root().join("suite/benches")).expect("removed");
    let old = sample.commit("no bench");
    sample.write("suite/Cargo.toml", &manifest);
    sample.write(
        "suite/benches/heap.rs",
        "fn main() { println!(\"new heap of {}\", harness_suite::ANSWER) }\n",
    );
    sample.write("harness.toml", CONFIG);
    let new = sample.commit("bench");
    sample.commit_answer("two");
    let checkouts = sample.checkouts();
    assert!(
        checkout(&checkouts, &old, heap).is_err(),
        "it has no such bench"
    );
    let commit = checkouts.repository().resolve(&new).expect("there");
    let checkouts = checkouts.with_benches(Some(commit));
    let base = checkout(&checkouts, &old, heap).expect("built");
    assert_eq!(output_of(&base, heap), "new heap of one");
    let project = sample.project();
    let head = checkouts
        .working_tree(
            &project,
            &heap(&project.config),
            CargoOutput::Nothing,
            &|_| {},
        )
        .expect("built");
    let output = head
        .programs
        .command(heap(&project.config)[0])
        .output()
        .expect("it runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "new heap of two"
    );
}
