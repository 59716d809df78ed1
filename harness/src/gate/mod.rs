//! The gate against a revision: which workloads both sides have, what was measured of them, and what it means.
//!
//! Two things are told apart here. A [`Session`] holds what was measured, raw, with the rules it is judged by, and can be
//! kept in a file. A [`GateVerdict`] is worked out from a session and from nothing else, so that any verdict can be replayed.

mod explain;
mod instruction_change;
mod matching;
mod noise;
mod policy;
mod replay;
mod replay_table;
mod session;
mod slices_table;
pub mod table;
mod timing;
mod verdict;

pub use matching::{MatchedWorkloads, Unmatched};
pub use policy::Policy;
pub use replay::{Replay, Step};
pub use replay_table::{overview, steps};
pub use session::{
    Accepted, Circumstances, Counted, FLOOR_SHARE, Identical, Injection, LAYOUT_LIMIT, Layouts, Revision,
    SCHEMA_VERSION, Session, SessionError, Terms,
};
pub use slices_table::slices;
pub use timing::{SLICE, WARM, conditions, conditions_of, pinned_core, seed_of_now, time};
pub use verdict::{Effect, GateError, GateVerdict, TimeOutcome, TimeVerdict};
