//! Starts `examples/divan_benches.rs`, a bench as it is written for divan, as a harness does.

#[path = "../../probe/tests/example_program/mod.rs"]
mod example_program;

use std::collections::BTreeMap;

use harness_probe::protocol::{Description, Reading, Reply, Request};
use harness_probe::{Options, Selection};

/// The example under test.
const EXAMPLE: &str = "divan_benches";

fn replies_to(requests: &[Request]) -> Vec<Reply> {
    let lines = requests
        .iter()
        .map(|request| serde_json::to_string(request).expect("a request is JSON"));
    example_program::replies_to(EXAMPLE, lines)
}

fn described() -> Vec<Description> {
    match replies_to(&[Request::Hello]).pop() {
        Some(Reply::Hello { workloads, .. }) => workloads,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_benchmark_is_a_workload_with_the_names_that_divan_shows() {
    let ids: Vec<String> = described().into_iter().map(|one| one.id).collect();
    let expected = [
        "add",
        "sum of numbers",
        "power/1",
        "power/2",
        "power/4",
        "words/a b",
        "words/c",
        "sort/Up",
        "sort/Down",
        "collect/Vec<i32>",
        "collect/HashSet<i32>",
        "collect/BTreeSet<i32>",
        "array/3",
        "array/30",
        "both/u8/1",
        "both/u8/2",
        "both/u64/1",
        "both/u64/2",
        "ignored",
        "texts/upper/short",
        "texts/upper/longer",
        "texts/inner/nothing",
    ];
    assert_eq!(ids, expected.map(|id| format!("divan_benches/{id}")));
}

#[test]
fn attributes_give_throughput_and_selection() {
    let all = described();
    let by_id: BTreeMap<&str, &Description> = all
        .iter()
        .filter_map(|one| Some((one.id.strip_prefix("divan_benches/")?, one)))
        .collect();
    let units = ["add", "sum of numbers", "array/3"].map(|id| {
        let unit = &by_id[id].unit;
        (unit.name.as_str(), unit.per_run)
    });
    assert_eq!(units, [("call", 1), ("item", 100), ("byte", 8)]);
    for (id, selection) in [
        ("add", Selection::Standard),
        ("ignored", Selection::OnDemand),
        ("texts/inner/nothing", Selection::OnDemand),
    ] {
        assert_eq!(by_id[id].selection, selection, "{id}");
    }
}

#[test]
fn every_benchmark_can_be_measured() {
    let ids: Vec<String> = described().into_iter().map(|one| one.id).collect();
    let requests: Vec<Request> = ids
        .iter()
        .flat_map(|id| {
            let prepare = Request::Prepare {
                workload: id.clone(),
                phase: "current".to_owned(),
                options: Options {
                    threads: 1,
                    isa: None,
                },
            };
            [prepare, Request::Run { iterations: 70 }, Request::Check]
        })
        .collect();
    let replies = replies_to(&requests);
    let read = replies
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
    assert_eq!(read, ids.len(), "{replies:?}");
}
