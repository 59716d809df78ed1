//! Output buffers of operations: allocated each time, or reused from a pool.
//!
//! A pool belongs to one session, so that taking and giving back a buffer cost a few instructions and no lock.

use std::ops::{Deref, DerefMut};

use crate::aligned::Aligned;
use crate::variant;

/// A buffer of f32 that an operation writes its output to.
#[derive(Debug, Default)]
pub struct Buffer {
    /// Longer than `len` if it came from a pool.
    values: Aligned,
    len: usize,
}

impl Deref for Buffer {
    type Target = [f32];

    #[inline]
    fn deref(&self) -> &[f32] {
        &self.values[..self.len]
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.len]
    }
}

/// Hits and misses of a buffer pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCounts {
    /// Number of requests served with a used buffer.
    pub hits: u64,
    /// Number of requests that allocated a buffer.
    pub misses: u64,
}

/// Source of output buffers. The reader of a buffer gives it back when done.
#[derive(Debug)]
pub struct Buffers {
    pool: Option<Pool>,
}

#[derive(Debug)]
struct Pool {
    /// Unused buffers; those at index `i` have `2^i` values.
    free: [Vec<Aligned>; SIZES],
    counts: PoolCounts,
}

const SIZES: usize = usize::BITS as usize;

impl Buffers {
    /// Creates buffers of the kind `choice`.
    pub fn new(choice: variant::Buffers) -> Self {
        Self {
            pool: match choice {
                variant::Buffers::Fresh => None,
                variant::Buffers::Pooled => Some(Pool {
                    free: [const { Vec::new() }; SIZES],
                    counts: PoolCounts::default(),
                }),
            },
        }
    }

    /// Returns a buffer of `len` values: zeros if it is fresh, arbitrary values if it comes from the pool.
    pub fn take(&mut self, len: usize) -> Buffer {
        let Some(pool) = &mut self.pool else {
            let values = Aligned::zeros(len);
            return Buffer { values, len };
        };
        let size = size_class(len);
        let values = match pool.free[size].pop() {
            Some(values) => {
                pool.counts.hits += 1;
                values
            }
            None => {
                pool.counts.misses += 1;
                // Reserve room in the list now, so that giving the buffer back allocates nothing.
                pool.free[size].reserve(8);
                Aligned::zeros(1 << size)
            }
        };
        Buffer { values, len }
    }

    /// Takes a buffer back, into the pool or to be freed.
    pub fn give(&mut self, buffer: Buffer) {
        if let Some(pool) = &mut self.pool {
            pool.free[size_class(buffer.len)].push(buffer.values);
        }
    }

    /// Hits and misses of the pool; `None` without a pool.
    pub fn counts(&self) -> Option<PoolCounts> {
        self.pool.as_ref().map(|pool| pool.counts)
    }
}

/// Index of the list for buffers of `len` values. Lengths are rounded up to powers of two, so that a window that grows
/// by a token finds a buffer that fits.
fn size_class(len: usize) -> usize {
    len.max(1).next_power_of_two().trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_reuses_returned_buffers() {
        let mut buffers = Buffers::new(variant::Buffers::Pooled);
        let first = buffers.take(100);
        let address = first.as_ptr();
        buffers.give(first);
        let second = buffers.take(120);
        assert_eq!((second.as_ptr(), second.len()), (address, 120));
        let third = buffers.take(120);
        assert_ne!(third.as_ptr(), address);
        assert_eq!(buffers.counts(), Some(PoolCounts { hits: 1, misses: 2 }));
    }

    #[test]
    fn fresh_buffers_are_zero_and_not_counted() {
        let mut buffers = Buffers::new(variant::Buffers::Fresh);
        let mut first = buffers.take(10);
        first.fill(1.0);
        buffers.give(first);
        assert_eq!(*buffers.take(10), [0.0; 10]);
        assert_eq!(buffers.counts(), None);
    }
}
