//! Threads, atomics, locks and the clock of the pool: those of the standard library.
//!
//! The model in `engine/loom` compiles the pool with another file in place of this one, whose atomics and locks try all
//! interleavings.

pub(super) use std::cell::UnsafeCell;
pub(super) use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32};
pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(super) use std::thread::{Builder, JoinHandle, yield_now};
pub(super) use std::time::Instant;

use super::pool::SPIN_LIMIT;

/// Spins until `done` or the limit; returns true if it was done.
#[inline]
pub(super) fn spin_until(done: impl Fn() -> bool) -> bool {
    // Reading the clock costs more than reading the flag, so it is read only once per so many reads of the flag.
    const READS_PER_CLOCK: u32 = 64;
    let mut deadline = None;
    loop {
        for _ in 0..READS_PER_CLOCK {
            if done() {
                return true;
            }
            std::hint::spin_loop();
        }
        let now = Instant::now();
        if now > *deadline.get_or_insert(now + SPIN_LIMIT) {
            return false;
        }
    }
}
