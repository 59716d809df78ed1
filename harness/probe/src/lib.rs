//! The measured side: workloads, meters, and the protocol between harness and probe.
//!
//! The harness does not link the measured code. It starts a *probe*: a process that prepares and runs a workload on request,
//! and returns the reading of its meter. This has three advantages. A crash of a workload is one row of the record and does
//! not end the run. Two builds of two revisions can be measured side by side. Anyone can measure their own crate with a
//! probe: implement [`Workload`], and pass a [`Registry`] and a [`Meter`] to [`serve_stdio()`]. `examples/minimal.rs` is a
//! complete probe. The crate has few dependencies, so that the probe of another revision builds in seconds.

mod case;
mod clock;
mod digest;
mod exit;
#[cfg(feature = "heap")]
mod heap;
mod instrument;
mod meter;
mod names;
mod program;
pub mod protocol;
mod region;
mod registry;
mod replies;
mod serve;
mod suite;
mod workload;

pub use case::Case;
pub use clock::Clock;
/// The allocator that [`Heap`] counts with.
#[cfg(feature = "heap")]
pub use dhat::Alloc as Allocator;
pub use digest::{digest, digest_of_files};
pub use exit::or_exit;
#[cfg(feature = "heap")]
pub use heap::Heap;
pub use instrument::Instrument;
pub use meter::Meter;
pub use names::join_names;
pub use program::{ONLY_PHASE, PROBE_ARGUMENT, measure_briefly, run_program};
pub use region::{REGION_FUNCTION, Region};
pub use registry::{Registry, RegistryError};
pub use serve::{serve, serve_stdio};
pub use suite::Suite;
pub use workload::{Options, Prepared, Selection, Unit, Workload, WorkloadError};
