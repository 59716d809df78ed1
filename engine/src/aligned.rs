//! Values that begin on a cache line: a vector that lies across two lines takes two accesses to the first-level cache.

use std::ops::{Deref, DerefMut};

/// A cache line, in values.
const LINE: usize = 16;

/// As many f32 as it was made for, the first one on a cache line. They do not move.
#[derive(Debug, Default)]
pub(crate) struct Aligned {
    /// Up to a line longer than `len`.
    values: Vec<f32>,
    start: usize,
    len: usize,
}

impl Aligned {
    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let values = vec![0.0; len + LINE - 1];
        // Whoever cannot tell an address gets values that are not aligned.
        let start = values.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE - 1);
        Self { values, start, len }
    }
}

impl Deref for Aligned {
    type Target = [f32];

    #[inline]
    fn deref(&self) -> &[f32] {
        &self.values[self.start..self.start + self.len]
    }
}

impl DerefMut for Aligned {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.start..self.start + self.len]
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
}
