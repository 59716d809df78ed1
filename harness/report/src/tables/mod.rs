//! Tables of comparisons, verdicts, profiles and histories: one file per table, each a function from data to a [`Table`].
//!
//! [`Table`]: crate::render::Table

pub mod command_pair;
pub mod commands;
pub mod compared_sides;
pub mod comparisons;
pub mod counts;
pub mod diagnosis;
pub mod history;
pub mod moves;
pub mod profile;
pub mod profile_difference;
#[cfg(test)]
mod profile_tests;
pub mod replay;
pub mod slices;
pub mod system;
pub mod times;
pub mod triage;
pub mod watch_counts;
pub mod watch_times;
#[cfg(test)]
mod widths;
