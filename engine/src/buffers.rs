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
    /// Its place in the pool.
    slot: usize,
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
    /// The buffers, each at its place; empty while it is in use.
    buffers: Vec<Aligned>,
    /// Lengths of the unused buffers; 0 for those in use.
    unused: Vec<usize>,
    counts: PoolCounts,
}

/// Number of values in a cache line. Buffers are whole lines.
const LINE: usize = 16;

/// Number of buffers that the pool has room for at first, more than a forward pass uses at one time.
const MOST: usize = 16;

impl Buffers {
    /// Creates buffers of the kind `choice`.
    pub fn new(choice: variant::Buffers) -> Self {
        Self {
            pool: match choice {
                variant::Buffers::Fresh => None,
                variant::Buffers::Pooled => Some(Pool {
                    buffers: Vec::with_capacity(MOST),
                    unused: Vec::with_capacity(MOST),
                    counts: PoolCounts::default(),
                }),
            },
        }
    }

    /// Returns a buffer of `len` values: zeros if it is fresh, arbitrary values if it comes from the pool.
    pub fn take(&mut self, len: usize) -> Buffer {
        let Some(pool) = &mut self.pool else {
            let values = Aligned::zeros(len);
            return Buffer {
                values,
                len,
                slot: 0,
            };
        };
        // The shortest unused buffer that is long enough.
        let (mut slot, mut shortest) = (usize::MAX, usize::MAX);
        for (place, &unused) in pool.unused.iter().enumerate() {
            if unused >= len.max(1) && unused < shortest {
                (slot, shortest) = (place, unused);
            }
        }
        if slot == usize::MAX {
            pool.counts.misses += 1;
            return pool.allocate(len);
        }
        pool.counts.hits += 1;
        pool.unused[slot] = 0;
        let values = std::mem::take(&mut pool.buffers[slot]);
        Buffer { values, len, slot }
    }

    /// Takes a buffer back, into the pool or to be freed.
    pub fn give(&mut self, buffer: Buffer) {
        if let Some(pool) = &mut self.pool {
            pool.unused[buffer.slot] = buffer.values.len();
            pool.buffers[buffer.slot] = buffer.values;
        }
    }

    /// Hits and misses of the pool; `None` without a pool.
    pub fn counts(&self) -> Option<PoolCounts> {
        self.pool.as_ref().map(|pool| pool.counts)
    }
}

impl Pool {
    /// A new buffer of at least `len` values, if no unused one is long enough. It takes the place of the longest unused
    /// one, which is freed: the pool has only as many buffers as are in use at one time. A buffer that replaces another
    /// has a power of two values, so that a window that grows by a token finds one that fits.
    #[cold]
    fn allocate(&mut self, len: usize) -> Buffer {
        let longest = (0..self.unused.len()).max_by_key(|&slot| self.unused[slot]);
        let (slot, room) = match longest.filter(|&slot| self.unused[slot] > 0) {
            Some(slot) => {
                self.buffers[slot] = Aligned::default();
                self.unused[slot] = 0;
                (slot, len.next_power_of_two())
            }
            None => {
                self.buffers.push(Aligned::default());
                self.unused.push(0);
                (self.unused.len() - 1, len.next_multiple_of(LINE))
            }
        };
        let values = Aligned::zeros(room.max(LINE));
        Buffer { values, len, slot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_reuses_returned_buffers() {
        let mut buffers = Buffers::new(variant::Buffers::Pooled);
        let first = buffers.take(120);
        let address = first.as_ptr();
        buffers.give(first);
        let second = buffers.take(100);
        assert_eq!((second.as_ptr(), second.len()), (address, 100));
        let third = buffers.take(120);
        assert_ne!(third.as_ptr(), address);
        assert_eq!(buffers.counts(), Some(PoolCounts { hits: 1, misses: 2 }));
    }

    #[test]
    fn a_request_takes_the_shortest_buffer_that_is_long_enough() {
        let mut buffers = Buffers::new(variant::Buffers::Pooled);
        let lengths = [1000, 100, 300].map(|len| buffers.take(len));
        let expected = [lengths[2].as_ptr(), lengths[0].as_ptr()];
        lengths.into_iter().for_each(|buffer| buffers.give(buffer));
        let found = [200, 200].map(|len| buffers.take(len).as_ptr());
        assert_eq!(found, expected);
    }

    #[test]
    fn a_buffer_that_is_too_short_is_replaced_and_has_room_to_grow() {
        let mut buffers = Buffers::new(variant::Buffers::Pooled);
        let first = buffers.take(1000);
        buffers.give(first);
        for len in [1100, 1300, 2048] {
            let grown = buffers.take(len);
            buffers.give(grown);
        }
        assert_eq!(buffers.counts(), Some(PoolCounts { hits: 2, misses: 2 }));
        assert_eq!(buffers.pool.map(|pool| pool.buffers.len()), Some(1));
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
