//! Division of a range or an output into the parts of a [`ThreadPool`](super::ThreadPool).

use std::marker::PhantomData;
use std::ops::Range;

/// Part `part` of `parts` of the range `0..total`. The parts are contiguous and disjoint and cover the range. Their
/// bounds are multiples of `unit`, except the end of the last, and their sizes differ by at most one unit.
pub fn share(total: usize, unit: usize, part: usize, parts: usize) -> Range<usize> {
    let units = total.div_ceil(unit);
    let bound = |part: usize| (units * part / parts * unit).min(total);
    bound(part)..bound(part + 1)
}

/// An output that several threads write at once, each its own elements.
///
/// The compiler cannot check that the parts of a parallel region write disjoint ranges; the callers of this type
/// guarantee it.
pub struct Partition<'a, T> {
    data: *mut T,
    len: usize,
    owner: PhantomData<&'a mut [T]>,
}

// SAFETY: the slice is borrowed exclusively for 'a, and `range` requires that parts do not overlap.
unsafe impl<T: Send> Send for Partition<'_, T> {}
// SAFETY: as above; a shared partition gives no access to elements without `range`.
unsafe impl<T: Send> Sync for Partition<'_, T> {}

impl<'a, T> Partition<'a, T> {
    /// Takes the whole output.
    pub fn new(data: &'a mut [T]) -> Self {
        Partition {
            data: data.as_mut_ptr(),
            len: data.len(),
            owner: PhantomData,
        }
    }

    /// The elements of `range`.
    ///
    /// # Safety
    /// While the result is alive, no other range may overlap it.
    ///
    /// # Panics
    /// Panics if `range` does not lie within the output.
    #[allow(
        clippy::mut_from_ref,
        reason = "this type exists to borrow disjoint parts of a shared output"
    )]
    #[inline]
    pub unsafe fn range(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: within the slice (checked above) and not overlapping by the caller's contract.
        unsafe {
            std::slice::from_raw_parts_mut(self.data.add(range.start), range.end - range.start)
        }
    }

    /// A pointer to the first element, for kernels that write single columns of it; valid for [`Partition::len`]
    /// elements. Writes through it have the safety requirements of [`Partition::range`].
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut T {
        self.data
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns true if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}
