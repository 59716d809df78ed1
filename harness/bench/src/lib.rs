//! Functions as workloads: the crate that a measured crate depends on, under the name `harness`.
//!
//! ```toml
//! [dev-dependencies]
//! harness = { package = "harness-bench", path = "..." }
//!
//! [[bench]]
//! name = "harness"
//! harness = false
//! ```
//!
//! The file `benches/harness.rs` then declares workloads; `harness init` writes the first one:
//!
//! ```
//! # use harness_bench as harness;
//! #[harness::workload]
//! fn sum(bencher: &mut harness::Bencher) {
//!     let numbers: Vec<u64> = (0..1000).collect(); // not measured
//!     bencher.iter(|| numbers.iter().sum::<u64>());
//! }
//!
//! harness::main!();
//! ```
//!
//! The same program is timed and, under valgrind, counted. For heap counts it is built once more with the feature `heap`.
//! Started by hand (`cargo bench`), it times each workload briefly.

mod bencher;
mod declared;
mod function;
mod suite;

pub use bencher::{Answer, Bencher};
pub use declared::Declared;
pub use function::{Function, IntoFunctions, function};
/// Declares a function as a workload.
///
/// The function has no parameter, or a `&mut Bencher`, or a `&mut Bencher` and an argument:
///
/// | option | meaning |
/// |---|---|
/// | `id = "parse/small"` | the id; by default the name of the function |
/// | `args = [10, 100]` | one workload for each argument, with the id `id/argument` |
/// | `bytes = EXPRESSION`, `items = EXPRESSION` | throughput of one run; the expression may contain the argument |
/// | `unit = "row"` | the name of an item |
/// | `phase = "fast"` | an implementation of a workload of this id; all implementations are compared |
/// | `about = "..."` | one line for readers of reports |
/// | `quick` | measured by quick runs, too |
/// | `on_demand` | measured only by runs that name it |
///
/// ```
/// # use harness_bench as harness;
/// #[harness::workload(args = [16, 1024], items = n, unit = "number")]
/// fn sort(bencher: &mut harness::Bencher, n: u64) {
///     bencher.iter_with(|| (0..n).rev().collect::<Vec<_>>(), |mut numbers| numbers.sort_unstable());
/// }
/// # harness::main!();
/// ```
pub use harness_bench_macros::workload;
pub use std::hint::black_box;
pub use suite::main;

#[doc(hidden)]
pub mod generated {
    //! Names for the code that the macros generate.
    pub use inventory;
}

/// The allocator that counts.
#[cfg(feature = "heap")]
#[global_allocator]
static ALLOCATOR: harness_probe::Allocator = harness_probe::Allocator;

/// Defines the function `main` of a program with workloads: all functions with the attribute [`workload`], and those
/// that the arguments of the macro make, each a [`Function`] or an iterator of them.
#[macro_export]
macro_rules! main {
    ($($functions:expr),* $(,)?) => {
        fn main() {
            #[allow(unused_mut, reason = "there may be no arguments")]
            let mut functions = ::std::vec::Vec::<$crate::Function>::new();
            $(functions.extend($crate::Function::all_of($functions));)*
            $crate::main(functions)
        }
    };
}
