//! The gate against a revision: which workloads both sides have, what was measured of them, and what it means.
//!
//! Two things are told apart here. A [`Session`] holds what was measured, raw, with the rules it is judged by, and can be
//! kept in a file. A [`GateVerdict`] is worked out from a session and from nothing else, so that any verdict can be replayed.

mod explain;
mod instruction_change;
mod noise;
mod replay;
mod verdict;

pub use replay::{Replay, Step};
pub use verdict::{Effect, GateError, GateVerdict, TimeOutcome, TimeVerdict};
