//! The measured side: what a workload is, how it is metered, and the protocol in which a harness asks for it.
//!
//! The harness links no engine. It starts a *probe*: a process that knows the workloads, prepares one when it is told
//! to, runs it, and says what its meter read. A crash is then a row in the record and not the end of the run, two
//! revisions can be measured side by side from two builds, and anyone can measure their own crate by writing a probe:
//! implement [`Workload`], and hand a [`Registry`] and a [`Meter`] to [`serve()`]. The crate depends on little, so that
//! the probe of another revision builds in seconds.

mod clock;
mod digest;
mod end;
mod meter;
pub mod protocol;
mod registry;
mod serve;
mod workload;

pub use clock::Clock;
pub use digest::{digest, digest_of_files};
pub use end::or_end;
pub use meter::Meter;
pub use registry::{Registry, RegistryError};
pub use serve::{serve, serve_stdio};
pub use workload::{Instrument, Options, Prepared, Selection, Unit, Workload, WorkloadError};
