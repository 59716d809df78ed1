//! Tests that both sides are built alike: equal sources give equal programs, wherever the sources are.

use std::collections::BTreeSet;
use std::fs;

use harness_abtest::Side;
use harness_record::session::Layouts;

use crate::layout::{Pools, Timed, identical};
use crate::vcs::WorkingTree;
use crate::vcs::tests::*;

/// A workspace of two crates. The absolute paths of both are compiled into its probe.
fn two_crates() -> Sample {
    let sample = Sample::new();
    sample.write(
        "Cargo.toml",
        "[workspace]\nresolver = '3'\nmembers = ['suite', 'subject']\n",
    );
    sample.write(
        "subject/Cargo.toml",
        "[package]\nname = 'subject'\nversion = '0.1.0'\nedition = '2024'\n",
    );
    sample.write(
        "subject/src/lib.rs",
        "pub fn place() -> &'static str { concat!(env!(\"CARGO_MANIFEST_DIR\"), file!()) }\n\
         #[inline(never)]\npub fn twice(value: u64) -> u64 { value.wrapping_mul(2) }\n",
    );
    sample.write(
        "suite/Cargo.toml",
        "[package]\nname = 'harness-suite'\nversion = '0.1.0'\nedition = '2024'\n[dependencies]\nsubject = { path = '../subject' }\n\
         [[bin]]\nname = 'probe'\npath = 'src/probe.rs'\n",
    );
    sample.write(
        "suite/src/probe.rs",
        "fn main() { println!(\"{} {} {}\", harness_suite::ANSWER, subject::place(), subject::twice(21)) }\n",
    );
    sample.commit_answer("one");
    sample
}

fn working_tree(sample: &Sample) -> WorkingTree {
    let project = sample.project();
    let built = sample.checkouts().working_tree(
        &project,
        &probe(&project.config),
        CargoOutput::Nothing,
        &|_| {},
    );
    built.expect("it builds")
}

#[test]
fn equal_sources_make_identical_programs_and_others_do_not() {
    let sample = two_crates();
    let base = checkout(&sample.checkouts(), "HEAD", probe).expect("it builds");
    sample.commit("nothing");
    let config = config();
    let timed = |programs| Timed {
        programs,
        probe: &config.suites[0].probe,
    };
    let same = working_tree(&sample);
    assert!(
        timed(&base.programs)
            .is_identical(&timed(&same.programs))
            .expect("readable")
    );

    // Neither a new commit nor an ignored file is a change; a function with another result is.
    sample.write("target/ignored", "");
    let ignored = working_tree(&sample);
    assert_eq!(
        same.programs.files(),
        ignored.programs.files(),
        "nothing was built"
    );
    sample.write("suite/src/lib.rs", "pub const ANSWER: &str = \"two\";\n");
    let other = working_tree(&sample);
    assert!(
        !timed(&base.programs)
            .is_identical(&timed(&other.programs))
            .expect("readable")
    );
    let printed = |tree: &WorkingTree| {
        let output = tree
            .programs
            .command(&config.suites[0].probe)
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(printed(&other).starts_with("two ") && printed(&same).starts_with("one "));

    // Back to the first state, with files that are written anew.
    sample.write(
        "suite/src/lib.rs",
        "pub const ANSWER: &str = \"one\";\n// Nothing else.\n",
    );
    let again = working_tree(&sample);
    assert!(
        timed(&base.programs)
            .is_identical(&timed(&again.programs))
            .expect("readable")
    );
    assert!(
        !sample.root().join("target/release").exists(),
        "the user's target folder is untouched"
    );
}

#[test]
fn each_side_is_timed_in_many_layouts_with_equal_output() {
    let sample = two_crates();
    let base = checkout(&sample.checkouts(), "HEAD", probe).expect("it builds");
    let config = config();
    let side = Timed {
        programs: &base.programs,
        probe: &config.suites[0].probe,
    };
    let copies = tempfile::tempdir().expect("a folder");
    let pools = Pools::make(copies.path(), &side, &side, 7).expect("made");
    let Layouts::Averaged(count) = *pools.layouts() else {
        // With another linker the copies are plain, and the reason is stated.
        return assert!(
            matches!(pools.layouts(), Layouts::Single(reason) if !reason.is_empty()),
            "{:?}",
            pools.layouts()
        );
    };
    assert!(count >= 16, "{count}");
    let run = |which, number| {
        let mut command = pools.side(which).command(number);
        let output = command.output().expect("it runs");
        (
            fs::read(command.get_program()).expect("there"),
            output.stdout,
        )
    };
    let both: Vec<_> = [Side::Base, Side::Head]
        .into_iter()
        .flat_map(|which| [0, 1, 2].map(|n| run(which, n)))
        .collect();
    let programs: BTreeSet<&Vec<u8>> = both.iter().map(|(program, _)| program).collect();
    assert_eq!(programs.len(), both.len(), "all layouts differ");
    assert!(
        both.iter()
            .all(|(_, output)| output.starts_with(b"one ") && *output == both[0].1)
    );
    let lengths: BTreeSet<usize> = [(Side::Base, 0), (Side::Head, count - 1)]
        .map(|(which, number)| pools.side(which).command(number).get_program().len())
        .into();
    assert_eq!(lengths.len(), 1, "names are equally long");
    drop(pools);
    assert_eq!(fs::read_dir(copies.path()).expect("there").count(), 0);
}

#[test]
fn without_the_link_of_one_side_both_sides_are_plain_copies() {
    let sample = two_crates();
    let base = checkout(&sample.checkouts(), "HEAD", probe).expect("it builds");
    let config = config();
    let linked = Timed {
        programs: &base.programs,
        probe: &config.suites[0].probe,
    };
    let target = Target::of(&config.suites[0].probe).expect("cargo builds it");
    let built = Executable {
        target,
        file: base.programs.files()[0].to_owned(),
        link: None,
    };
    let unlinked = Programs::ready(&sample.project(), vec![built]);
    let unlinked = Timed {
        programs: &unlinked,
        probe: &config.suites[0].probe,
    };
    let copies = tempfile::tempdir().expect("a folder");
    let pools = Pools::make(copies.path(), &linked, &unlinked, 7).expect("made");
    assert!(
        matches!(pools.layouts(), Layouts::Single(reason) if reason.contains("head")),
        "{:?}",
        pools.layouts()
    );
    for which in [Side::Base, Side::Head] {
        let commands = [pools.side(which).command(0), pools.side(which).command(1)];
        let [one, other] = commands
            .each_ref()
            .map(|command| Path::new(command.get_program()));
        assert!(one != other && identical(one, other).expect("readable"));
        assert!(one.starts_with(copies.path()));
    }
}

/// Cargo applies the configuration of the checkout to every side, because all are built below it.
#[test]
fn a_commit_with_other_settings_of_cargo_is_refused() {
    let sample = two_crates();
    sample.write(".cargo/config.toml", "[alias]\nquick = 'build'\n");
    checkout(&sample.checkouts(), "HEAD", probe).expect("an alias does not affect a build");
    sample.write(".cargo/config.toml", "[profile.release]\nopt-level = 1\n");
    let error = checkout(&sample.checkouts(), "HEAD", probe)
        .expect_err("the settings would apply to the commit, too")
        .to_string();
    assert!(error.contains(".cargo/config.toml"), "{error}");
    sample.commit("settings");
    checkout(&sample.checkouts(), "HEAD", probe).expect("both have them");
}
