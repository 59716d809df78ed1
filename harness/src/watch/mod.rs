//! Shows the effect of a change of the sources seconds after it was saved: the inner loop of optimizing.
//!
//! [`Sources`] waits until the files that the programs are built from have changed and settled. [`build()`] rebuilds
//! the programs incrementally, and computes a digest that shows if they changed. A [`State`] holds the counts and the
//! probe of one build; a [`KeptBuild`] is a copy of the probe, so that the next build can be timed in turn with it on
//! one core. Tables of `harness_report` show the results.
//!
//! Counts come first, because they take a second and have no noise. Time follows from a short A/B timing. It shows
//! differences that are large enough to be seen in two seconds, and states how large a missed one may be. None of this
//! is a verdict: that is `harness gate`.
//!
//! Programs are built incrementally, in release mode: in this repository, a change of one kernel then costs 10 s of CPU
//! time instead of 34 (rustc 1.95; nearly all of it is code generation for the engine). The price: counts differ
//! slightly from those of a full build. Of eight that were tried, seven were within 0.5 %, and one was 1.1 % off.
//!
//! Files are polled, and only while the watch waits. Polling a few hundred files costs half a millisecond and works on
//! every file system, also over a network and in containers, where notifications get lost. The polling watcher of the
//! crate `notify` is no substitute: it compares times of whole seconds, overlooks a file that gets an older time, and
//! polls in a thread of its own, which would disturb the timing.

mod build;
mod kept_build;
mod scope;
mod snapshot;
mod sources;
mod state;

pub use build::{Built, build};
pub use kept_build::KeptBuild;
pub use scope::Scope;
pub use snapshot::{Edit, Kind, told};
pub use sources::Sources;
pub use state::{State, time};
