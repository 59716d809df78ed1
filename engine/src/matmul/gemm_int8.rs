//! Many rows of input times weights in int8, in the arithmetic of [`int8`]: the same exact integers as for one row
//! alone.
//!
//! The loops are those of [`gemm`](super::gemm). Bytes become the operands of the instruction set's fastest exact
//! product first, the inputs once per block of rows and the weights once per panel. With AVX-512 these are bytes, with
//! 128 added to the weights, and a correction by the sum of the inputs; elsewhere they are 16 bits wide. One row alone
//! is limited by memory, so it multiplies bytes as they are stored.

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

/// Stride of the rows of operands in values, at most two for every four inputs. A cache line more keeps rows from
/// mapping to the same cache sets; another one is room for a register after the last value.
const ROW_STRIDE: usize = 2 * QUADS + 32;

/// Rows of a tile.
const TILE_ROWS: usize = 6;

/// Rounded rows, [`ROW_STRIDE`] values apart, with the scales and sums of their blocks. Every four inputs are one value
/// for each operand.
struct Block {
    values: [MaybeUninit<i32>; ROWS * ROW_STRIDE],
    scales: [[f32; DEPTH / int8::BLOCK]; ROWS],
    /// Sums of the rounded inputs; zero if the weights have no offset.
    sums: [[i32; DEPTH / int8::BLOCK]; ROWS],
}

/// The operands of a panel: for every four inputs each operand of all outputs.
#[repr(align(64))]
struct Operands([MaybeUninit<i32>; 2 * QUADS * MAX_WIDTH]);

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
        sums: [[0; DEPTH / int8::BLOCK]; ROWS],
    };
    let mut rounded = [0i8; DEPTH + 64];
    let mut operands = Operands([const { MaybeUninit::uninit() }; 2 * QUADS * MAX_WIDTH]);
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
                level.run(PrepareInputs {
                    x: values,
                    quads: depth.div_ceil(4),
                    sums: &mut block.sums[row],
                    out,
                });
            }
            for panel in panels.clone() {
                let column = panel * weights.width;
                let start = weights
                    .panel(panel)
                    .wrapping_add(block_offset(first, weights.width));
                level.run(PreparePanel {
                    panel: start,
                    depth,
                    out: operands.0.as_mut_ptr().cast(),
                });
                level.run(RowsTimesPanel {
                    x: &block,
                    rows: count,
                    scales: start,
                    weights: operands.0.as_ptr().cast(),
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

/// Writes the operands of every four rounded inputs of a row to `out`, one after the other, and the sums of the blocks
/// if they are needed.
///
/// `x` is readable for a register more than its inputs, and zero up to a multiple of four; `out` is writable for
/// [`ROW_STRIDE`] values.
struct PrepareInputs<'a> {
    x: *const i8,
    quads: usize,
    sums: &'a mut [i32; DEPTH / int8::BLOCK],
    out: *mut i32,
}

impl Kernel for PrepareInputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) {
        if S::WEIGHT_OFFSET != 0 {
            // SAFETY: readable for the inputs by the contract of this type.
            let inputs = unsafe { std::slice::from_raw_parts(self.x, 4 * self.quads) };
            for (sum, inputs) in self.sums.iter_mut().zip(inputs.chunks(int8::BLOCK)) {
                *sum = inputs.iter().map(|&x| i32::from(x)).sum();
            }
        }
        let mut operands = [[0i32; 16]; 2];
        for first in (0..self.quads).step_by(S::LANES) {
            // SAFETY: a register of quads begins within the inputs, and a register has at most 16 values.
            unsafe {
                let quads = simd.load_i8_quads(self.x.add(4 * first));
                for (to, operand) in operands.iter_mut().zip(simd.input_operands(quads)) {
                    simd.store_i32(to.as_mut_ptr(), operand);
                }
            }
            for lane in 0..S::LANES {
                for (number, operand) in operands[..S::OPERANDS].iter().enumerate() {
                    // SAFETY: `out` has room for a register of quads after the last one.
                    unsafe {
                        *self.out.add(S::OPERANDS * (first + lane) + number) = operand[lane];
                    }
                }
            }
        }
    }
}

/// Writes the operands of `depth` inputs of a panel to `out`, from a multiple of [`int8::BLOCK`] on.
///
/// `panel` is readable for them with their scales, `out` writable for two registers of each operand per four inputs.
struct PreparePanel {
    panel: *const u8,
    depth: usize,
    out: *mut i32,
}

impl Kernel for PreparePanel {
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
                // `out` has room for both halves of their operands.
                unsafe {
                    let quads = simd.load_i8_quads(weights.add(4 * half * S::LANES).cast());
                    let operands = simd.weight_operands(quads);
                    for (number, &operand) in operands[..S::OPERANDS].iter().enumerate() {
                        let place = 2 * (S::OPERANDS * quad + number) + half;
                        simd.store_i32(self.out.add(place * S::LANES), operand);
                    }
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
            let operands = block * int8::BLOCK / 4 * S::OPERANDS;
            let x = self
                .x
                .values
                .as_ptr()
                .cast::<i32>()
                .wrapping_add(first * ROW_STRIDE + operands);
            let weights = self.weights.wrapping_add(operands * 2 * S::LANES);
            let mut counts = [[simd.zero_i32(); 2]; COUNT];
            if S::WEIGHT_OFFSET != 0 {
                for r in 0..COUNT {
                    let excess = S::WEIGHT_OFFSET * self.x.sums[first + r][block];
                    counts[r] = [simd.set_i32(-excess); 2];
                }
            }
            let operands = S::OPERANDS * inputs.div_ceil(4);
            // SAFETY: an operand has two registers in the panel and a value in each row.
            let counts = unsafe { count::<S, COUNT>(simd, x, weights, operands, counts) };
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

/// Adds integer products of COUNT rows and a panel over a number of operands to `counts`.
///
/// # Safety
/// `weights` must be readable for two registers per operand, `x` for the operands of COUNT rows at [`ROW_STRIDE`].
#[inline(always)]
unsafe fn count<S: SimdInt8, const COUNT: usize>(
    simd: S,
    x: *const i32,
    weights: *const i32,
    operands: usize,
    mut counts: [[S::I; 2]; COUNT],
) -> [[S::I; 2]; COUNT] {
    for operand in 0..operands {
        // SAFETY: by the caller's contract.
        unsafe {
            let w0 = simd.load_i32(weights.add(2 * operand * S::LANES));
            let w1 = simd.load_i32(weights.add((2 * operand + 1) * S::LANES));
            for r in 0..COUNT {
                let x = simd.splat_i32(x.add(r * ROW_STRIDE + operand));
                counts[r][0] = simd.dot_operands(w0, x, counts[r][0]);
                counts[r][1] = simd.dot_operands(w1, x, counts[r][1]);
            }
        }
    }
    counts
}
