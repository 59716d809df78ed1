//! Instructions of every workload that is small enough for callgrind, in each of its phases: `cargo bench --bench
//! instructions`. One thread computes, because threads make counts unstable. The runner clears the environment, so an
//! instruction set is chosen by an argument: `-- --envs=HARNESS_ISA=avx2`.

#![expect(missing_docs, reason = "what the macros of iai-callgrind generate has none")]

use std::hint::black_box;

use harness_probe::{Instrument, Options, Prepared, or_end};
use iai_callgrind as gungraun;
use iai_callgrind::{Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

/// Workload and phase of every case, in the registry's order: the runner names the cases by their place in it.
fn cases() -> Vec<(String, String)> {
    // Said once, before the runner starts a process for each case and clears its environment.
    or_end(Options::from_environment());
    or_end(harness_suite::registry())
        .workloads()
        .iter()
        .filter(|workload| workload.instruments().contains(&Instrument::Callgrind))
        .flat_map(|workload| workload.phases().into_iter().map(|phase| (workload.id().to_owned(), phase)))
        .collect()
}

/// Everything that is not to be counted.
fn prepare((workload, phase): (String, String)) -> Box<dyn Prepared> {
    let registry = or_end(harness_suite::registry());
    let workload = or_end(registry.get(&workload).ok_or_else(|| format!("there is no workload {workload}")));
    let asked = or_end(Options::from_environment());
    let options = Options { threads: 1, ..asked };
    let prepared = workload.prepare(&phase, &options);
    or_end(prepared.map_err(|error| format!("{} in phase {phase}: {error}", workload.id())))
}

fn check(mut prepared: Box<dyn Prepared>) {
    or_end(prepared.check().map_err(|wrong| format!("wrong answer: {wrong}")));
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
