//! Matrix times one row of input. Every weight is used once, so the speed is limited by reading them.
//!
//! With one stream, a hardware prefetcher reaches a fraction of the memory's bandwidth. So four panels are read at
//! once, each from its own quarter of the range. Their eight registers of sums also hide the latency of the
//! multiply-add. Each output sums its inputs in the same order for every number of threads.

use std::ops::Range;

use super::dot::{Bf16, Dot, F32, Int8};
use super::finish::Finish;
use super::int8::Rounded;
use super::packed::{Packed, block_offset};
use crate::simd::{Kernel, SimdInt8};
use crate::variant::WeightStorage;

/// Number of panels that are read at once.
const STREAMS: usize = 4;

/// Number of groups of `panels` panels: groups of four that are read at once, and one for the remainder.
pub(super) fn groups(panels: usize) -> usize {
    panels.div_ceil(STREAMS)
}

/// The outputs of the groups `groups` of the panels `panels`, from one row of K inputs.
pub(super) struct Gemv<'a> {
    pub(super) x: Row<'a>,
    pub(super) weights: &'a Packed,
    pub(super) panels: Range<usize>,
    /// A part of `0..groups(panels.len())`, see [`groups`].
    pub(super) groups: Range<usize>,
    pub(super) finish: Finish<'a>,
    /// The whole row of N outputs.
    ///
    /// The constructing code guarantees that the outputs of the groups can be read and written, and that the bias has N
    /// elements or none.
    pub(super) out: *mut f32,
}

/// The input of a [`Gemv`].
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    /// All K inputs, for weights in f32 or bf16.
    Floats(&'a [f32]),
    /// The inputs `first..first + depth` in 8 bits, for weights in int8; `first` is a multiple of [`int8::BLOCK`].
    ///
    /// [`int8::BLOCK`]: super::int8::BLOCK
    Bytes {
        x: &'a Rounded,
        first: usize,
        depth: usize,
    },
}

impl Kernel for Gemv<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) {
        debug_assert_eq!(self.weights.width, 2 * S::LANES);
        match self.x {
            Row::Floats(x) => {
                if self.weights.storage == WeightStorage::Bf16 {
                    self.stream(simd, Bf16 { x }, 0, self.finish);
                } else {
                    self.stream(simd, F32 { x }, 0, self.finish);
                }
            }
            Row::Bytes { x, first, depth } => {
                let offset = block_offset(first, 2 * S::LANES);
                self.stream(
                    simd,
                    Int8 { x, depth },
                    offset,
                    self.finish.block(first, depth, self.weights.k),
                );
            }
        }
    }
}

impl Gemv<'_> {
    /// All groups, from byte `offset` of each panel.
    #[inline(always)]
    fn stream<S: SimdInt8, D: Dot>(&self, simd: S, dot: D, offset: usize, finish: Finish<'_>) {
        let (start, count) = (self.panels.start, self.panels.len());
        let quarter = count / STREAMS;
        for group in self.groups.clone() {
            let first = start + group;
            if group < quarter {
                let panels = [
                    first,
                    first + quarter,
                    first + 2 * quarter,
                    first + 3 * quarter,
                ];
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
    fn group<S: SimdInt8, D: Dot, const COUNT: usize>(
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
        // SAFETY: each pointer starts a panel (or a block of it) with the weights of all inputs of `dot`.
        let sums = unsafe { dot.sums(simd, starts) };
        for s in 0..COUNT {
            let column = panels[s] * 2 * S::LANES;
            let (columns, out) = (self.weights.n - column, self.out.wrapping_add(column));
            // SAFETY: the panel exists, so `column < N`; `out` and the bias have N elements, see the field `out`.
            unsafe {
                finish.write(simd, sums[s], column, columns, out);
                if finish.activates() {
                    finish.activate(simd, columns, out);
                }
            }
        }
    }
}
