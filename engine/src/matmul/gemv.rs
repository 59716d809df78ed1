//! One row of input: every weight is used once, so the kernel is a reader of memory that multiplies on the way.
//!
//! A hardware prefetcher follows one stream at a fraction of what the memory can deliver; four panels are therefore
//! read at once, each from its own quarter of the range. Their eight registers of sums also hide the latency of the
//! multiply-add. Each output sums its inputs in order, whatever the number of threads.

use std::ops::Range;

use super::finish::Finish;
use super::int8;
use super::packed::{Packed, block_offset};
use crate::simd::{Kernel, Simd};
use crate::variant::WeightStorage;

/// How many panels are read at once.
const STREAMS: usize = 4;

/// How many inputs an int8 kernel rounds at a time: blocks whose rounded inputs fit on the stack.
const INT8_INPUTS: usize = 32 * int8::BLOCK;

/// How many groups `panels` panels make: four that are read at once each, and what is left over.
pub(super) fn groups(panels: usize) -> usize {
    panels.div_ceil(STREAMS)
}

/// The outputs of the groups `groups` of the panels `panels`, from one row `x[K]`.
pub(super) struct Gemv<'a> {
    pub(super) x: &'a [f32],
    pub(super) weights: &'a Packed,
    pub(super) panels: Range<usize>,
    /// Within those that [`groups`] counts in `panels`.
    pub(super) groups: Range<usize>,
    pub(super) finish: Finish<'a>,
    /// The whole row of N outputs.
    ///
    /// Readable and writable there, and the bias (unless empty) has N elements: whoever builds this struct promises.
    pub(super) out: *mut f32,
}

impl Kernel for Gemv<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        debug_assert_eq!(self.weights.width, 2 * S::LANES);
        // Another core may just have written half of the input; asking for all of it at once costs one transfer's time.
        for line in self.x.chunks(16) {
            simd.prefetch(line.as_ptr().cast());
        }
        match self.weights.storage {
            WeightStorage::F32 => self.stream(simd, F32 { x: self.x }, 0, self.finish),
            WeightStorage::Bf16 => self.stream(simd, Bf16 { x: self.x }, 0, self.finish),
            WeightStorage::Int8 => {
                let mut rounded = Rounded::new();
                let mut first = 0;
                while first < self.x.len() {
                    let depth = INT8_INPUTS.min(self.x.len() - first);
                    rounded.fill(simd, &self.x[first..first + depth]);
                    let offset = block_offset(first, 2 * S::LANES);
                    self.stream(
                        simd,
                        Int8 { x: &rounded, depth },
                        offset,
                        self.finish.block(first, depth, self.x.len()),
                    );
                    first += depth;
                }
            }
        }
    }
}

impl Gemv<'_> {
    /// All groups, from byte `offset` of each panel.
    #[inline(always)]
    fn stream<S: Simd, D: Dot>(&self, simd: S, dot: D, offset: usize, finish: Finish<'_>) {
        let (start, count) = (self.panels.start, self.panels.len());
        let quarter = count / STREAMS;
        for group in self.groups.clone() {
            let first = start + group;
            if group < quarter {
                let panels = [first, first + quarter, first + 2 * quarter, first + 3 * quarter];
                self.group(simd, dot, offset, finish, panels);
                continue;
            }
            let rest = start + STREAMS * quarter;
            match count % STREAMS {
                1 => self.group(simd, dot, offset, finish, [rest]),
                2 => self.group(simd, dot, offset, finish, [rest, rest + 1]),
                _ => self.group(simd, dot, offset, finish, [rest, rest + 1, rest + 2]),
            }
        }
    }

    #[inline(always)]
    fn group<S: Simd, D: Dot, const COUNT: usize>(
        &self,
        simd: S,
        dot: D,
        offset: usize,
        finish: Finish<'_>,
        panels: [usize; COUNT],
    ) {
        let mut starts = [std::ptr::null(); COUNT];
        for s in 0..COUNT {
            starts[s] = self.weights.panel(panels[s]).wrapping_add(offset);
        }
        // SAFETY: each pointer starts a panel (or a block of it) that holds the weights of all inputs of `dot`.
        let sums = unsafe { dot.sums(simd, starts) };
        for s in 0..COUNT {
            let column = panels[s] * 2 * S::LANES;
            let (columns, out) = (self.weights.n - column, self.out.wrapping_add(column));
            // SAFETY: the panel exists, so `column < N`; `out` and the bias hold N elements by the promise of `out`.
            unsafe {
                finish.write(simd, sums[s], column, columns, out);
                if finish.activates() {
                    finish.activate(simd, columns, out);
                }
            }
        }
    }
}

/// The inner products of one input row with some panels; one implementation per storage.
trait Dot: Copy {
    /// The sums of both registers of each panel.
    ///
    /// # Safety
    /// Every pointer must be readable for the panel's weights of all inputs.
    unsafe fn sums<S: Simd, const COUNT: usize>(self, simd: S, panels: [*const u8; COUNT]) -> [[S::F; 2]; COUNT];
}

#[derive(Clone, Copy)]
struct F32<'a> {
    x: &'a [f32],
}

impl Dot for F32<'_> {
    #[inline(always)]
    unsafe fn sums<S: Simd, const COUNT: usize>(self, simd: S, panels: [*const u8; COUNT]) -> [[S::F; 2]; COUNT] {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for (p, x) in self.x.iter().enumerate() {
            let x = simd.splat(*x);
            for s in 0..COUNT {
                // SAFETY: input `p` has two registers of weights in the panel, by the caller's promise.
                unsafe {
                    let weights = panels[s].cast::<f32>().add(p * 2 * S::LANES);
                    sums[s][0] = simd.mul_add(x, simd.load_ptr(weights), sums[s][0]);
                    sums[s][1] = simd.mul_add(x, simd.load_ptr(weights.add(S::LANES)), sums[s][1]);
                }
            }
        }
        sums
    }
}

#[derive(Clone, Copy)]
struct Bf16<'a> {
    x: &'a [f32],
}

impl Dot for Bf16<'_> {
    #[inline(always)]
    unsafe fn sums<S: Simd, const COUNT: usize>(self, simd: S, panels: [*const u8; COUNT]) -> [[S::F; 2]; COUNT] {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for pair in 0..self.x.len().div_ceil(2) {
            let x0 = simd.splat(self.x[2 * pair]);
            // The partner of a last odd input is a zero weight.
            let x1 = simd.splat(self.x.get(2 * pair + 1).copied().unwrap_or(0.0));
            for s in 0..COUNT {
                for half in 0..2 {
                    // SAFETY: a pair of inputs has two registers of pairs in the panel, by the caller's promise.
                    let (w0, w1) =
                        unsafe { simd.load_bf16_pairs(panels[s].cast::<u16>().add((2 * pair + half) * 2 * S::LANES)) };
                    sums[s][half] = simd.mul_add(x1, w1, simd.mul_add(x0, w0, sums[s][half]));
                }
            }
        }
        sums
    }
}

#[derive(Clone, Copy)]
struct Int8<'a> {
    x: &'a Rounded,
    depth: usize,
}

impl Dot for Int8<'_> {
    #[inline(always)]
    unsafe fn sums<S: Simd, const COUNT: usize>(self, simd: S, panels: [*const u8; COUNT]) -> [[S::F; 2]; COUNT] {
        let mut sums = [[simd.splat(0.0); 2]; COUNT];
        for block in 0..self.depth.div_ceil(int8::BLOCK) {
            let first = block * int8::BLOCK;
            let pairs = int8::BLOCK.min(self.depth - first).div_ceil(2);
            let offset = block_offset(first, 2 * S::LANES);
            let mut counts = [[simd.zero_i32(); 2]; COUNT];
            for pair in 0..pairs {
                // SAFETY: the rounded inputs hold an even number of values that covers `depth`.
                let x = unsafe { simd.splat_i16_pair(self.x.values.as_ptr().add(first + 2 * pair)) };
                for s in 0..COUNT {
                    // SAFETY: behind the block's two registers of scales a pair of inputs has two registers of pairs.
                    unsafe {
                        let weights = panels[s].add(offset + (8 + 4 * pair) * S::LANES).cast::<i8>();
                        counts[s][0] = simd.dot_i8_i16(weights, x, counts[s][0]);
                        counts[s][1] = simd.dot_i8_i16(weights.add(2 * S::LANES), x, counts[s][1]);
                    }
                }
            }
            let x_scale = simd.splat(self.x.scales[block]);
            for s in 0..COUNT {
                for half in 0..2 {
                    // SAFETY: the block starts with two registers of scales.
                    let scale = unsafe { simd.load_ptr(panels[s].add(offset).cast::<f32>().add(half * S::LANES)) };
                    let count = simd.i32_to_f32(counts[s][half]);
                    sums[s][half] = simd.mul_add(count, simd.mul(scale, x_scale), sums[s][half]);
                }
            }
        }
        sums
    }
}

/// Inputs rounded to 15 bits and sign, a scale per block: sums of a block then are exact integers
/// (128 x 127 x 32767 fits an i32), and the rounding is far below that of the weights.
struct Rounded {
    /// One register more than the inputs, so that whole registers can be stored.
    values: [i16; INT8_INPUTS + 16],
    scales: [f32; INT8_INPUTS / int8::BLOCK],
}

impl Rounded {
    fn new() -> Self {
        Rounded { values: [0; INT8_INPUTS + 16], scales: [0.0; INT8_INPUTS / int8::BLOCK] }
    }

    /// Rounds at most [`INT8_INPUTS`] inputs; the values behind an odd last one are zero.
    #[inline(always)]
    fn fill<S: Simd>(&mut self, simd: S, x: &[f32]) {
        for (block, inputs) in x.chunks(int8::BLOCK).enumerate() {
            let mut largest = simd.splat(0.0);
            for part in inputs.chunks(S::LANES) {
                let values = simd.load_part(part, 0.0);
                largest = simd.max(largest, simd.max(values, simd.sub(simd.splat(0.0), values)));
            }
            let largest = simd.reduce_max(largest);
            self.scales[block] = largest / 32767.0;
            let inverse = simd.splat(if largest > 0.0 { 32767.0 / largest } else { 0.0 });
            for (index, part) in inputs.chunks(S::LANES).enumerate() {
                let values = &mut self.values[block * int8::BLOCK + index * S::LANES..][..S::LANES];
                let rounded = simd.mul(simd.load_part(part, 0.0), inverse);
                // SAFETY: the slice has room for a register.
                unsafe { simd.store_as_i16(values.as_mut_ptr(), rounded) };
            }
        }
    }
}
