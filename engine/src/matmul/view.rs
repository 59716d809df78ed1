//! Rows of a larger tensor as a matrix, for example the queries of a head inside the fused projection.

/// A matrix whose rows are contiguous and `stride` elements apart.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a> View<'a> {
    /// A view of `data` as `[rows, columns]`, each row `stride` elements after the one before.
    ///
    /// # Panics
    /// Panics if rows would overlap, or `data` ends before the last row does.
    pub fn new(data: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        check(data.len(), rows, columns, stride);
        View {
            data,
            rows,
            columns,
            stride,
        }
    }

    /// A view of all of `data` as rows of `columns` elements.
    ///
    /// # Panics
    /// Panics if `columns` is 0 or does not divide the length.
    pub fn dense(data: &'a [f32], columns: usize) -> Self {
        assert!(
            columns > 0 && data.len().is_multiple_of(columns),
            "{} elements are no rows of {columns}",
            data.len()
        );
        View {
            data,
            rows: data.len() / columns,
            columns,
            stride: columns,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of elements in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Row `index`.
    ///
    /// # Panics
    /// Panics if there is no such row.
    #[inline]
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.data[index * self.stride..][..self.columns]
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn as_ptr(&self) -> *const f32 {
        self.data.as_ptr()
    }
}

/// A mutable matrix with the layout of a [`View`].
#[derive(Debug)]
pub struct ViewMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a> ViewMut<'a> {
    /// Mutable form of [`View::new`].
    ///
    /// # Panics
    /// Same as for [`View::new`].
    pub fn new(data: &'a mut [f32], rows: usize, columns: usize, stride: usize) -> Self {
        check(data.len(), rows, columns, stride);
        ViewMut {
            data,
            rows,
            columns,
            stride,
        }
    }

    /// Mutable form of [`View::dense`].
    ///
    /// # Panics
    /// Same as for [`View::dense`].
    pub fn dense(data: &'a mut [f32], columns: usize) -> Self {
        let View { rows, stride, .. } = View::dense(data, columns);
        ViewMut {
            data,
            rows,
            columns,
            stride,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of elements in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Row `index`, mutable.
    ///
    /// # Panics
    /// Panics if there is no such row.
    #[inline]
    pub fn row_mut(&mut self, index: usize) -> &mut [f32] {
        &mut self.data[index * self.stride..][..self.columns]
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    pub(super) fn data_mut(&mut self) -> &mut [f32] {
        self.data
    }
}

fn check(len: usize, rows: usize, columns: usize, stride: usize) {
    assert!(
        stride >= columns,
        "rows of {columns} elements overlap when they are {stride} apart"
    );
    let needed = rows.checked_sub(1).map_or(Some(0), |last| {
        last.checked_mul(stride)?.checked_add(columns)
    });
    assert!(
        needed.is_some_and(|needed| needed <= len),
        "{rows} rows of {columns}, {stride} apart, do not fit into {len} elements"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_stride() {
        let data = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let view = View::new(&data, 3, 1, 3);
        assert_eq!(
            [view.row(0), view.row(1), view.row(2)],
            [[0.0], [3.0], [6.0]]
        );
        assert_eq!(View::dense(&data[..6], 2).row(2), [4.0, 5.0]);
    }

    #[test]
    #[should_panic(expected = "do not fit")]
    fn a_last_row_beyond_the_data_is_refused() {
        View::new(&[0.0; 6], 3, 1, 3);
    }

    #[test]
    #[should_panic(expected = "overlap")]
    fn overlapping_rows_are_refused() {
        ViewMut::new(&mut [0.0; 6], 2, 3, 2);
    }
}
