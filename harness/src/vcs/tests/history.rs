//! Tests of looking up commits.

use crate::vcs::RepositoryError;
use crate::vcs::tests::*;

#[test]
fn a_revision_is_found_by_each_of_its_names() {
    let sample = Sample::empty();
    let first = sample.commit("First, \"quoted\"");
    sample.git(&["tag", "--annotate", "v1", "--message", "a tag"]);
    let second = sample.commit("Second");
    let repository = sample.repository();
    let id = |name: &str| repository.resolve(name).expect("known").id;
    assert_eq!(
        (id("main"), id("HEAD"), id(&second[..8])),
        (second.clone(), second.clone(), second)
    );
    assert_eq!((id("v1"), id("HEAD~1")), (first.clone(), first));
    let commit = repository.resolve("v1").expect("known");
    assert_eq!(commit.subject, "First, \"quoted\"");
    assert_eq!(commit.date.to_string(), "2026-03-14T15:09:26Z");
}

#[test]
fn the_error_of_an_unknown_revision_suggests_to_fetch() {
    let sample = Sample::empty();
    sample.commit("First");
    let repository = sample.repository();
    for unknown in [
        "origin/main",
        "--help",
        "",
        "0123456789012345678901234567890123456789",
        "HEAD~1",
        "HEAD:file",
    ] {
        assert!(
            matches!(
                repository.resolve(unknown),
                Err(RepositoryError::Unknown { .. })
            ),
            "{unknown}"
        );
    }
    assert_eq!(
        repository
            .resolve("origin/main")
            .expect_err("unknown")
            .to_string(),
        "there is no revision \"origin/main\" in this repository; if a remote has it, `git fetch` brings it"
    );
    let misspelled = repository
        .resolve("HAED~1")
        .expect_err("unknown")
        .to_string();
    assert!(
        misspelled.contains("(did you mean `HEAD`?)"),
        "{misspelled}"
    );
}

#[test]
fn a_folder_outside_a_repository_has_an_error_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project {
        root: folder.path().to_owned(),
        config: Config::default(),
    };
    let error = Repository::open(&project).expect_err("no repository");
    assert!(
        matches!(error, RepositoryError::NotARepository(_)),
        "{error}"
    );
}

#[test]
fn a_missing_git_has_an_error_of_its_own() {
    let git = super::super::git::Git {
        program: "/nowhere/git".into(),
        folder: "/".into(),
    };
    assert!(matches!(Repository::with(git), Err(RepositoryError::NoGit)));
}

#[test]
fn missing_history_of_a_shallow_clone_has_an_error_of_its_own() {
    let sample = Sample::empty();
    let first = sample.commit("First");
    sample.git(&["branch", "other"]);
    sample.commit("Second");
    sample.git(&["checkout", "--quiet", "other"]);
    sample.commit("Third");
    let folder = tempfile::tempdir().expect("a folder");
    let origin = format!("file://{}", sample.root().display());
    git(
        folder.path(),
        &[
            "clone",
            "--quiet",
            "--depth=1",
            "--no-single-branch",
            &origin,
            "clone",
        ],
    );
    let project = Project {
        root: folder.path().join("clone"),
        config: Config::default(),
    };
    let repository = Repository::open(&project).expect("a repository");
    let (main, other) = (
        repository.resolve("origin/main"),
        repository.resolve("origin/other"),
    );
    let (main, other) = (main.expect("fetched"), other.expect("fetched"));
    let shallow = |error: RepositoryError| {
        assert!(matches!(error, RepositoryError::Shallow { .. }), "{error}");
        error.to_string()
    };
    shallow(repository.resolve(&first).expect_err("not fetched"));
    shallow(repository.commits(&main, &other).expect_err("not fetched"));
    assert_eq!(
        shallow(repository.resolve("HEAD~1").expect_err("not fetched")),
        "the revision \"HEAD~1\" is not in this shallow clone; `git fetch --unshallow` brings all history, `git fetch \
         --depth=N origin BRANCH` the newest N commits of a branch (in GitHub's actions/checkout: `fetch-depth: 0`)"
    );
}

#[test]
fn the_commits_between_two_are_listed_without_those_of_merged_branches() {
    let sample = Sample::empty();
    sample.commit("good");
    sample.git(&["checkout", "--quiet", "-b", "side"]);
    sample.commit("side");
    sample.git(&["checkout", "--quiet", "main"]);
    sample.commit("main");
    sample.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "side"]);
    sample.commit("bad");
    let repository = sample.repository();
    let [good, bad] = ["HEAD~3", "HEAD"].map(|name| repository.resolve(name).expect("known"));
    let commits = repository.commits(&good, &bad).expect("listed");
    let subjects: Vec<String> = commits.into_iter().map(|commit| commit.subject).collect();
    assert_eq!(subjects, ["main", "merge", "bad"]);
    assert!(repository.commits(&bad, &bad).expect("listed").is_empty());
    let error = repository
        .commits(&bad, &good)
        .expect_err("the wrong way round");
    assert!(
        matches!(error, RepositoryError::NotAncestor { .. }),
        "{error}"
    );
}

#[test]
fn a_change_or_a_new_file_makes_the_head_dirty_and_the_check_writes_nothing() {
    let sample = Sample::empty();
    assert!(
        matches!(
            sample.repository().head(),
            Err(RepositoryError::Unknown { .. })
        ),
        "no commit yet"
    );
    sample.write("file", "old");
    let id = sample.commit("First");
    let repository = sample.repository();
    let head = repository.head().expect("a head");
    assert_eq!((head.commit.id, head.dirty), (id, false));
    // The file is now newer than its entry in the index: git would refresh that.
    sample.write("file", "old");
    let before = sample.untouchable();
    assert!(!repository.head().expect("a head").dirty);
    assert_eq!(sample.untouchable(), before);
    sample.write("new", "");
    assert!(repository.head().expect("a head").dirty);
}
