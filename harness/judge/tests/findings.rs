//! Every state of a machine that has a finding of its own.

use harness_judge::machine::{Valgrind, findings};
use harness_record::machine::{Busy, Disturbance, Load, MachineState};

#[test]
fn every_state_has_a_grade_and_an_advice() {
    let load = |one| {
        Some(Load {
            one,
            five: 0.0,
            fifteen: 0.0,
        })
    };
    let busy = |cpus| {
        vec![Busy {
            name: "make".to_owned(),
            cpus,
        }]
    };
    let machine = |change: &dyn Fn(&mut MachineState)| {
        let mut state = MachineState {
            allowed: Some(2),
            load: load(0.0),
            ..MachineState::default()
        };
        change(&mut state);
        state
    };
    let quiet = Disturbance {
        others: None,
        megahertz: None,
        stolen: Some(0.0),
        throttled: Some(0.0),
    };
    let stolen = |stolen| Disturbance {
        others: None,
        megahertz: None,
        stolen: Some(stolen),
        ..quiet
    };
    let mut states = vec![
        (MachineState::default(), Vec::new(), Disturbance::default()),
        (
            machine(&|state| (state.allowed, state.online) = (Some(1), Some(2))),
            busy(0.3),
            quiet,
        ),
        (
            machine(&|state| state.governors = vec!["performance".to_owned()]),
            busy(0.1),
            stolen(0.01),
        ),
        (
            machine(&|state| state.governors = vec!["powersave".to_owned(), "x".to_owned()]),
            busy(1.9),
            stolen(0.2),
        ),
        (
            machine(&|state| (state.turbo, state.siblings) = (Some(true), Some(true))),
            Vec::new(),
            quiet,
        ),
        (
            machine(&|state| (state.turbo, state.siblings) = (Some(false), Some(false))),
            Vec::new(),
            quiet,
        ),
        (machine(&|state| state.load = load(1.5)), Vec::new(), quiet),
        (machine(&|state| state.quota = Some(0.5)), Vec::new(), quiet),
        (machine(&|state| state.quota = Some(1.5)), Vec::new(), quiet),
        (machine(&|state| state.quota = Some(4.0)), Vec::new(), quiet),
        (
            machine(&|state| state.quota = Some(4.0)),
            Vec::new(),
            Disturbance {
                others: None,
                megahertz: None,
                throttled: Some(0.25),
                ..quiet
            },
        ),
    ];
    for swap in [(0, 0), (0, 1 << 30), (1 << 20, 1 << 30)] {
        states.push((machine(&|state| state.swap = Some(swap)), Vec::new(), quiet));
    }
    for (place, text) in ["always", "madvise", "tsc", "acpi_pm"]
        .into_iter()
        .enumerate()
    {
        let state = machine(&|state| {
            let text = Some(text.to_owned());
            if place < 2 {
                state.huge_pages = text
            } else {
                state.clock_source = text
            }
        });
        states.push((state, Vec::new(), quiet));
    }
    for level in 0..4 {
        let state = machine(&|state| {
            (state.random_layout, state.ptrace_scope) = (Some(level), Some(level));
            (state.counters, state.counters_paranoid) = (level > 0, (level > 1).then_some(level));
        });
        states.push((state, Vec::new(), quiet));
    }
    let mut lines: Vec<String> = Vec::new();
    for (state, busy, disturbance) in states {
        for works in [
            None,
            Some(Ok(())),
            Some(Err("valgrind: failed to start tool".to_owned())),
        ] {
            let valgrind = works.map(|works| Valgrind {
                version: "valgrind 3.19.0".to_owned(),
                works,
            });
            for finding in findings(&state, &busy, &disturbance, valgrind.as_ref()) {
                lines.push(format!(
                    "{} | {} | {} | {}",
                    finding.what,
                    finding.found,
                    finding.grade.name(),
                    finding.advice
                ));
            }
        }
    }
    lines.sort();
    lines.dedup();
    insta::assert_snapshot!(lines.join("\n"));
}
