//! Splitting a range or an output into the parts of a [`ThreadPool`](super::ThreadPool).

use std::marker::PhantomData;
use std::ops::Range;

/// The share of part `part` (of `parts`) in `0..total`: contiguous, disjoint, covering, its bounds multiples of
/// `unit` (the end of the last one excepted), sizes differing by at most one unit.
pub fn share(total: usize, unit: usize, part: usize, parts: usize) -> Range<usize> {
    let units = total.div_ceil(unit);
    let bound = |part: usize| (units * part / parts * unit).min(total);
    bound(part)..bound(part + 1)
}

/// An output that several threads write at once, each its own elements.
///
/// Rust cannot see that the parts of a parallel region write disjoint ranges; this type is where that promise is made.
pub struct Partition<'a, T> {
    data: *mut T,
    len: usize,
    owner: PhantomData<&'a mut [T]>,
}

// SAFETY: the slice is borrowed exclusively for 'a, and access is handed out only under the promise of `range`.
unsafe impl<T: Send> Send for Partition<'_, T> {}
// SAFETY: as above; sharing the partition shares no element.
unsafe impl<T: Send> Sync for Partition<'_, T> {}

impl<'a, T> Partition<'a, T> {
    /// Takes the whole output.
    pub fn new(data: &'a mut [T]) -> Self {
        Partition { data: data.as_mut_ptr(), len: data.len(), owner: PhantomData }
    }

    /// The elements of `range`.
    ///
    /// # Safety
    /// While the result lives, nobody else may hold a range that overlaps it.
    ///
    /// # Panics
    /// When `range` does not lie within the output.
    #[allow(clippy::mut_from_ref, reason = "handing out disjoint parts of a shared output is this type's purpose")]
    #[inline]
    pub unsafe fn range(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: within the slice (checked above) and not overlapping by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(range.start), range.end - range.start) }
    }

    /// A pointer to the first element, for kernels that write single columns of it; valid for [`Partition::len`]
    /// elements. Writing through it needs the same promise as [`Partition::range`].
    #[inline]
    pub fn as_mut_ptr(&self) -> *mut T {
        self.data
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}
