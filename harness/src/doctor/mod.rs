//! The machine that time is measured on: what state it is in, whether it can judge, and what can be done about it.
//!
//! Everything is read from the text files in which Linux tells of itself, below a root that tests replace by a folder of
//! fixtures. [`MachineState`] is what was found, [`findings`] says what it means, [`Disturbance`] is what happened to the machine
//! while something ran, and [`tune`](Tuned) changes for a while what can safely be changed.

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
