//! Memory for a kernel's arrays that does not depend on luck.
//!
//! A processor that loads looks for earlier stores to the same place by the lowest 12 bits of the address first, and by some
//! bits of the physical page next (Intel's optimization manual calls it 4 KB aliasing; Islam and others 2019, "SPOILER:
//! Speculative Load Hazards Boost Rowhammer and Cache Attacks", for the physical bits). Of an input and an output that the
//! allocator puts one behind the other, each load meets the store before it there: softmax and LayerNorm took 17 and 28 %
//! longer, and in one process of twenty, whose pages happened to match, a third longer still. So inputs and outputs each begin on
//! a cache line, and at a place in a page that no other of the kernel has.

use std::ops::{Deref, DerefMut};

/// Bytes of a page.
const PAGE: usize = 4096;
/// Bytes between the places of two arrays: whole cache lines, and more than a kernel's loads are ahead of its stores.
const APART: usize = 768;
/// So many arrays have a place of their own.
pub(super) const PLACES: usize = PAGE / APART;

/// An array that begins at its place in a page.
pub(super) struct Placed {
    /// Ends with the array.
    data: Vec<f32>,
    start: usize,
}

impl Placed {
    /// `count` values that are no numbers, to be written; `place` is below [`PLACES`].
    pub(super) fn new(count: usize, place: usize) -> Self {
        let mut data = vec![f32::NAN; count + PAGE / size_of::<f32>()];
        let bytes = (place * APART + PAGE - data.as_ptr().addr() % PAGE) % PAGE;
        let start = bytes / size_of::<f32>();
        // Shortened and not moved, so that each call of the kernel has one bound to check, not two.
        data.truncate(start + count);
        Self { data, start }
    }
}

impl Deref for Placed {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[self.start..]
    }
}

impl DerefMut for Placed {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_array_begins_on_a_cache_line_at_a_place_of_its_own() {
        for count in [1, 3, 256, 32 * 1024] {
            let arrays: Vec<Placed> = (0..PLACES).map(|place| Placed::new(count, place)).collect();
            let places: Vec<usize> = arrays.iter().map(|array| array.as_ptr().addr() % PAGE).collect();
            assert_eq!(places, (0..PLACES).map(|place| place * APART).collect::<Vec<_>>());
            assert!(places.iter().all(|place| place % 64 == 0), "{places:?}");
            assert!(arrays.iter().all(|array| array.len() == count && array.iter().all(|value| value.is_nan())));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut array = Placed::new(5, 2);
        array.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(*array, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
