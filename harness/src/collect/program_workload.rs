//! What the harness adds to the workloads of a probe: one that stands for the probe's program, and instruments that need
//! nothing from the probe.

use harness_probe::protocol::Description;
use harness_probe::{Instrument, Selection, Unit};
use harness_record::metric::program::UNIT;

use crate::programs::Target;
use crate::project::Program;

/// The only phase of a program: the profile that cargo builds it with.
const PHASE: &str = "release";

/// Adds to the workloads of a probe, which is this program.
pub(super) fn complete(workloads: &mut Vec<Description>, program: &Program) {
    for workload in workloads.iter_mut() {
        let instruments = &mut workload.instruments;
        instruments.retain(|one| !matches!(one, Instrument::Size | Instrument::Build));
        for (known, added) in [
            (Instrument::Callgrind, Instrument::Misses),
            (Instrument::Clock, Instrument::Counters),
        ] {
            if instruments.contains(&known) && !instruments.contains(&added) {
                instruments.push(added);
            }
        }
    }
    // Only the harness knows the file of a program that it built.
    let described = Target::of(program).map(|target| describe(&target));
    let described = described.filter(|one| workloads.iter().all(|other| other.id != one.id));
    workloads.extend(described);
}

fn describe(target: &Target) -> Description {
    Description {
        id: format!("program/{}/{}", target.package, target.name),
        about: "the program that is timed".to_owned(),
        unit: Unit {
            name: UNIT.to_owned(),
            per_run: 1,
        },
        // Nothing but the program: a change of the program is what the comparison is about.
        definition: UNIT.to_owned(),
        answer: String::new(),
        phases: vec![PHASE.to_owned()],
        instruments: vec![Instrument::Size, Instrument::Build],
        selection: Selection::Quick,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Program {
        let text = "a = { bench = { package = 'small', name = 'harness' } }";
        let mut named: std::collections::BTreeMap<String, Program> =
            toml::from_str(text).expect("valid");
        named.remove("a").expect("a program")
    }

    #[test]
    fn a_built_program_has_a_row_of_its_own() {
        let mut workloads = Vec::new();
        complete(&mut workloads, &program());
        complete(&mut workloads, &program());
        let ids: Vec<&str> = workloads.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["program/small/harness"]);
        assert!(!workloads[0].instruments.contains(&Instrument::Clock));
    }

    #[test]
    fn a_program_that_exists_has_none_and_its_workloads_can_be_simulated() {
        let mut workloads = vec![Description {
            instruments: vec![Instrument::Clock, Instrument::Callgrind, Instrument::Size],
            ..describe(&Target::of(&program()).expect("cargo builds it"))
        }];
        complete(
            &mut workloads,
            &Program::Command(vec!["./probe".to_owned()]),
        );
        assert_eq!(workloads.len(), 1);
        assert_eq!(
            workloads[0].instruments,
            [
                Instrument::Clock,
                Instrument::Callgrind,
                Instrument::Misses,
                Instrument::Counters
            ]
        );
    }
}
