//! The thread pool of the engine, compiled with the threads, atomics and locks of loom.

#![allow(dead_code, reason = "the models need a part of the pool")]

#[path = "../../src/thread_pool/backoff.rs"]
mod backoff;
#[path = "../../src/thread_pool/partition.rs"]
mod partition;
#[path = "../../src/thread_pool/pool.rs"]
mod pool;
#[allow(
    unused_unsafe,
    reason = "the cell of the model checks its accesses itself"
)]
#[path = "../../src/thread_pool/shared.rs"]
mod shared;
mod sync;

pub use pool::{Chunk, ThreadPool};
