//! Starts `examples/benches.rs` as a harness does and by hand. With the feature `heap`, the same tests count allocations.

#[path = "../../probe/tests/example_program/mod.rs"]
mod example_program;

use std::collections::BTreeMap;
use std::process::Command;

use harness_probe::protocol::{Description, Reading, Reply, Request};
use harness_probe::{Options, Unit};

/// The example under test.
const EXAMPLE: &str = "benches";

fn replies_to(requests: &[Request]) -> Vec<Reply> {
    let lines = requests
        .iter()
        .map(|request| serde_json::to_string(request).expect("a request is JSON"));
    example_program::replies_to(EXAMPLE, lines)
}

fn workloads() -> BTreeMap<String, Description> {
    let replies = replies_to(&[Request::Hello]);
    let [Reply::Hello { workloads, .. }] = replies.as_slice() else {
        panic!("{replies:?}")
    };
    workloads
        .iter()
        .map(|one| (one.id.clone(), one.clone()))
        .collect()
}

fn by_hand(arguments: &[&str]) -> String {
    let output = Command::new(example_program::example(EXAMPLE))
        .args(arguments)
        .output()
        .expect("the example runs");
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).expect("Unicode")
}

fn prepare(workload: &str) -> Request {
    Request::Prepare {
        workload: workload.to_owned(),
        phase: "current".to_owned(),
        options: Options {
            threads: 1,
            isa: None,
        },
    }
}

#[test]
fn every_benchmark_is_a_workload_under_the_id_of_criterion() {
    let workloads = workloads();
    let ids: Vec<&str> = workloads.keys().map(String::as_str).collect();
    let expected = [
        "alone",
        "alone_2",
        "custom",
        "four",
        "functions/f",
        "input/7",
        "no routine",
        "old/one",
        "old/two",
        "one",
        "over",
        "squares/3",
        "squares/4",
        "sums/1024",
        "sums/16",
        "sums/append 1",
        "sums/copy",
        "sums/loop/1024",
        "sums/loop/16",
        "three",
        "two",
    ];
    let is_expected = |id: &&&str| **id != "future";
    assert_eq!(
        ids.iter().filter(is_expected).copied().collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn throughput_is_the_unit_and_part_of_the_definition() {
    let workloads = workloads();
    let unit = |id: &str| {
        let Unit { name, per_run } = &workloads[id].unit;
        (name.as_str(), *per_run)
    };
    assert_eq!(unit("sums/loop/16"), ("element", 16));
    assert_eq!(unit("sums/copy"), ("byte", 100));
    assert_eq!(unit("squares/4"), ("byte", 4));
    assert_eq!(unit("alone"), ("call", 1));
    let definition = |id: &str| &workloads[id].definition;
    assert_ne!(definition("sums/16"), definition("sums/1024"));
    assert_eq!(
        definition("alone"),
        &replies_to(&[Request::Hello])
            .into_iter()
            .find_map(|reply| match reply {
                Reply::Hello { workloads, .. } => Some(workloads[0].definition.clone()),
                _ => None,
            })
            .expect("a greeting"),
        "the same in another process"
    );
}

#[test]
fn one_process_measures_every_benchmark_in_any_order() {
    let ids = [
        "twin",
        "two",
        "sums/loop/1024",
        "alone_2",
        "four",
        "sums/append 1",
        "sums/loop/16",
        "squares/3",
        "over",
        "alone",
        "functions/f",
        "no routine",
        "input/7",
    ];
    let requests: Vec<Request> = ids
        .iter()
        .flat_map(|id| {
            let run = Request::Run { iterations: 3 };
            [prepare(id), Request::WarmUp, run, Request::Check]
        })
        .collect();
    let replies = replies_to(&requests);
    let outcomes: Vec<bool> = replies
        .chunks(4)
        .map(|replies| {
            matches!(
                replies,
                [
                    Reply::Prepared { .. },
                    Reply::WarmedUp,
                    Reply::Ran {
                        reading: Reading::Clock { .. } | Reading::Heap { .. }
                    },
                    Reply::Checked {
                        wrong: None,
                        unchecked: true
                    }
                ]
            )
        })
        .collect();
    let expected: Vec<bool> = ids
        .iter()
        .map(|id| !["twin", "no routine"].contains(id))
        .collect();
    assert_eq!(outcomes, expected, "{replies:?}");
}

#[cfg(not(feature = "heap"))]
#[test]
fn the_time_of_a_custom_routine_is_its_own() {
    let replies = replies_to(&[prepare("custom"), Request::Run { iterations: 3 }]);
    let [
        _,
        Reply::Ran {
            reading: Reading::Clock { nanoseconds, .. },
        },
    ] = replies.as_slice()
    else {
        panic!("{replies:?}")
    };
    assert!(*nanoseconds >= 3_000_000_000, "{nanoseconds}");
}

#[cfg(feature = "heap")]
#[test]
fn only_the_allocations_of_routines_are_counted() {
    for (id, bytes) in [
        ("alone", 0),
        ("alone_2", 10),
        ("sums/copy", 100),
        ("sums/loop/1024", 0),
    ] {
        let replies = replies_to(&[prepare(id), Request::Run { iterations: 3 }]);
        let [
            _,
            Reply::Ran {
                reading:
                    Reading::Heap {
                        total_bytes,
                        total_blocks,
                        ..
                    },
            },
        ] = replies.as_slice()
        else {
            panic!("{replies:?}")
        };
        let blocks = if bytes == 0 { 0 } else { 3 };
        assert_eq!((*total_bytes, *total_blocks), (3 * bytes, blocks), "{id}");
    }
}

#[test]
fn a_person_can_list_test_and_measure() {
    let listed = by_hand(&["--list"]);
    assert!(listed.contains("sums/loop/16: benchmark"), "{listed}");
    assert!(!listed.contains("ran once"), "{listed}");
    let tested = by_hand(&[]);
    assert!(tested.matches("ran once").count() >= 20, "{tested}");
    assert!(tested.contains("no routine: measures nothing"), "{tested}");
    let measured = by_hand(&["--bench", "copy|loop/16"]);
    let unit = if cfg!(feature = "heap") {
        "bytes in"
    } else {
        "bytes/s"
    };
    assert_eq!(measured.matches("sums/").count(), 2, "{measured}");
    assert!(measured.contains(unit), "{measured}");
}
