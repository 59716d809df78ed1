//! Time of every workload that is small enough for criterion, in each of its phases: `cargo bench --bench time`.
//! Threads and instruction set can be set by `HARNESS_THREADS` and `HARNESS_ISA`.

use criterion::Criterion;
use harness_probe::{Instrument, Options, Prepared};

fn main() {
    let options = Options::from_environment().unwrap_or_else(|error| panic!("{error}"));
    let mut criterion = Criterion::default().configure_from_args();
    let registry = harness_suite::registry();
    for workload in registry.workloads() {
        if !workload.instruments().contains(&Instrument::Criterion) {
            continue;
        }
        let mut group = criterion.benchmark_group(workload.id());
        for phase in workload.phases() {
            // Prepared when criterion really runs the case: a filter may leave it out.
            let mut prepared: Option<Box<dyn Prepared>> = None;
            let prepare = || {
                workload
                    .prepare(&phase, &options)
                    .unwrap_or_else(|error| panic!("{} in phase {phase}: {error}", workload.id()))
            };
            group.bench_function(&phase, |bencher| {
                let prepared = prepared.get_or_insert_with(prepare);
                bencher.iter(|| prepared.run(&mut || {}));
            });
            if let Some(Err(wrong)) = prepared.map(|mut prepared| prepared.check()) {
                panic!("{} in phase {phase} gives a wrong answer: {wrong}", workload.id());
            }
        }
        group.finish();
    }
    criterion.final_summary();
}
