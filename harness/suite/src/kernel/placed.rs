//! Places for a kernel's arrays that does not depend on luck.
//!
//! A processor that loads looks for earlier stores to the same place by the lowest 12 bits of the address first, and by some
//! bits of the physical page next (Intel's optimization manual calls it 4 KB aliasing; Islam and others 2019, "SPOILER:
//! Speculative Load Hazards Boost Rowhammer and Cache Attacks", for the physical bits). Of an input and an output that the
//! allocator puts one behind the other, each load meets the store before it there: softmax and LayerNorm took 17 and 28 %
//! longer, and in one process of twenty, whose pages happened to match, a third longer still. So inputs and outputs each begin on
//! a cache line, and at a place in a page that no other of the kernel has.

use engine::aligned::{Aligned, PAGE};

/// Bytes between the places of two arrays: whole cache lines, and more than a kernel's loads are ahead of its stores.
const APART: usize = 768;
/// So many arrays have a place of their own.
pub(super) const PLACES: usize = PAGE / APART;

/// `count` values that are no numbers, to be written, at a place below [`PLACES`].
pub(super) fn placed(count: usize, place: usize) -> Aligned {
    let mut values = Aligned::zeros_in_page(count, place * APART);
    values.fill(f32::NAN);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_array_begins_on_a_cache_line_at_a_place_of_its_own() {
        for count in [1, 3, 256, 32 * 1024] {
            let arrays: Vec<Aligned> = (0..PLACES).map(|place| placed(count, place)).collect();
            let places: Vec<usize> = arrays.iter().map(|array| array.as_ptr().addr() % PAGE).collect();
            assert_eq!(places, (0..PLACES).map(|place| place * APART).collect::<Vec<_>>());
            assert!(places.iter().all(|place| place % 64 == 0), "{places:?}");
            assert!(arrays.iter().all(|array| array.len() == count && array.iter().all(|value| value.is_nan())));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut array = placed(5, 2);
        array.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(*array, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
