//! Many rows of input times weights in int8, in the arithmetic of [`int8`]: as exact within a block as one row alone.
//!
//! The loops are those of [`gemm`](super::gemm), with smaller tiles: every product of bytes needs registers of its own on its
//! way to a sum.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::finish::Finish;
use super::gemm::{Input, Output, ROWS};
use super::int8::{self, Round};
use super::packed::{Packed, block_offset};
use crate::simd::{Kernel, Level, Simd};

/// Inputs per block of rows; their part of a panel of 16 outputs takes 8 KB of the first-level cache.
const DEPTH: usize = 4 * int8::BLOCK;

/// Bytes from one rounded row to the next: a cache line more than its inputs, so that rows do not collide, and so that a
/// whole register may be stored behind the last one.
const ROW_STRIDE: usize = DEPTH + 64;

/// Rows of a tile.
const TILE_ROWS: usize = 4;

/// Rounded rows at a fixed stride, and the scales of their blocks.
struct Block {
    values: [MaybeUninit<i8>; ROWS * ROW_STRIDE],
    scales: [[f32; DEPTH / int8::BLOCK]; ROWS],
}

/// The rows `rows` of the outputs in `panels`.
///
/// # Safety
/// As [`gemm::multiply`](super::gemm::multiply).
pub(super) unsafe fn multiply(
    level: Level,
    x: Input,
    weights: &Packed,
    rows: Range<usize>,
    panels: Range<usize>,
    finish: Finish<'_>,
    out: Output,
) {
    let mut block = Block {
        values: [const { MaybeUninit::uninit() }; ROWS * ROW_STRIDE],
        scales: [[0.0; DEPTH / int8::BLOCK]; ROWS],
    };
    for first_row in rows.clone().step_by(ROWS) {
        let count = ROWS.min(rows.end - first_row);
        for first in (0..x.k).step_by(DEPTH) {
            let depth = DEPTH.min(x.k - first);
            for row in 0..count {
                let values = block.values[row * ROW_STRIDE..][..ROW_STRIDE].as_mut_ptr().cast::<i8>();
                // SAFETY: the row is readable from `first` on for `depth` inputs by the caller's promise; a rounded row has
                // room for `DEPTH` and more, and for a scale per block.
                unsafe {
                    let inputs = std::slice::from_raw_parts(x.data.add((first_row + row) * x.stride + first), depth);
                    level.run(Round::new(inputs, values, block.scales[row].as_mut_ptr()));
                }
            }
            for panel in panels.clone() {
                let column = panel * weights.width;
                level.run(RowsTimesPanel {
                    x: &block,
                    rows: count,
                    weights: weights.panel(panel).wrapping_add(block_offset(first, weights.width)),
                    depth,
                    column,
                    columns: weights.n - column,
                    finish: finish.block(first, depth, x.k),
                    out: out.data.wrapping_add(first_row * out.stride + column),
                    out_stride: out.stride,
                });
            }
        }
    }
}

/// `rows` rounded rows of `depth` inputs times one panel.
///
/// Whoever builds it promises that the pointers are good for that, see [`multiply`].
struct RowsTimesPanel<'a> {
    x: &'a Block,
    rows: usize,
    weights: *const u8,
    depth: usize,
    /// The panel's first output, for the bias.
    column: usize,
    /// How many outputs there are from that one on; the panel computes at most its width.
    columns: usize,
    finish: Finish<'a>,
    out: *mut f32,
    out_stride: usize,
}

impl Kernel for RowsTimesPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut first = 0;
        while first < self.rows {
            let count = TILE_ROWS.min(self.rows - first);
            // SAFETY: the tile's rows are within `rows`, for which the pointers are good.
            unsafe {
                match count {
                    1 => self.tile::<S, 1>(simd, first),
                    2 => self.tile::<S, 2>(simd, first),
                    3 => self.tile::<S, 3>(simd, first),
                    _ => self.tile::<S, TILE_ROWS>(simd, first),
                }
            }
            first += count;
        }
    }
}

impl RowsTimesPanel<'_> {
    /// # Safety
    /// The pointers must be good for the rows `first..first + COUNT`.
    #[inline(always)]
    unsafe fn tile<S: Simd, const COUNT: usize>(&self, simd: S, first: usize) {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for block in 0..self.depth.div_ceil(int8::BLOCK) {
            let inputs = int8::BLOCK.min(self.depth - block * int8::BLOCK);
            let start = self.weights.wrapping_add(block_offset(block * int8::BLOCK, 2 * S::LANES));
            let x = self.x.values.as_ptr().cast::<i8>().wrapping_add(first * ROW_STRIDE + block * int8::BLOCK);
            // SAFETY: behind the block's two registers of scales, four inputs have two registers of weights in the panel and
            // four bytes in each rounded row.
            let counts = unsafe { count::<S, COUNT>(simd, x, start.add(8 * S::LANES).cast(), inputs.div_ceil(4)) };
            for half in 0..2 {
                // SAFETY: the block starts with two registers of scales.
                let scale = unsafe { simd.load_ptr(start.cast::<f32>().add(half * S::LANES)) };
                for r in 0..COUNT {
                    let scale = simd.mul(scale, simd.splat(self.x.scales[first + r][block]));
                    sums[r][half] = simd.mul_add(simd.i32_to_f32(counts[r][half]), scale, sums[r][half]);
                }
            }
        }
        for r in 0..COUNT {
            let out = self.out.wrapping_add((first + r) * self.out_stride);
            // SAFETY: by the caller's promise.
            unsafe {
                self.finish.write(simd, sums[r], self.column, self.columns, out);
                if self.finish.activates() {
                    self.finish.activate(simd, self.columns, out);
                }
            }
        }
    }
}

/// The products of COUNT rows and a panel over `quads` times four inputs, as integers.
///
/// # Safety
/// `weights` must be readable for two registers per four inputs, `x` for the inputs of COUNT rows at [`ROW_STRIDE`].
#[inline(always)]
unsafe fn count<S: Simd, const COUNT: usize>(
    simd: S,
    x: *const i8,
    weights: *const i8,
    quads: usize,
) -> [[S::I; 2]; COUNT] {
    let mut counts = [[simd.zero_i32(); 2]; COUNT];
    for quad in 0..quads {
        // SAFETY: by the caller's promise.
        unsafe {
            let w0 = simd.load_i8_quads(weights.add(8 * quad * S::LANES));
            let w1 = simd.load_i8_quads(weights.add((8 * quad + 4) * S::LANES));
            for r in 0..COUNT {
                let x = simd.splat_i8_quad(x.add(r * ROW_STRIDE + 4 * quad));
                counts[r][0] = simd.dot_i8(w0, x, counts[r][0]);
                counts[r][1] = simd.dot_i8(w1, x, counts[r][1]);
            }
        }
    }
    counts
}
