//! Inner products of one row of input with a few panels of weights, one kernel per storage.
//!
//! The kernels prefetch weights. The hardware prefetcher stops at every 4 KB page; without software prefetch, the share
//! of the last-level cache's bandwidth that it reaches depends on the number of streams and on their addresses.

use super::int8::{self, Rounded};
use super::packed::block_offset;
use crate::simd::{Simd, SimdInt8};

/// Prefetch distance in bytes. Panels are contiguous in memory, so the bytes after the end of one panel are used next,
/// except after the last one.
const AHEAD: usize = 1024;

/// Prefetches the two registers of weights that are [`AHEAD`] bytes after `weights`.
#[inline(always)]
fn fetch_ahead<S: Simd>(simd: S, weights: *const u8) {
    for line in (0..8 * S::LANES).step_by(64) {
        simd.prefetch(weights.wrapping_add(AHEAD + line));
    }
}

/// Inner products of one input row with some panels.
pub(super) trait Dot: Copy {
    /// The sums of both registers of each panel.
    ///
    /// # Safety
    /// Every pointer must be readable for the panel's weights of all inputs.
    unsafe fn sums<S: SimdInt8, const COUNT: usize>(
        self,
        simd: S,
        panels: [*const u8; COUNT],
    ) -> [[S::F; 2]; COUNT];
}

#[derive(Clone, Copy)]
pub(super) struct F32<'a> {
    pub(super) x: &'a [f32],
}

impl Dot for F32<'_> {
    #[inline(always)]
    unsafe fn sums<S: Simd, const COUNT: usize>(
        self,
        simd: S,
        panels: [*const u8; COUNT],
    ) -> [[S::F; 2]; COUNT] {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for (p, x) in self.x.iter().enumerate() {
            let x = simd.splat(*x);
            for s in 0..COUNT {
                // SAFETY: input `p` has two registers of weights in the panel, by the caller's contract.
                unsafe {
                    let weights = panels[s].cast::<f32>().add(p * 2 * S::LANES);
                    fetch_ahead(simd, weights.cast());
                    sums[s][0] = simd.mul_add(x, simd.load_ptr(weights), sums[s][0]);
                    sums[s][1] = simd.mul_add(x, simd.load_ptr(weights.add(S::LANES)), sums[s][1]);
                }
            }
        }
        sums
    }
}

#[derive(Clone, Copy)]
pub(super) struct Bf16<'a> {
    pub(super) x: &'a [f32],
}

impl Dot for Bf16<'_> {
    #[inline(always)]
    unsafe fn sums<S: Simd, const COUNT: usize>(
        self,
        simd: S,
        panels: [*const u8; COUNT],
    ) -> [[S::F; 2]; COUNT] {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for pair in 0..self.x.len().div_ceil(2) {
            let x0 = simd.splat(self.x[2 * pair]);
            // A last odd input is paired with a zero weight.
            let x1 = simd.splat(self.x.get(2 * pair + 1).copied().unwrap_or(0.0));
            for s in 0..COUNT {
                fetch_ahead(simd, panels[s].wrapping_add(pair * 8 * S::LANES));
                for half in 0..2 {
                    // SAFETY: a pair of inputs has two registers of pairs in the panel, by the caller's contract.
                    let (w0, w1) = unsafe {
                        simd.load_bf16_pairs(
                            panels[s]
                                .cast::<u16>()
                                .add((2 * pair + half) * 2 * S::LANES),
                        )
                    };
                    sums[s][half] = simd.mul_add(x1, w1, simd.mul_add(x0, w0, sums[s][half]));
                }
            }
        }
        sums
    }
}

/// Inputs in 8 bits, from a multiple of [`int8::BLOCK`] on.
#[derive(Clone, Copy)]
pub(super) struct Int8<'a> {
    pub(super) x: &'a Rounded,
    pub(super) depth: usize,
}

impl Dot for Int8<'_> {
    #[inline(always)]
    unsafe fn sums<S: SimdInt8, const COUNT: usize>(
        self,
        simd: S,
        panels: [*const u8; COUNT],
    ) -> [[S::F; 2]; COUNT] {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for block in 0..self.depth.div_ceil(int8::BLOCK) {
            let first = block * int8::BLOCK;
            let quads = int8::BLOCK.min(self.depth - first).div_ceil(4);
            let offset = block_offset(first, 2 * S::LANES);
            let mut counts = [[simd.zero_i32(); 2]; COUNT];
            for quad in 0..quads {
                // SAFETY: the rounded inputs are a multiple of four that covers `depth`.
                let x = unsafe { simd.splat_i8_quad(self.x.values().add(first + 4 * quad)) };
                for s in 0..COUNT {
                    fetch_ahead(
                        simd,
                        panels[s].wrapping_add(offset + (8 + 8 * quad) * S::LANES),
                    );
                    for half in 0..2 {
                        // SAFETY: after the two registers of scales of a block, four inputs have two registers of
                        // weights.
                        let weights = unsafe {
                            let start =
                                panels[s].add(offset + (8 + 8 * quad + 4 * half) * S::LANES);
                            simd.load_i8_quads(start.cast())
                        };
                        counts[s][half] = simd.dot_i8(weights, x, counts[s][half]);
                    }
                }
            }
            let x_scale = simd.splat(self.x.scales()[block]);
            for s in 0..COUNT {
                for half in 0..2 {
                    // SAFETY: the block starts with two registers of scales.
                    let scale = unsafe {
                        simd.load_ptr(panels[s].add(offset).cast::<f32>().add(half * S::LANES))
                    };
                    let count = simd.i32_to_f32(counts[s][half]);
                    sums[s][half] = simd.mul_add(count, simd.mul(scale, x_scale), sums[s][half]);
                }
            }
        }
        sums
    }
}
