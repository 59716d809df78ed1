//! Buffers of f32 that begin on a cache line. A vector that crosses two lines takes two accesses to the L1 cache.

use std::ops::{Deref, DerefMut};

/// Number of f32 in a cache line.
const LINE: usize = 16;

/// Page size in bytes.
pub const PAGE: usize = 4096;

/// A buffer of f32 of fixed length and address, whose first element begins a cache line.
#[derive(Debug, Default)]
pub struct Aligned {
    /// Ends with the last element of the buffer, so that an access checks one bound instead of two.
    values: Vec<f32>,
    start: usize,
}

impl Aligned {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        Self::zeros_at(len, 0, LINE * size_of::<f32>())
    }

    /// `len` zeros that begin `offset` bytes after the beginning of a [`PAGE`]; `offset` is a whole number of cache
    /// lines.
    ///
    /// # Panics
    /// Panics if `offset` is not a whole number of cache lines within a page.
    pub fn zeros_in_page(len: usize, offset: usize) -> Self {
        assert!(
            offset < PAGE && offset.is_multiple_of(LINE * size_of::<f32>()),
            "{offset} bytes are no place in a page"
        );
        Self::zeros_at(len, offset, PAGE)
    }

    /// `len` zeros whose address is `offset` more than a multiple of `every`, both in bytes.
    fn zeros_at(len: usize, offset: usize, every: usize) -> Self {
        let mut values = vec![0.0; len + every / size_of::<f32>() - 1];
        let start = (offset + every - values.as_ptr().addr() % every) % every / size_of::<f32>();
        values.truncate(start + len);
        Self { values, start }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    #[inline]
    fn deref(&self) -> &[f32] {
        &self.values[self.start..]
    }
}

impl DerefMut for Aligned {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_on_a_cache_line() {
        for len in [0, 1, 15, 16, 1000] {
            let values = [(); 5].map(|()| Aligned::zeros(len));
            for values in &values {
                assert_eq!((values.as_ptr() as usize % 64, values.len()), (0, len));
            }
        }
    }

    #[test]
    fn values_begin_at_their_place_in_a_page_and_are_all_there() {
        for (len, offset) in [(0, 0), (1, 64), (3, 768), (1024, 4032), (32 * 1024, 3072)] {
            let mut values = Aligned::zeros_in_page(len, offset);
            assert_eq!(
                (values.as_ptr() as usize % PAGE, values.len()),
                (offset, len)
            );
            values.fill(2.0);
            assert!(values.iter().all(|&value| value == 2.0));
        }
    }

    #[test]
    #[should_panic(expected = "no place in a page")]
    fn half_a_line_is_no_place() {
        Aligned::zeros_in_page(8, 32);
    }
}
