//! A drop-in for criterion: an existing bench becomes a suite of workloads without edits.
//!
//! Only the line of the dependency changes:
//!
//! ```toml
//! [dev-dependencies]
//! criterion = { package = "harness-criterion", path = "..." }
//! ```
//!
//! Each benchmark is a workload under criterion's own id, `group/function/parameter`. A harness starts the program as its
//! probe. To list the workloads, all functions run, but no closure `|bencher| ...` is called. To measure one, they run
//! again; only the closure of the requested benchmark is called, and `Bencher::iter` serves the requests of the harness
//! within it. Setup is therefore not measured, and a benchmark may borrow from the function around it.
//!
//! Started by hand (`cargo bench`), the program times each benchmark briefly. Settings that choose criterion's own
//! statistics, plots and files are accepted and have no effect. `README.md` lists what is covered.

#[cfg(feature = "async")]
pub mod async_executor;
#[cfg(feature = "async")]
mod asynchronous;
mod batch;
mod bencher;
mod by_hand;
mod criterion;
mod group;
mod id;
mod macros;
pub mod measurement;
mod old;
mod pass;
pub mod profiler;
mod program;
mod settings;
mod throughput;

pub use crate::criterion::Criterion;
#[cfg(feature = "async")]
pub use asynchronous::AsyncBencher;
pub use batch::BatchSize;
pub use bencher::Bencher;
pub use group::BenchmarkGroup;
pub use id::{BenchmarkId, IntoBenchmarkId};
pub use old::{Benchmark, BenchmarkDefinition, Fun, ParameterizedBenchmark};
pub use settings::{
    AxisScale, Baseline, BenchmarkFilter, PlotConfiguration, PlottingBackend, SamplingMode,
};
pub use throughput::Throughput;

/// Hides a value from the optimizer.
// Without an attribute: criterion's own function is an inline one, too, and `std`'s name would be another item.
#[inline]
pub fn black_box<T>(value: T) -> T {
    std::hint::black_box(value)
}

#[doc(hidden)]
pub mod generated {
    //! Names for the code that the macros generate.
    pub use crate::pass::target;
    pub use crate::program::main;
}

/// The allocator that counts.
#[cfg(feature = "heap")]
#[global_allocator]
static ALLOCATOR: harness_probe::Allocator = harness_probe::Allocator;
