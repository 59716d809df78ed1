//! Many rows of input times weights in int8, in the arithmetic of [`int8`]: the same exact integers as for one row
//! alone.
//!
//! The loops are those of [`gemm`](super::gemm). Bytes are widened to 16 bits first, the inputs once per block of rows
//! and the weights once per panel, because a product of 16 bits takes one instruction less than one of bytes. One row
//! alone is limited by memory, so it multiplies bytes.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::finish::Finish;
use super::gemm::{Input, MAX_WIDTH, Output, ROWS};
use super::int8::{self, Round};
use super::packed::{Packed, block_offset};
use crate::simd::{Kernel, Level, SimdInt8};
use crate::thread_pool::share;

/// Inputs per block of rows. A panel of 16 outputs takes 16 KB of the L1 cache for them.
const DEPTH: usize = 4 * int8::BLOCK;

/// Groups of four inputs in a block.
const QUADS: usize = DEPTH / 4;

/// Stride of the widened rows in values, two for every four inputs. A cache line more keeps rows from mapping to the
/// same cache sets; another one is room for a register after the last value.
const ROW_STRIDE: usize = 2 * QUADS + 32;

/// Rows of a tile.
const TILE_ROWS: usize = 6;

/// Rounded rows, [`ROW_STRIDE`] values apart, with the scales of their blocks. Every four inputs are two values of two
/// i16: the first and third input, then the second and fourth.
struct Block {
    values: [MaybeUninit<i32>; ROWS * ROW_STRIDE],
    scales: [[f32; DEPTH / int8::BLOCK]; ROWS],
}

/// A widened panel: for every four inputs of all outputs the first and third, then the second and fourth.
#[repr(align(64))]
struct Widened([MaybeUninit<i32>; 2 * QUADS * MAX_WIDTH]);

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
    // Blocks have equal heights: a low last block would cost as much per panel as a full one.
    let blocks = rows.len().div_ceil(ROWS);
    let mut block = Block {
        values: [const { MaybeUninit::uninit() }; ROWS * ROW_STRIDE],
        scales: [[0.0; DEPTH / int8::BLOCK]; ROWS],
    };
    let mut rounded = [0i8; DEPTH + 64];
    let mut widened = Widened([const { MaybeUninit::uninit() }; 2 * QUADS * MAX_WIDTH]);
    for block_of_rows in 0..blocks {
        let some = share(rows.len(), level.tile_rows(), block_of_rows, blocks);
        let (first_row, count) = (rows.start + some.start, some.len());
        for first in x.inputs.clone().step_by(DEPTH) {
            let depth = DEPTH.min(x.inputs.end - first);
            for row in 0..count {
                // SAFETY: the row is readable from `first` on for `depth` inputs by the caller's contract.
                let inputs = unsafe {
                    std::slice::from_raw_parts(
                        x.data
                            .add((first_row + row) * x.stride + first - x.inputs.start),
                        depth,
                    )
                };
                let values = rounded.as_mut_ptr();
                // SAFETY: there is room for `DEPTH` inputs and more, and for a scale per block of them.
                level.run(unsafe { Round::new(inputs, values, block.scales[row].as_mut_ptr()) });
                let out = block.values[row * ROW_STRIDE..][..ROW_STRIDE]
                    .as_mut_ptr()
                    .cast();
                level.run(WidenInputs {
                    x: values,
                    quads: depth.div_ceil(4),
                    out,
                });
            }
            for panel in panels.clone() {
                let column = panel * weights.width;
                let start = weights
                    .panel(panel)
                    .wrapping_add(block_offset(first, weights.width));
                level.run(WidenPanel {
                    panel: start,
                    depth,
                    out: widened.0.as_mut_ptr().cast(),
                });
                level.run(RowsTimesPanel {
                    x: &block,
                    rows: count,
                    scales: start,
                    weights: widened.0.as_ptr().cast(),
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

/// Widens a rounded row: writes the pairs of every four inputs to `out`, one after the other.
///
/// `x` is readable for a register more than its inputs, `out` writable for [`ROW_STRIDE`] values.
struct WidenInputs {
    x: *const i8,
    quads: usize,
    out: *mut i32,
}

impl Kernel for WidenInputs {
    type Output = ();

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) {
        let mut pairs = [[0i32; 16]; 2];
        for first in (0..self.quads).step_by(S::LANES) {
            // SAFETY: a register of quads begins within the inputs, and a register has at most 16 values.
            unsafe {
                let (even, odd) = simd.split_i8_quads(simd.load_i8_quads(self.x.add(4 * first)));
                simd.store_i32(pairs[0].as_mut_ptr(), even);
                simd.store_i32(pairs[1].as_mut_ptr(), odd);
            }
            for lane in 0..S::LANES {
                // SAFETY: `out` has room for a register of quads after the last one.
                unsafe {
                    *self.out.add(2 * (first + lane)) = pairs[0][lane];
                    *self.out.add(2 * (first + lane) + 1) = pairs[1][lane];
                }
            }
        }
    }
}

/// Widens `depth` inputs of a panel, from a multiple of [`int8::BLOCK`] on.
///
/// `panel` is readable for them with their scales, `out` writable for two registers of pairs, twice, per four inputs.
struct WidenPanel {
    panel: *const u8,
    depth: usize,
    out: *mut i32,
}

impl Kernel for WidenPanel {
    type Output = ();

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) {
        for quad in 0..self.depth.div_ceil(4) {
            let (block, within) = (4 * quad / int8::BLOCK, quad % (int8::BLOCK / 4));
            let weights = self.panel.wrapping_add(
                block_offset(block * int8::BLOCK, 2 * S::LANES) + (8 + 8 * within) * S::LANES,
            );
            for half in 0..2 {
                // SAFETY: after the two registers of scales of a block, four inputs have two registers of weights;
                // `out` has room for both halves of their pairs.
                unsafe {
                    let quads = simd.load_i8_quads(weights.add(4 * half * S::LANES).cast());
                    let (even, odd) = simd.split_i8_quads(quads);
                    simd.store_i32(self.out.add((4 * quad + half) * S::LANES), even);
                    simd.store_i32(self.out.add((4 * quad + 2 + half) * S::LANES), odd);
                }
            }
        }
    }
}

/// `rows` rounded rows of `depth` inputs times one panel.
///
/// The constructing code guarantees that the pointers are valid for that, see [`multiply`].
struct RowsTimesPanel<'a> {
    x: &'a Block,
    rows: usize,
    /// The panel as it is stored, with its scales.
    scales: *const u8,
    weights: *const i32,
    depth: usize,
    /// The panel's first output, for the bias.
    column: usize,
    /// Number of outputs from that one on; the panel computes at most its width.
    columns: usize,
    finish: Finish<'a>,
    out: *mut f32,
    out_stride: usize,
}

impl Kernel for RowsTimesPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) {
        // Tiles have equal heights, as in `gemm_tiles`.
        let tiles = self.rows.div_ceil(TILE_ROWS);
        for tile in 0..tiles {
            let first = self.rows * tile / tiles;
            // SAFETY: the tile's rows are within `rows`, for which the pointers are valid.
            unsafe {
                match self.rows * (tile + 1) / tiles - first {
                    1 => self.tile::<S, 1>(simd, first),
                    2 => self.tile::<S, 2>(simd, first),
                    3 => self.tile::<S, 3>(simd, first),
                    4 => self.tile::<S, 4>(simd, first),
                    5 => self.tile::<S, 5>(simd, first),
                    _ => self.tile::<S, TILE_ROWS>(simd, first),
                }
            }
        }
    }
}

impl RowsTimesPanel<'_> {
    /// # Safety
    /// The pointers must be valid for the rows `first..first + COUNT`.
    #[inline(always)]
    unsafe fn tile<S: SimdInt8, const COUNT: usize>(&self, simd: S, first: usize) {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for block in 0..self.depth.div_ceil(int8::BLOCK) {
            let inputs = int8::BLOCK.min(self.depth - block * int8::BLOCK);
            let start = self
                .scales
                .wrapping_add(block_offset(block * int8::BLOCK, 2 * S::LANES));
            let pairs = block * int8::BLOCK / 2;
            let x = self
                .x
                .values
                .as_ptr()
                .cast::<i32>()
                .wrapping_add(first * ROW_STRIDE + pairs);
            let weights = self.weights.wrapping_add(pairs * 2 * S::LANES);
            // SAFETY: a pair of inputs has two registers of weights in the widened panel and a value in each widened
            // row.
            let counts = unsafe { count::<S, COUNT>(simd, x, weights, 2 * inputs.div_ceil(4)) };
            for half in 0..2 {
                // SAFETY: the block starts with two registers of scales.
                let scale = unsafe { simd.load_ptr(start.cast::<f32>().add(half * S::LANES)) };
                for r in 0..COUNT {
                    let scale = simd.mul(scale, simd.splat(self.x.scales[first + r][block]));
                    sums[r][half] =
                        simd.mul_add(simd.i32_to_f32(counts[r][half]), scale, sums[r][half]);
                }
            }
        }
        for r in 0..COUNT {
            let out = self.out.wrapping_add((first + r) * self.out_stride);
            // SAFETY: by the caller's contract.
            unsafe {
                self.finish
                    .write(simd, sums[r], self.column, self.columns, out);
                if self.finish.activates() {
                    self.finish.activate(simd, self.columns, out);
                }
            }
        }
    }
}

/// Integer products of COUNT rows and a panel over `pairs` pairs of inputs.
///
/// # Safety
/// `weights` must be readable for two registers per pair, `x` for the pairs of COUNT rows at [`ROW_STRIDE`].
#[inline(always)]
unsafe fn count<S: SimdInt8, const COUNT: usize>(
    simd: S,
    x: *const i32,
    weights: *const i32,
    pairs: usize,
) -> [[S::I; 2]; COUNT] {
    let mut counts = [[simd.zero_i32(); 2]; COUNT];
    for pair in 0..pairs {
        // SAFETY: by the caller's contract.
        unsafe {
            let w0 = simd.load_i32(weights.add(2 * pair * S::LANES));
            let w1 = simd.load_i32(weights.add((2 * pair + 1) * S::LANES));
            for r in 0..COUNT {
                let x = simd.splat_i32(x.add(r * ROW_STRIDE + pair));
                counts[r][0] = simd.dot_i16(w0, x, counts[r][0]);
                counts[r][1] = simd.dot_i16(w1, x, counts[r][1]);
            }
        }
    }
    counts
}
