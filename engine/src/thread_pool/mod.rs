//! A small thread pool for tasks of some microseconds.
//!
//! One decode step of a small model takes a quarter of a millisecond and has about twenty parallel regions. Waking a
//! sleeping thread costs tens of µs, so the workers spin between regions. They spin only for a short time
//! ([`SPIN_LIMIT`]) and then sleep, so that an idle engine uses no CPU time. Coarse work (streams, batches) uses rayon
//! instead.

mod backoff;
mod partition;
mod pool;
mod shared;
mod sync;

pub use partition::{Partition, share};
pub use pool::{Chunk, SPIN_LIMIT, ThreadPool};

#[cfg(test)]
mod tests;
