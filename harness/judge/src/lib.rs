//! Base and head side by side, and the verdict that follows: pure functions over records and sessions.

pub mod acceptance;
pub mod compare;
pub mod counts;
pub mod gate;
pub mod machine;
pub mod policy;
pub mod profile;
pub mod roadmap;
mod standing;
pub mod time_change;
pub mod trends;

pub use standing::Standing;
