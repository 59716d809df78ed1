//! The machine that time is measured on: its state, its noise, and settings that can be improved.
//!
//! Everything is read from the text files with which Linux describes itself, below a root that tests replace by a
//! folder of fixtures. [`state()`] returns the state of the machine, which `harness_judge::machine` grades. [`Counters`]
//! measure the CPU time that is lost while something runs. [`tune()`] changes settings for a while that can safely be
//! changed.

mod disturbance;
mod frequency;
mod hardware;
mod load;
mod memory;
mod processors;
mod quota;
mod state;
mod system;
#[cfg(test)]
mod tests;
mod tune;

pub use disturbance::Counters;
pub use hardware::{cpu_model, memory_bytes, os_name, short_name};
pub use load::{Tasks, busiest};
pub use state::state;
pub use system::{ROOT_VARIABLE, System};
pub use tune::{NotPutBack, Tuned, Untouched, tune};
