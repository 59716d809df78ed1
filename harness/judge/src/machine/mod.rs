//! Judgement of a machine: whether it can judge time, and what speaks against it.

mod diagnosis;
mod findings;

pub use diagnosis::{ALONE, COARSE, Diagnosis, NoiseFloors, Tried};
pub use findings::{Finding, Grade, Valgrind, findings};
