//! The evidence in `reports/selftest/`: what its page says follows from the slices beside it, and from nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use harness::render::chart::Layout;
use harness::selftest::{Evidence, chart, findings, page, swapped};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/selftest")
}

#[test]
fn the_page_and_the_chart_are_what_the_slices_say() {
    let evidence = Evidence::new(folder().join("slices"));
    let trials = evidence.read().expect("whole trials");
    let criterion = evidence.criterion().expect("readable");
    let kept = |name: &str| fs::read_to_string(folder().join(name)).expect(name);
    let replayed = page(&trials, &swapped(&trials), &criterion, "gate.svg").expect("limits that make sense");
    assert!(replayed == kept("gate.md"), "run `cargo harness selftest gate --replay` and look at what changed");
    let findings = findings(&trials).expect("limits that make sense");
    assert!(chart(&trials, &findings).expect("trials").svg(Layout::Wide).expect("drawn") == kept("gate.svg"));
}

#[test]
fn the_slices_leave_room_in_the_repository() {
    let files = fs::read_dir(folder().join("slices")).expect("there").map(|file| file.expect("readable"));
    let bytes: u64 = files.map(|file| file.metadata().expect("readable").len()).sum();
    assert!((1..20_000_000).contains(&bytes), "{bytes} bytes");
}
