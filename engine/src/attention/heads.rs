//! Views of queries, keys or values by head and position: in a matrix, in the fused projection or in a cache.

/// Rows of `head_size` values, addressed by head and position.
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    data: &'a [f32],
    row_stride: usize,
    head_stride: usize,
    head_size: usize,
}

impl<'a> Heads<'a> {
    /// Row `t` of head `h` begins at `h * head_stride + t * row_stride` in `data`.
    pub fn new(data: &'a [f32], row_stride: usize, head_stride: usize, head_size: usize) -> Self {
        Self {
            data,
            row_stride,
            head_stride,
            head_size,
        }
    }

    /// A view of a matrix `[T, C]` whose rows contain the heads one after the other.
    pub fn of_matrix(data: &'a [f32], c: usize, heads: usize) -> Self {
        Self::new(data, c, c / heads, c / heads)
    }

    /// This view without the first `rows` positions.
    pub fn skip(&self, rows: usize) -> Self {
        Self {
            data: &self.data[rows * self.row_stride..],
            ..*self
        }
    }

    /// The values of `head` at position `t`.
    #[inline(always)]
    pub fn row(&self, head: usize, t: usize) -> &'a [f32] {
        let start = head * self.head_stride + t * self.row_stride;
        &self.data[start..start + self.head_size]
    }

    /// The rows of `head` at positions `first..first + count`.
    ///
    /// # Panics
    /// Panics if there are fewer rows.
    #[inline(always)]
    pub(super) fn rows(&self, head: usize, first: usize, count: usize) -> Rows<'a> {
        let start = head * self.head_stride + first * self.row_stride;
        let len = match count {
            0 => 0,
            _ => (count - 1) * self.row_stride + self.head_size,
        };
        Rows {
            data: &self.data[start..start + len],
            stride: self.row_stride,
            len: self.head_size,
            count,
        }
    }
}

/// Consecutive rows of one head, whose bounds were checked at construction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    /// From the first value of the first row to the last value of the last one.
    data: &'a [f32],
    stride: usize,
    len: usize,
    count: usize,
}

impl<'a> Rows<'a> {
    /// Number of rows.
    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Number of values in a row.
    #[inline(always)]
    pub(super) fn row_len(&self) -> usize {
        self.len
    }

    /// The values of row `s`.
    #[inline(always)]
    pub(super) fn row(&self, s: usize) -> &'a [f32] {
        &self.data[s * self.stride..][..self.len]
    }

    /// The first value of row `s`, which has [`Rows::row_len`] values.
    ///
    /// # Safety
    /// `s` must be below [`Rows::count`].
    #[inline(always)]
    pub(super) unsafe fn pointer(&self, s: usize) -> *const f32 {
        // SAFETY: row `s` lies within `data` by the caller's contract.
        unsafe { self.data.as_ptr().add(s * self.stride) }
    }
}
