//! The machine that time is measured on: its state, its noise, and settings that can be improved.
//!
//! Everything is read from the text files with which Linux describes itself, below a root that tests replace by a
//! folder of fixtures. [`State`] is the state that was found, [`findings`] grades it, [`Disturbance`] is the CPU time
//! that was lost while something ran, and [`tune`](Tuned) changes settings for a while that can safely be changed.

mod diagnosis;
mod disturbance;
mod findings;
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

pub use diagnosis::{COARSE, Diagnosis, NoiseFloors};
pub use disturbance::{Counters, Disturbance};
pub use findings::{Finding, Grade, findings};
pub use hardware::{cpu_model, memory_bytes, os_name, short_name};
pub use load::{Busy, Load, Tasks, busiest};
pub use state::State;
pub use system::{ROOT_VARIABLE, System};
pub use tune::{NotPutBack, Tuned, Untouched, tune};
