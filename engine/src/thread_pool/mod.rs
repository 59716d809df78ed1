//! A small pool of threads for work measured in microseconds.
//!
//! One decode step of a small model takes a quarter of a millisecond and holds about twenty parallel regions; waking
//! a sleeping thread costs tens of microseconds, so the workers spin between regions. They spin only for a short
//! time ([`SPIN_LIMIT`]) and then sleep, so that an idle engine gives its cores back. Coarse work (streams, batches)
//! belongs to rayon instead.

mod backoff;
mod partition;
mod pool;
mod shared;

pub use partition::{Partition, share};
pub use pool::{Chunk, SPIN_LIMIT, ThreadPool};

#[cfg(test)]
mod tests;
