//! Starts `examples/minimal.rs` and speaks the protocol to it over standard input and output.

mod example_program;

use harness_probe::protocol::{Reading, Reply, Request, VERSION};
use harness_probe::{Instrument, Options, Selection, digest};
use serde_json::json;

/// The example under test.
const EXAMPLE: &str = "minimal";

fn replies_to(lines: &[String]) -> Vec<Reply> {
    let lines = lines.iter().cloned();
    example_program::replies_to(EXAMPLE, lines)
}

fn line(request: &Request) -> String {
    serde_json::to_string(request).expect("a request is JSON")
}

fn prepare(workload: &str, phase: &str) -> String {
    let options = Options {
        threads: 1,
        isa: None,
    };
    line(&Request::Prepare {
        workload: workload.to_owned(),
        phase: phase.to_owned(),
        options,
    })
}

#[test]
fn hello_describes_the_workload() {
    // The text of the wire, not of the types: it must stay the same for probes of older revisions.
    let replies = replies_to(&[r#"{"ask":"hello"}"#.to_owned()]);
    let [
        Reply::Hello {
            protocol,
            meter,
            isa,
            workloads,
            ..
        },
    ] = replies.as_slice()
    else {
        panic!("{replies:?}")
    };
    assert_eq!(
        (*protocol, meter.as_str(), isa.as_str()),
        (VERSION, "clock", std::env::consts::ARCH)
    );
    let [sum] = workloads.as_slice() else {
        panic!("{workloads:?}")
    };
    assert_eq!(sum.id, "sum");
    assert_eq!(sum.phases, ["naive", "optimized"]);
    assert_eq!(
        sum.definition,
        digest(&json!({"count": 100_000, "work": "sum of 0, 1, 2, ..."}))
    );
    assert_eq!(sum.answer, digest(&json!(4_999_950_000_u64)));
    assert_eq!((sum.unit.name.as_str(), sum.unit.per_run), ("call", 1));
    assert_eq!(
        (sum.instruments.as_slice(), sum.selection),
        (&[Instrument::Clock][..], Selection::Standard)
    );
}

#[test]
fn every_phase_runs_and_gives_the_right_answer() {
    for phase in ["naive", "optimized"] {
        let run = line(&Request::Run { iterations: 3 });
        let replies = replies_to(&[prepare("sum", phase), run, line(&Request::Check)]);
        let [
            prepared,
            Reply::Ran {
                reading: Reading::Clock { nanoseconds, .. },
            },
            checked,
        ] = replies.as_slice()
        else {
            panic!("{phase}: {replies:?}")
        };
        assert_eq!(
            *prepared,
            Reply::Prepared {
                isa: std::env::consts::ARCH.to_owned(),
                threads: None,
                starts_processes: false,
            },
            "{phase}"
        );
        assert!(*nanoseconds > 0, "{phase}");
        assert_eq!(
            *checked,
            Reply::Checked {
                wrong: None,
                unchecked: false
            },
            "{phase}"
        );
    }
}

#[test]
fn a_wrong_request_gets_an_error_and_the_next_one_its_reply() {
    let replies = replies_to(&[
        prepare("product", "naive"),
        prepare("sum", "fast"),
        line(&Request::Hello),
    ]);
    let [
        Reply::Error { message: workload },
        Reply::Error { message: phase },
        Reply::Hello { .. },
    ] = replies.as_slice()
    else {
        panic!("{replies:?}")
    };
    assert_eq!(
        (workload.as_str(), phase.as_str()),
        ("there is no workload product", "there is no phase fast")
    );
}

#[test]
fn a_check_before_any_run_is_an_error() {
    let replies = replies_to(&[prepare("sum", "naive"), line(&Request::Check)]);
    assert!(
        matches!(&replies[1], Reply::Error { message } if message.starts_with("nothing has run")),
        "{replies:?}"
    );
    assert!(replies_to(&[]).is_empty());
}
