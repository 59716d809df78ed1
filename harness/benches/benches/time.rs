//! Time of every workload that is small enough for criterion, in each of its phases: `cargo bench --bench time`.
//! Threads and instruction set can be set by `HARNESS_THREADS` and `HARNESS_ISA`. What is measured on demand only joins
//! in when an argument names its family: `cargo bench --bench time -- sweep`.

use criterion::Criterion;
use harness_probe::{Instrument, Options, Prepared, Selection, Workload, or_end};

fn main() {
    let options = or_end(Options::from_environment());
    let registry = or_end(harness_suite::registry());
    let mut criterion = Criterion::default().configure_from_args();
    for workload in registry.workloads() {
        if !workload.instruments().contains(&Instrument::Criterion) || !asked(workload.as_ref()) {
            continue;
        }
        let mut group = criterion.benchmark_group(workload.id());
        for phase in workload.phases() {
            let told = |what: &str| format!("{} in phase {phase}{what}", workload.id());
            // Prepared when criterion really runs the case: a filter may leave it out.
            let mut prepared: Option<Box<dyn Prepared>> = None;
            let prepare =
                || or_end(workload.prepare(&phase, &options).map_err(|error| format!("{}: {error}", told(""))));
            group.bench_function(&phase, |bencher| {
                let prepared = prepared.get_or_insert_with(prepare);
                bencher.iter(|| prepared.run(&mut || {}));
            });
            if let Some(mut prepared) = prepared {
                let answer = prepared.check();
                or_end(answer.map_err(|wrong| format!("{}: {wrong}", told(" gives a wrong answer"))));
            }
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Whether a workload is measured without being named, or an argument names its family.
fn asked(workload: &dyn Workload) -> bool {
    let family = workload.id().split('/').next().unwrap_or_default();
    workload.selection() != Selection::OnDemand || std::env::args().skip(1).any(|argument| argument.contains(family))
}
