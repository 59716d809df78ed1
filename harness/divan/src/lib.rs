//! A drop-in for [divan](https://docs.rs/divan): benches that are written for it become workloads of the harness without
//! an edit. One line of the manifest changes:
//!
//! ```toml
//! [dev-dependencies]
//! divan = { package = "harness-divan", path = "..." }
//! ```
//!
//! Every benchmark is a workload with the id `BENCH/MODULE/FUNCTION/TYPE/CONSTANT/ARGUMENT`, as far as it has these. The
//! harness decides how often a benchmark runs, so options about samples and time have no effect. `docs/divan.md` lists
//! everything that differs.

mod alloc;
mod argument;
mod bencher;
pub mod counter;
mod declaration;
mod divan;

pub use std::hint::black_box;

pub use alloc::AllocProfiler;
pub use bencher::{Bencher, Inputs};
pub use divan::{Divan, main};
/// Declares a function as a benchmark.
///
/// ```
/// # extern crate harness_divan as divan;
/// #[divan::bench(args = [16, 1024])]
/// fn sort(bencher: divan::Bencher, n: u64) {
///     bencher
///         .with_inputs(|| (0..n).rev().collect::<Vec<_>>())
///         .bench_refs(|numbers| numbers.sort_unstable());
/// }
/// # fn main() {}
/// ```
pub use harness_divan_macros::bench;
/// Gives a module of benchmarks a name and options.
///
/// ```
/// # extern crate harness_divan as divan;
/// #[divan::bench_group(name = "sums")]
/// mod of_numbers {
///     #[divan::bench]
///     fn short() -> u64 {
///         (0..divan::black_box(10)).sum()
///     }
/// }
/// # fn main() {}
/// ```
pub use harness_divan_macros::bench_group;

/// Drops a value in a way that the compiler cannot remove.
pub fn black_box_drop<T>(value: T) {
    drop(black_box(value));
}

pub mod prelude {
    //! The names that most benches use.
    pub use crate::{AllocProfiler, Bencher, Divan, bench, bench_group, black_box, black_box_drop};
}

#[doc(hidden)]
pub mod __private {
    //! Names for the code that the attributes generate.
    pub use harness_bench::{Declared, Function};
    pub use inventory;

    pub use crate::argument::{Arg, Named, NamedByDebug, NamedByDisplay};
    pub use crate::declaration::{Declaration, Group, Properties};
}
