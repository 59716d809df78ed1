//! The verdict of the gate against a revision, computed from a [`Session`](harness_record::session::Session) alone.
//!
//! A session holds the raw measurements and the rules for judging them, so that any verdict can be replayed.

mod change;
mod explain;
mod figures;
mod forecast;
mod headline;
mod instruction_change;
mod noise;
mod replay;
mod time_budget;
mod verdict;

pub use figures::{JudgedFigure, Measured};
pub use replay::{Replay, Step};
pub use time_budget::TimeOverBudget;
pub use verdict::{Effect, GateError, GateVerdict, TimeOutcome, TimeVerdict};
