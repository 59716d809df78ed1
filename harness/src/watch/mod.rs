//! What a change of the sources did, seconds after it was saved: the inner loop of optimizing.
//!
//! [`Sources`] waits until the files that the programs are built of have changed and come to rest. [`build()`] makes the
//! programs anew, incrementally, and says whether they are others than before. A [`State`] is what is known of one build: its counts
//! and its probe, which is set [`KeptBuild`] so that the next build can be timed against it, in turn on one core. [`counts_table`]
//! and [`times_table`] say what came of it.
//!
//! Counts come first, because they take a second and mean what they say; time follows from a short contest, which shows
//! what is large enough to be seen in two seconds, and says how much may have been missed. None of it is a verdict: that is
//! `harness gate`.
//!
//! Programs are built incrementally, in release mode: in this repository, a change of one kernel then costs 10 s of a core's
//! time instead of 34 (rustc 1.95; nearly all of it is code generation for the engine). The price is that counts are not quite those
//! of a build as a whole: of eight that were tried, seven were within 0.5 %, and one 1.1 % off.
//!
//! Files are polled. A look at a few hundred of them costs half a millisecond, works on every file system (over
//! a network and in containers, too, where notifications get lost), and needs no dependency; `notify` would save less than one
//! percent of a core.

mod build;
mod debounce;
mod kept_build;
mod scope;
mod snapshot;
mod sources;
mod state;
mod timed;

pub use build::{Built, build};
pub use kept_build::KeptBuild;
pub use scope::Scope;
pub use snapshot::{Edit, told};
pub use sources::{News, Sources};
pub use state::State;
pub use timed::time;
