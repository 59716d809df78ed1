//! Time of two builds held side by side: pairs of processes, and what they show.
//!
//! A machine's speed drifts by tens of percent within minutes, so two builds only compare within moments: a process of
//! each runs in turn, in slices of half a millisecond or a run, on one core, while the other sleeps. What is estimated is the
//! ratio. Most of the noise that is left is of the moment, some belongs to the process (where its memory came to lie), so that
//! pairs of processes are short, and many, and each process gets the memory of the other, too, where starting is cheap.

mod alarm;
mod contest;
mod course;
mod floor;
mod foresight;
mod pair;
mod process;
mod rules;
mod slices;
mod suite;
mod tick;

pub use contest::{Contest, Entrant, Lane, Pair, Stopped};
pub use course::{Course, Levels, Standing};
pub use floor::{Floor, measure_floor};
pub use foresight::{FARTHEST, MOST_PAIRS, pairs_to_settle, pairs_to_tell, smallest_found};
pub use pair::{Block, Conditions, Injection, Legacy, PairError, Round, Sides, measure_pair};
pub use rules::Rules;
pub use slices::{PairEstimate, Side, Slice};
pub use suite::Suite;
