//! The gate against a revision: which workloads both sides have, what was measured of them, and what it means.
//!
//! Two things are told apart here. A [`Session`] holds what was measured, raw, with the rules it is judged by, and can be
//! kept in a file. A [`Ruling`] is worked out from a session and from nothing else, so that any verdict can be replayed.

mod circumstances;
mod explain;
mod field;
mod ruling;
mod session;
mod table;

pub use field::{Field, Unmatched};
pub use ruling::{Found, Ruling, Time, Word};
pub use session::{Circumstances, Counted, Revision, SCHEMA_VERSION, Session, SessionError, Terms};
