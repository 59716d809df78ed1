//! The gate against a revision: matches the workloads of both sides, times them in pairs, and judges the result.
//!
//! A [`Session`] holds the raw measurements and the rules for judging them, and can be stored in a file.
//! A [`GateVerdict`] is computed from a session alone, so that any verdict can be replayed.

mod explain;
mod instruction_change;
mod matching;
mod noise;
mod policy;
mod replay;
mod replay_table;
mod session;
mod slices_table;
mod table;
mod timing;
mod verdict;

pub use matching::{MatchedWorkloads, Unmatched};
pub use policy::Policy;
pub use replay::{Replay, Step};
pub use replay_table::{overview, steps};
pub use session::{
    Accepted, Circumstances, Counted, Identical, Revision, SCHEMA_VERSION, Session, SessionError, Terms,
};
pub use slices_table::slices;
pub use timing::{FLOOR_SHARE, LAYOUT_LIMIT, SLICE, WARM, conditions, pinned_core, seed_of_now};
pub use verdict::{Effect, GateError, GateVerdict, TimeOutcome, TimeVerdict};
