//! Arrays of a kernel at fixed offsets in a page, which avoids 4 KB aliasing.
//!
//! A processor matches loads with earlier stores by the lowest 12 bits of the address first, and by some bits of the
//! physical page next. Intel's optimization manual calls this 4 KB aliasing; the physical bits are described by Islam
//! and others (2019), "SPOILER: Speculative Load Hazards Boost Rowhammer and Cache Attacks". If the allocator put an
//! output directly after an input, each load matched the store before it. Softmax and LayerNorm then took 17 and 28 %
//! longer. In one process of twenty, whose physical pages also matched, they took another third longer. So each input
//! and output begins on a cache line, at an offset that no other array of the kernel has.

use engine::aligned::{Aligned, PAGE};

/// Bytes from one slot to the next: whole cache lines, and more than the distance by which a kernel's loads precede its
/// stores.
const SLOT_BYTES: usize = 768;
/// The number of slots in a page.
pub(super) const SLOTS: usize = PAGE / SLOT_BYTES;

/// Allocates `count` values in a slot below [`SLOTS`]. They are NaN until a kernel writes them.
pub(super) fn in_page_slot(count: usize, slot: usize) -> Aligned {
    let mut values = Aligned::zeros_in_page(count, slot * SLOT_BYTES);
    values.fill(f32::NAN);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_array_begins_on_a_cache_line_at_its_own_offset() {
        for count in [1, 3, 256, 32 * 1024] {
            let arrays: Vec<Aligned> = (0..SLOTS).map(|slot| in_page_slot(count, slot)).collect();
            let offsets: Vec<usize> = arrays
                .iter()
                .map(|array| array.as_ptr().addr() % PAGE)
                .collect();
            assert_eq!(
                offsets,
                (0..SLOTS).map(|slot| slot * SLOT_BYTES).collect::<Vec<_>>()
            );
            assert!(offsets.iter().all(|offset| offset % 64 == 0), "{offsets:?}");
            assert!(
                arrays
                    .iter()
                    .all(|array| array.len() == count && array.iter().all(|value| value.is_nan()))
            );
        }
    }

    #[test]
    fn written_values_are_read_back() {
        let mut array = in_page_slot(5, 2);
        array.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(*array, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
