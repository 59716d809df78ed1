//! The timed programs of both sides: private copies, linked in many orders.
//!
//! The speed of machine code depends on its place. Functions share cache sets and branch history with others, and the
//! page cache holds a copied file in other pieces than a file that the linker wrote. An edit also moves code that it
//! does not touch. A comparison of one program per side therefore compares two layouts as much as two sources
//! (Mytkowicz et al., "Producing wrong data without doing anything obviously wrong!", ASPLOS 2009). Averaging over
//! random layouts removes this effect (Curtsinger and Berger, "Stabilizer", ASPLOS 2013).
//!
//! Each side therefore gets a [`Pool`] of programs, all written in the same way in one folder under names of equal
//! length. The linker put the functions of each program in a different random order. Each pair of processes draws one
//! program of each side, so the estimate is the difference between the two averages. If a program cannot be linked
//! again, its [`Pool`] contains plain copies: then the layout is not averaged, and the verdict reports it.
//!
//! Programs whose loaded sections are [equal](identical()) need no timing at all.

mod copies;
mod identical;
mod link;
mod pool;
mod suite_pools;

pub use identical::identical;
pub use link::{LinkError, Linker};
pub use pool::{MOST_LAYOUTS, Pool, PoolError, Pools, Timed, Unaveraged};
pub use suite_pools::SuitePools;
