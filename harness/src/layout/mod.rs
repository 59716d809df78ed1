//! The programs of both sides as they are timed: private copies, linked in many orders.
//!
//! The same machine code runs faster or slower by where it lies: functions share cache sets and branch history with others, and
//! the page cache holds a file that was copied in other pieces than one that the linker wrote. An edit moves code that it does not
//! touch, so one program of each side compares two places as much as two sources (Mytkowicz et al., "Producing wrong data without
//! doing anything obviously wrong!", 2009). Averaging over random layouts removes that (Curtsinger and Berger, "Stabilizer", 2013).
//!
//! So each side gets a [`Pool`] of programs, all written the same way in one folder under names of one length. The linker put the
//! functions of each in another random order. Each pair of processes draws one program of each side, and what is estimated is the
//! difference between the two averages. A [`Pool`] of a program that cannot be linked again holds plain copies: then the layout is
//! not averaged, and the verdict contains that.
//!
//! Programs whose loaded sections are [equal](identical) need no timing at all.

mod copies;
mod identical;
mod link;
mod pool;

pub use copies::CopyError;
pub use identical::{Unreadable, identical};
pub use link::{LinkError, Linker};
pub use pool::{MOST_LAYOUTS, Pool, PoolError, Pools, Timed, Unaveraged};
