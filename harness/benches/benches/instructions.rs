//! Instructions of every workload that is small enough for callgrind, in each of its phases: `cargo bench --bench
//! instructions`. One thread computes, because threads make counts unstable.

#![expect(missing_docs, reason = "what the macros of iai-callgrind generate has none")]

use std::hint::black_box;

use harness_probe::{Instrument, Options, Prepared};
use iai_callgrind as gungraun;
use iai_callgrind::{Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

/// Workload and phase of every case, in the registry's order: the runner names the cases by their place in it.
fn cases() -> Vec<(String, String)> {
    harness_suite::registry()
        .workloads()
        .iter()
        .filter(|workload| workload.instruments().contains(&Instrument::Callgrind))
        .flat_map(|workload| workload.phases().into_iter().map(|phase| (workload.id().to_owned(), phase)))
        .collect()
}

/// Everything that is not to be counted.
fn prepare((workload, phase): (String, String)) -> Box<dyn Prepared> {
    let registry = harness_suite::registry();
    let workload = registry.get(&workload).expect("the case comes from the registry");
    let asked = Options::from_environment().unwrap_or_else(|error| panic!("{error}"));
    let options = Options { threads: 1, ..asked };
    workload.prepare(&phase, &options).unwrap_or_else(|error| panic!("{} in phase {phase}: {error}", workload.id()))
}

fn check(mut prepared: Box<dyn Prepared>) {
    if let Err(wrong) = prepared.check() {
        panic!("wrong answer: {wrong}");
    }
}

#[library_benchmark]
#[benches::case(iter = cases(), setup = prepare, teardown = check)]
fn workload(mut prepared: Box<dyn Prepared>) -> Box<dyn Prepared> {
    prepared.run(&mut || {});
    black_box(prepared)
}

library_benchmark_group!(name = instructions, benchmarks = workload);

main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = instructions
);
