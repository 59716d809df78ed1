//! One block of rows times one panel of weights, in tiles of output that stay in registers.
//!
//! The height of a tile is a constant of its kernel, so that its sums are registers. Each instruction set has one
//! kernel for every height up to [`Simd::TILE_ROWS`].

use super::finish::Finish;
use super::gemm::{Block, row_stride};
use crate::simd::{Kernel, Simd};
use crate::thread_pool::share;

/// `rows` rows of `depth` inputs times one panel.
///
/// The constructing code guarantees that the pointers are valid for that, see
/// [`gemm::multiply`](super::gemm::multiply).
pub(super) struct BlockTimesPanel<'a> {
    pub(super) x: &'a Block,
    pub(super) rows: usize,
    pub(super) weights: *const f32,
    /// Memory of the next panel, to be prefetched; may be empty.
    pub(super) next: &'a [u8],
    pub(super) depth: usize,
    /// The panel's first output, for the bias.
    pub(super) column: usize,
    /// Number of outputs from that one on; the panel computes at most its width.
    pub(super) columns: usize,
    pub(super) finish: Finish<'a>,
    pub(super) out: *mut f32,
    pub(super) out_stride: usize,
}

impl Kernel for BlockTimesPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // Tiles have equal heights: a low last tile would not hide the latency of the multiply-add.
        let tiles = self.rows.div_ceil(S::TILE_ROWS);
        for tile in 0..tiles {
            let ahead = &self.next[share(self.next.len(), 64, tile, tiles)];
            let first = self.rows * tile / tiles;
            let count = self.rows * (tile + 1) / tiles - first;
            // SAFETY: the tile's rows are within `rows`, for which the pointers are valid.
            unsafe {
                match count {
                    1 => self.tile::<S, 1>(simd, first, ahead),
                    2 => self.tile::<S, 2>(simd, first, ahead),
                    3 => self.tile::<S, 3>(simd, first, ahead),
                    4 => self.tile::<S, 4>(simd, first, ahead),
                    5 if S::TILE_ROWS >= 5 => self.tile::<S, 5>(simd, first, ahead),
                    6 if S::TILE_ROWS >= 6 => self.tile::<S, 6>(simd, first, ahead),
                    7 if S::TILE_ROWS >= 7 => self.tile::<S, 7>(simd, first, ahead),
                    8 if S::TILE_ROWS >= 8 => self.tile::<S, 8>(simd, first, ahead),
                    9 if S::TILE_ROWS >= 9 => self.tile::<S, 9>(simd, first, ahead),
                    10 if S::TILE_ROWS >= 10 => self.tile::<S, 10>(simd, first, ahead),
                    11 if S::TILE_ROWS >= 11 => self.tile::<S, 11>(simd, first, ahead),
                    12 if S::TILE_ROWS >= 12 => self.tile::<S, 12>(simd, first, ahead),
                    _ => unreachable!("a tile of {count} rows is higher than {}", S::TILE_ROWS),
                }
            }
        }
    }
}

impl BlockTimesPanel<'_> {
    /// # Safety
    /// The pointers must be valid for the rows `first..first + COUNT`.
    #[inline(always)]
    unsafe fn tile<S: Simd, const COUNT: usize>(&self, simd: S, first: usize, ahead: &[u8]) {
        let out = self.out.wrapping_add(first * self.out_stride);
        for r in 0..COUNT {
            let out = out.wrapping_add(r * self.out_stride);
            simd.prefetch(out.cast());
            simd.prefetch(out.wrapping_add(2 * S::LANES - 1).cast());
        }
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        let row_stride = const { row_stride(S::LANES) };
        let mut x = self
            .x
            .0
            .as_ptr()
            .cast::<f32>()
            .wrapping_add(first * row_stride);
        let mut weights = self.weights;
        // Every tile prefetches a part of the next panel, so that the first tile of that panel does not wait for all of
        // it. Each step prefetches one line, because a burst of requests delays the loads after it. With nothing to
        // prefetch, the line is one that is in the cache.
        let mut line = if ahead.is_empty() {
            weights.cast()
        } else {
            ahead.as_ptr()
        };
        let stride = ahead.len().div_ceil(self.depth);
        for _ in 0..self.depth {
            simd.prefetch_far(line);
            line = line.wrapping_add(stride);
            // SAFETY: there is one step per input; a panel has two registers for each input, a copied row one element.
            unsafe {
                let (w0, w1) = (simd.load_ptr(weights), simd.load_ptr(weights.add(S::LANES)));
                for r in 0..COUNT {
                    let x = simd.splat(*x.add(r * row_stride));
                    sums[r][0] = simd.mul_add(x, w0, sums[r][0]);
                    sums[r][1] = simd.mul_add(x, w1, sums[r][1]);
                }
                weights = weights.add(2 * S::LANES);
            }
            x = x.wrapping_add(1);
        }
        for r in 0..COUNT {
            let out = out.wrapping_add(r * self.out_stride);
            // SAFETY: the row of the output has `columns` elements from here on, and so does the bias.
            unsafe {
                self.finish
                    .write(simd, sums[r], self.column, self.columns, out)
            };
        }
        if self.finish.activates() {
            for r in 0..COUNT {
                let out = out.wrapping_add(r * self.out_stride);
                // SAFETY: as above.
                unsafe { self.finish.activate(simd, self.columns, out) };
            }
        }
    }
}
