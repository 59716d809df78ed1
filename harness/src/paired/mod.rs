//! Time of two builds held side by side: pairs of processes, and what they show.

mod alarm;
mod course;
mod foresight;
mod rules;
mod slices;
mod suite;

pub use course::{Course, Standing};
pub use foresight::{FARTHEST, pairs_to_tell, smallest_found};
pub use rules::Rules;
pub use slices::{PairEstimate, Side, Slice, pair_estimate};
pub use suite::Suite;
