//! Instructions of every workload that is small enough for callgrind, in each of its phases:
//! `cargo bench --bench instructions`.
//!
//! `HARNESS_WORKLOAD` and `HARNESS_PHASE` select one workload and one phase by name; then `by_id_0` is the only case. The
//! harness always selects this way, so that no count depends on the order of the registry. Without them the cases are
//! numbered in the order of the registry.
//!
//! One thread computes, because threads make counts unstable. The runner clears the environment of the process that is
//! counted, so each variable has to be passed on by an argument:
//! `HARNESS_WORKLOAD=medium/prefill HARNESS_PHASE=naive cargo bench --bench instructions -- --envs=HARNESS_WORKLOAD
//! --envs=HARNESS_PHASE --envs=HARNESS_ISA=avx2`.

#![expect(
    missing_docs,
    reason = "the code that the macros of iai-callgrind generate has no documentation"
)]

use std::hint::black_box;

use harness_probe::{Case, Instrument, Options, Prepared, Registry, or_exit};
use iai_callgrind as gungraun;
use iai_callgrind::{
    Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};

/// The case that the environment selects, or every case of the registry.
///
/// This runs twice: first in the process that the user started, where the runner learns the number of cases; then in
/// each process that is counted.
fn cases() -> Vec<Case> {
    // Invalid options are reported here once, before the runner starts a process for each case.
    or_exit(Options::from_environment());
    match or_exit(Case::from_environment()) {
        Some(case) => vec![case],
        None => registry().cases(Instrument::Callgrind),
    }
}

fn registry() -> Registry {
    or_exit(harness_suite::registry())
}

/// Everything that is not counted.
fn prepare(case: Case) -> Box<dyn Prepared> {
    let registry = registry();
    let workload = or_exit(registry.select(&case, Instrument::Callgrind));
    let options = Options {
        threads: 1,
        ..or_exit(Options::from_environment())
    };
    or_exit(
        workload
            .prepare(&case.phase, &options)
            .map_err(|error| format!("{case}: {error}")),
    )
}

fn check(mut prepared: Box<dyn Prepared>) {
    or_exit(
        prepared
            .check()
            .map_err(|wrong| format!("wrong answer: {wrong}")),
    );
}

#[library_benchmark]
#[benches::by_id(iter = cases(), setup = prepare, teardown = check)]
fn workload(mut prepared: Box<dyn Prepared>) -> Box<dyn Prepared> {
    prepared.run(&mut || {});
    black_box(prepared)
}

library_benchmark_group!(name = instructions, benchmarks = workload);

main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = instructions
);
