//! Starts `examples/functions.rs` as a harness does and by hand.

#[path = "../../probe/tests/example_program/mod.rs"]
mod example_program;

use std::collections::BTreeMap;
use std::process::Command;

use harness_probe::protocol::{Description, Reading, Reply, Request};
use harness_probe::{Options, Selection};

/// The example under test.
const EXAMPLE: &str = "functions";

fn replies_to(requests: &[Request]) -> Vec<Reply> {
    let lines = requests
        .iter()
        .map(|request| serde_json::to_string(request).expect("a request is JSON"));
    example_program::replies_to(EXAMPLE, lines)
}

fn by_hand(arguments: &[&str]) -> String {
    let output = Command::new(example_program::example(EXAMPLE))
        .args(arguments)
        .output()
        .expect("the example runs");
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).expect("Unicode")
}

fn prepare(workload: &str, phase: &str) -> Request {
    Request::Prepare {
        workload: workload.to_owned(),
        phase: phase.to_owned(),
        options: Options {
            threads: 1,
            isa: None,
        },
    }
}

#[test]
fn every_declaration_is_a_workload_in_the_order_of_the_source() {
    let replies = replies_to(&[Request::Hello]);
    let [Reply::Hello { workloads, .. }] = replies.as_slice() else {
        panic!("{replies:?}")
    };
    let ids: Vec<&str> = workloads.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "words/count",
            "sort/16",
            "sort/1024",
            "sum",
            "copy/10",
            "copy/1000",
            "nothing"
        ]
    );
    let by_id: BTreeMap<&str, &Description> =
        workloads.iter().map(|one| (one.id.as_str(), one)).collect();
    assert_eq!(by_id["sum"].phases, ["loop", "iterator"]);
    assert_eq!(by_id["sum"].about, "the sum of 100 numbers");
    let units = ["words/count", "sort/16", "copy/1000"].map(|id| {
        let unit = &by_id[id].unit;
        (unit.name.as_str(), unit.per_run)
    });
    assert_eq!(units, [("call", 1), ("number", 16), ("byte", 1000)]);
    let selections = ["sort/16", "sum", "nothing"].map(|id| by_id[id].selection);
    assert_eq!(
        selections,
        [Selection::Quick, Selection::Standard, Selection::OnDemand]
    );
    assert_ne!(by_id["sort/16"].definition, by_id["sort/1024"].definition);
}

#[test]
fn one_process_measures_several_workloads_and_checks_each_answer() {
    let run = Request::Run { iterations: 3 };
    let replies = replies_to(&[
        prepare("sum", "loop"),
        Request::WarmUp,
        run.clone(),
        Request::Check,
        prepare("sum", "iterator"),
        run.clone(),
        Request::Check,
        prepare("sort/16", "current"),
        run.clone(),
        Request::Check,
        prepare("sort/17", "current"),
        run,
    ]);
    let times = replies
        .iter()
        .filter(|reply| {
            matches!(
                reply,
                Reply::Ran {
                    reading: Reading::Clock { .. }
                }
            )
        })
        .count();
    assert_eq!(times, 3);
    let checks: Vec<(bool, bool)> = replies
        .iter()
        .filter_map(|reply| match reply {
            Reply::Checked { wrong, unchecked } => Some((wrong.is_some(), *unchecked)),
            _ => None,
        })
        .collect();
    assert_eq!(checks, [(false, false), (true, false), (false, true)]);
    let refused = &replies[replies.len() - 2..];
    assert!(
        refused
            .iter()
            .all(|reply| matches!(reply, Reply::Error { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_person_can_list_test_and_measure() {
    let listed = by_hand(&["--list"]);
    assert_eq!(listed.lines().count(), 8, "{listed}");
    let tested = by_hand(&["--test"]);
    assert_eq!(tested.matches("ran once").count(), 7, "{tested}");
    assert_eq!(tested.matches("WRONG ANSWER").count(), 1, "{tested}");
    let measured = by_hand(&["--bench", "copy/10"]);
    assert_eq!(
        measured.matches("copy/10").count(),
        2,
        "copy/10 and copy/1000: {measured}"
    );
    assert!(measured.contains("bytes/s"), "{measured}");
}
