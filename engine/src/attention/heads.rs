//! A view of queries, keys or values by head and position, wherever they lie: a matrix, the fused projection, a cache.

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

    /// A matrix `[T, C]` whose row holds the heads one after the other.
    pub fn of_matrix(data: &'a [f32], c: usize, heads: usize) -> Self {
        Self::new(data, c, c / heads, c / heads)
    }

    /// The same without the first `rows` positions.
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
}
