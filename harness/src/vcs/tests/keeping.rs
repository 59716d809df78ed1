//! Tests of the disk quota, and of two harnesses that run at once.

use std::sync::Mutex;
use std::thread;

use crate::vcs::disk_quota::DiskQuota;
use crate::vcs::lock::{Hold, Lock};
use crate::vcs::tests::*;

/// A project whose probe needs no build.
fn scripted() -> Sample {
    let sample = Sample::empty();
    sample.write("harness.toml", "probe = { command = ['true'] }\n");
    for subject in ["one", "two", "three"] {
        sample.commit(subject);
    }
    sample
}

#[test]
fn the_oldest_revision_is_removed_when_there_is_no_room_but_not_while_it_is_used() {
    let sample = scripted();
    let mut checkouts = sample.checkouts();
    checkouts.disk_quota = DiskQuota {
        revisions: 1,
        ..DiskQuota::default()
    };
    let one = checkout(&checkouts, "HEAD~2", probe).expect("unpacked");
    let two = checkout(&checkouts, "HEAD~1", probe).expect("unpacked");
    assert!(
        one.project.root.join("harness.toml").is_file(),
        "it was in use"
    );
    let (first, second) = (one.project.root.clone(), two.project.root.clone());
    drop(one);
    let three = checkout(&checkouts, "HEAD", probe).expect("unpacked");
    assert!(!first.exists() && second.is_dir() && three.project.root.is_dir());
}

#[test]
fn two_harnesses_at_once_build_once() {
    let sample = Sample::new();
    let outside = tempfile::tempdir().expect("a folder");
    let calls = outside.path().join("calls");
    let mut checkouts = sample.checkouts();
    let real = checkouts.cargo.to_string_lossy().into_owned();
    let counted = format!("echo \"$1\" >> '{}'\nexec '{real}' \"$@\"", calls.display());
    checkouts.cargo = script(outside.path(), &counted).into();
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let checkout = checkout(&checkouts, "HEAD", probe).expect("built");
                answers
                    .lock()
                    .expect("no panic")
                    .push(output_of(&checkout, probe));
            });
        }
    });
    assert_eq!(answers.into_inner().expect("no panic"), ["one", "one"]);
    assert_eq!(
        fs::read_to_string(calls).expect("cargo was called"),
        "metadata\nbuild\n"
    );
}

#[test]
fn a_wait_for_another_build_is_reported_once() {
    let sample = scripted();
    let checkouts = sample.checkouts();
    fs::create_dir_all(checkouts.folder()).expect("made");
    let building = Mutex::new(
        Lock::attempt(&checkouts.folder().join("build.lock"), Hold::Alone).expect("no error"),
    );
    assert!(building.lock().expect("no panic").is_some());
    let messages = Mutex::new(Vec::new());
    let notify = |message: &str| {
        messages.lock().expect("no panic").push(message.to_owned());
        // The other build ends.
        building.lock().expect("no panic").take();
    };
    let commit = checkouts.repository().resolve("HEAD").expect("known");
    checkouts
        .checkout(&commit, probe, CargoOutput::Nothing, &notify)
        .expect("unpacked");
    assert_eq!(
        messages.into_inner().expect("no panic"),
        ["waiting for another harness that builds a base here"]
    );
}
