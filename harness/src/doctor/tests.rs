//! Tests of the grades of findings, and of the state's line.

use harness_judge::machine::{Grade, Valgrind, findings};
use harness_record::machine::{Busy, Disturbance, Load, MachineState};

fn ideal() -> MachineState {
    MachineState {
        online: Some(4),
        allowed: Some(4),
        siblings: Some(false),
        governors: vec!["performance".to_owned()],
        turbo: Some(false),
        load: Some(Load {
            one: 0.1,
            five: 0.1,
            fifteen: 0.1,
        }),
        quota: None,
        swap: Some((0, 0)),
        huge_pages: Some("madvise".to_owned()),
        random_layout: Some(2),
        clock_source: Some("tsc".to_owned()),
        counters: true,
        counters_paranoid: Some(2),
        ptrace_scope: Some(1),
    }
}

const CALM: Disturbance = Disturbance {
    others: None,
    megahertz: None,
    stolen: Some(0.0),
    throttled: Some(0.0),
};

fn grade(what: &str, state: &MachineState, busy: &[Busy], disturbance: &Disturbance) -> Grade {
    let all = findings(state, busy, disturbance, None);
    all.iter()
        .find(|finding| finding.what == what)
        .expect("there is such a finding")
        .grade
}

#[test]
fn an_ideal_machine_is_good_in_everything() {
    let valgrind = Valgrind {
        version: "valgrind 3.19.0".to_owned(),
        works: Ok(()),
    };
    let all = findings(&ideal(), &[], &CALM, Some(&valgrind));
    assert!(
        all.iter().all(|finding| finding.grade == Grade::Good),
        "{all:#?}"
    );
}

#[test]
fn each_deviation_lowers_the_grade_and_every_advice_is_one_sentence() {
    let hog = |cpus| {
        vec![Busy {
            name: "hog".to_owned(),
            cpus,
        }]
    };
    let with = |change: fn(&mut MachineState)| {
        let mut state = ideal();
        change(&mut state);
        state
    };
    let ideal = ideal();
    for (what, state, busy, disturbance, expected) in [
        (
            "CPUs to use",
            with(|state| state.allowed = Some(1)),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "frequency governor",
            with(|state| state.governors.clear()),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "frequency governor",
            with(|state| state.governors.push("powersave".to_owned())),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "turbo",
            with(|state| state.turbo = Some(true)),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "SMT siblings",
            with(|state| state.siblings = Some(true)),
            vec![],
            CALM,
            Grade::Warning,
        ),
        ("load", ideal.clone(), hog(1.0), CALM, Grade::Warning),
        ("load", ideal.clone(), hog(3.9), CALM, Grade::Bad),
        (
            "load",
            with(|state| {
                state.load = Some(Load {
                    one: 3.0,
                    five: 0.0,
                    fifteen: 0.0,
                })
            }),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "steal time",
            ideal.clone(),
            vec![],
            Disturbance {
                others: None,
                megahertz: None,
                stolen: Some(0.02),
                ..CALM
            },
            Grade::Warning,
        ),
        (
            "steal time",
            ideal.clone(),
            vec![],
            Disturbance {
                others: None,
                megahertz: None,
                stolen: Some(0.2),
                ..CALM
            },
            Grade::Bad,
        ),
        (
            "container quota",
            with(|state| state.quota = Some(0.5)),
            vec![],
            CALM,
            Grade::Bad,
        ),
        (
            "container quota",
            with(|state| state.quota = Some(2.0)),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "container quota",
            with(|state| state.quota = Some(2.0)),
            vec![],
            Disturbance {
                others: None,
                megahertz: None,
                throttled: Some(0.1),
                ..CALM
            },
            Grade::Bad,
        ),
        (
            "container quota",
            with(|state| state.quota = Some(4.0)),
            vec![],
            CALM,
            Grade::Good,
        ),
        (
            "swap",
            with(|state| state.swap = Some((1, 2))),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "huge pages",
            with(|state| state.huge_pages = Some("always".to_owned())),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "random layout",
            with(|state| state.random_layout = Some(0)),
            vec![],
            CALM,
            Grade::Warning,
        ),
        (
            "clock source",
            with(|state| state.clock_source = Some("hpet".to_owned())),
            vec![],
            CALM,
            Grade::Warning,
        ),
        ("valgrind", ideal.clone(), vec![], CALM, Grade::Warning),
        (
            "hardware counters",
            with(|state| state.counters = false),
            vec![],
            CALM,
            Grade::Good,
        ),
        (
            "tracing",
            with(|state| state.ptrace_scope = Some(3)),
            vec![],
            CALM,
            Grade::Warning,
        ),
    ] {
        assert_eq!(
            grade(what, &state, &busy, &disturbance),
            expected,
            "{what}: {state:?} {busy:?} {disturbance:?}"
        );
        for finding in findings(&state, &busy, &disturbance, None) {
            let ends = finding.advice.ends_with('.') || finding.advice.ends_with('?');
            assert!(ends && !finding.advice.contains(". "), "{}", finding.advice);
        }
    }
}

#[test]
fn unknown_values_are_graded_as_warnings() {
    let nothing = findings(&MachineState::default(), &[], &Disturbance::default(), None);
    let good: Vec<&str> = nothing
        .iter()
        .filter(|finding| finding.grade == Grade::Good)
        .map(|finding| finding.what)
        .collect();
    assert_eq!(
        good,
        [
            "container quota",
            "huge pages",
            "hardware counters",
            "tracing"
        ]
    );
}

#[test]
fn a_state_is_printed_in_one_line() {
    assert_eq!(
        ideal().line(&CALM),
        "governor performance, turbo off, load 0.10 on 4 CPUs at the start, 0.0 % of the time stolen, quota none"
    );
    let state = MachineState {
        quota: Some(1.5),
        ..MachineState::default()
    };
    assert_eq!(
        state.line(&Disturbance {
            others: None,
            megahertz: None,
            stolen: None,
            throttled: Some(0.25)
        }),
        "governor not visible, turbo not visible, load unknown at the start, unknown of the time stolen, \
         quota 1.50 CPUs, used up in 25.0 % of its periods"
    );
}
