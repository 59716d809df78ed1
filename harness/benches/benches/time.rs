//! Time of every workload that is small enough for criterion, in each of its phases: `cargo bench --bench time`.
//! `HARNESS_THREADS` and `HARNESS_ISA` set the threads and the instruction set. Workloads on demand are measured only if an
//! argument names their family: `cargo bench --bench time -- sweep`.

use criterion::Criterion;
use harness_probe::{Case, Instrument, Options, Prepared, Selection, Workload, or_exit};

fn main() {
    let options = or_exit(Options::from_environment());
    let registry = or_exit(harness_suite::registry());
    let mut criterion = Criterion::default().configure_from_args();
    for workload in registry.workloads() {
        if !workload.instruments().contains(&Instrument::Criterion)
            || !is_selected(workload.as_ref())
        {
            continue;
        }
        let mut group = criterion.benchmark_group(workload.id());
        for phase in workload.phases() {
            let case = Case {
                workload: workload.id().to_owned(),
                phase: phase.clone(),
            };
            // Prepared when criterion runs the case, because a filter may exclude it.
            let mut prepared: Option<Box<dyn Prepared>> = None;
            let prepare = || {
                or_exit(
                    workload
                        .prepare(&phase, &options)
                        .map_err(|error| format!("{case}: {error}")),
                )
            };
            group.bench_function(&phase, |bencher| {
                let prepared = prepared.get_or_insert_with(prepare);
                bencher.iter(|| prepared.run(&mut || {}));
            });
            if let Some(mut prepared) = prepared {
                let answer = prepared.check();
                or_exit(answer.map_err(|wrong| format!("{case} gives a wrong answer: {wrong}")));
            }
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Returns whether a workload is measured by default, or an argument names its family.
fn is_selected(workload: &dyn Workload) -> bool {
    let family = workload.id().split('/').next().unwrap_or_default();
    workload.selection() != Selection::OnDemand
        || std::env::args_os()
            .skip(1)
            .any(|argument| argument.to_string_lossy().contains(family))
}
