//! The gate against a revision: matches the workloads of both sides, times them in pairs, and judges the result.
//!
//! A [`Session`] holds the raw measurements and the rules for judging them, and can be stored in a file.
//! A [`GateVerdict`] is computed from a session alone, so that any verdict can be replayed.

mod explain;
mod instruction_change;
mod noise;
mod replay;
mod verdict;

pub use replay::{Replay, Step};
pub use verdict::{Effect, GateError, GateVerdict, TimeOutcome, TimeVerdict};
