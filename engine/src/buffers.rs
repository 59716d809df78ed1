//! Where the outputs of operations live: allocated afresh each time, or taken from a pool.
//!
//! A pool belongs to one session, so taking and giving back cost a few instructions and no lock.

use std::ops::{Deref, DerefMut};

use crate::aligned::Aligned;
use crate::variant;

/// A buffer of f32 that an operation writes its output to.
#[derive(Debug, Default)]
pub struct Buffer {
    /// Longer than `len` where it came from a pool.
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

/// How often a pool could serve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCounts {
    /// Buffers that were given out again.
    pub hits: u64,
    /// Buffers that had to be allocated.
    pub misses: u64,
}

/// Gives out buffers, and takes them back when their reader is done.
#[derive(Debug)]
pub struct Buffers {
    pool: Option<Pool>,
}

#[derive(Debug)]
struct Pool {
    /// Buffers that nobody uses; those of index `i` are `2^i` long.
    free: [Vec<Aligned>; SIZES],
    counts: PoolCounts,
}

const SIZES: usize = usize::BITS as usize;

impl Buffers {
    /// Buffers as the axis says.
    pub fn new(choice: variant::Buffers) -> Self {
        Self {
            pool: match choice {
                variant::Buffers::Fresh => None,
                variant::Buffers::Pooled => {
                    Some(Pool { free: [const { Vec::new() }; SIZES], counts: PoolCounts::default() })
                }
            },
        }
    }

    /// A buffer of `len` values: zeros when it is fresh, anything when it comes from the pool.
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
                // The list gets its room now, so that giving the buffer back allocates nothing.
                pool.free[size].reserve(8);
                Aligned::zeros(1 << size)
            }
        };
        Buffer { values, len }
    }

    /// Takes a buffer back: into the pool, or to be freed.
    pub fn give(&mut self, buffer: Buffer) {
        if let Some(pool) = &mut self.pool {
            pool.free[size_class(buffer.len)].push(buffer.values);
        }
    }

    /// How often the pool could serve; `None` where there is no pool.
    pub fn counts(&self) -> Option<PoolCounts> {
        self.pool.as_ref().map(|pool| pool.counts)
    }
}

/// Buffers are as long as the next power of two, so that a window that grows by a token finds one that fits.
fn size_class(len: usize) -> usize {
    len.max(1).next_power_of_two().trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_gives_out_what_it_got_back() {
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
    fn fresh_buffers_are_zero_and_counted_by_nobody() {
        let mut buffers = Buffers::new(variant::Buffers::Fresh);
        let mut first = buffers.take(10);
        first.fill(1.0);
        buffers.give(first);
        assert_eq!(*buffers.take(10), [0.0; 10]);
        assert_eq!(buffers.counts(), None);
    }
}
