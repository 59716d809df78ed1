//! Many rows of input: blocks of weights stay in the cache while tiles of the output stay in registers.
//!
//! The order of the loops follows Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", ACM TOMS
//! 34(3), 2008): rows of a block stay in the L2 cache, one panel of weights in the L1 cache, a tile of output in
//! registers. A block has so many inputs that reading and writing the tile costs little. The rows of a block are first
//! copied next to each other. In place, each row could be on a page of its own, more than the TLB has entries for. Rows
//! a power of two apart would also map to the same cache sets.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::finish::Finish;
use super::gemm_tiles::BlockTimesPanel;
use crate::simd::{Kernel, Level, Simd};
use crate::thread_pool::share;

/// Inputs per block for registers of `lanes` f32. A panel of 16 outputs takes 24 KB of the L1 cache. CPUs with AVX-512
/// have an L2 cache of 1 MB or more, which delivers a panel as fast as it is used. Twice as many inputs halve the
/// passes over the outputs, 2 % of the speed (Emerald Rapids).
const fn depth(lanes: usize) -> usize {
    if lanes >= 16 { 768 } else { 384 }
}

/// The deepest block of any instruction set.
const MAX_DEPTH: usize = depth(16);

/// Rows per block. Their inputs (154 KB, or 301 KB with AVX-512) leave room in the L2 cache for panels and outputs.
/// Twice as many rows cost 5 to 9 % of the speed with 512 KB of L2 cache (Zen 3). A multiple of the tile heights 4, 6
/// and 12.
pub(super) const ROWS: usize = 96;

/// Stride of the copied rows in elements: a cache line more than the inputs, so that rows do not map to the same cache
/// sets.
pub(super) const fn row_stride(lanes: usize) -> usize {
    depth(lanes) + 16
}

/// The widest panel of any instruction set.
pub(super) const MAX_WIDTH: usize = 32;

/// Memory for one block of a panel that has to be converted to f32.
#[repr(align(64))]
pub(super) struct Scratch(pub(super) [MaybeUninit<f32>; MAX_DEPTH * MAX_WIDTH]);

/// Source of panels of weights.
pub(super) trait Panels {
    /// N.
    fn outputs(&self) -> usize;

    /// Returns the f32 weights `[depth][width]` of panel `panel` from input `first` on, in place or in `scratch`;
    /// `depth` is at most that of a block.
    ///
    /// The result is readable for that many elements until `self` or `scratch` change.
    fn block(&self, panel: usize, first: usize, depth: usize, scratch: &mut Scratch) -> *const f32;

    /// The memory that [`Panels::block`] reads for the same arguments, to be prefetched.
    fn source(&self, panel: usize, first: usize, depth: usize) -> &[u8];
}

/// The input: rows of some of the K inputs, `stride` apart.
pub(super) struct Input {
    /// The first of `inputs` in the first row.
    pub(super) data: *const f32,
    pub(super) stride: usize,
    pub(super) inputs: Range<usize>,
    pub(super) k: usize,
}

/// The output: rows, `stride` apart. `data` is the address that the first of the N outputs has or would have.
#[derive(Clone, Copy)]
pub(super) struct Output {
    pub(super) data: *mut f32,
    pub(super) stride: usize,
}

/// The inputs of a block, row by row, [`row_stride`] elements apart.
pub(super) struct Block(pub(super) [MaybeUninit<f32>; BLOCK]);

const BLOCK: usize = ROWS * row_stride(16);

/// The rows `rows` of the outputs in `panels`, or the share that the inputs of `x` have in them.
///
/// # Safety
/// `x` must be readable and `out` readable and writable for those rows, no other code may access those elements of
/// `out` meanwhile, and the bias of `finish` must be empty or have N elements.
pub(super) unsafe fn multiply(
    level: Level,
    x: Input,
    weights: &impl Panels,
    rows: Range<usize>,
    panels: Range<usize>,
    finish: Finish<'_>,
    out: Output,
) {
    let (width, deepest, row_stride) = (
        2 * level.lanes(),
        depth(level.lanes()),
        row_stride(level.lanes()),
    );
    let mut scratch = Scratch([const { MaybeUninit::uninit() }; MAX_DEPTH * MAX_WIDTH]);
    // Blocks have equal heights: a low last block would cost as much per panel as a full one.
    let blocks = rows.len().div_ceil(ROWS);
    let mut block = Block([const { MaybeUninit::uninit() }; BLOCK]);
    for first in x.inputs.clone().step_by(deepest) {
        let depth = deepest.min(x.inputs.end - first);
        for block_of_rows in 0..blocks {
            let some = share(rows.len(), level.tile_rows(), block_of_rows, blocks);
            let (first_row, count) = (rows.start + some.start, some.len());
            // The very first panel is prefetched while the rows are copied.
            let panel = if first == x.inputs.start && block_of_rows == 0 {
                weights.source(panels.start, first, depth)
            } else {
                &[]
            };
            for (row, copy) in block.0.chunks_exact_mut(row_stride).take(count).enumerate() {
                level.run(Fetch(&panel[share(panel.len(), 64, row, count)]));
                let at = (first_row + row) * x.stride + first - x.inputs.start;
                let source = x.data.wrapping_add(at);
                // SAFETY: the row is readable from `first` on for `depth` inputs by the caller's contract; the copy has
                // room for the deepest block.
                unsafe {
                    copy.as_mut_ptr()
                        .cast::<f32>()
                        .copy_from_nonoverlapping(source, depth)
                };
            }
            for panel in panels.clone() {
                let column = panel * width;
                let next = if panel + 1 < panels.end {
                    weights.source(panel + 1, first, depth)
                } else if block_of_rows + 1 < blocks {
                    weights.source(panels.start, first, depth)
                } else if first + depth < x.inputs.end {
                    weights.source(
                        panels.start,
                        first + depth,
                        deepest.min(x.inputs.end - first - depth),
                    )
                } else {
                    &[]
                };
                level.run(BlockTimesPanel {
                    x: &block,
                    rows: count,
                    weights: weights.block(panel, first, depth, &mut scratch),
                    next,
                    depth,
                    column,
                    columns: weights.outputs() - column,
                    finish: finish.block(first, depth, x.k),
                    out: out.data.wrapping_add(first_row * out.stride + column),
                    out_stride: out.stride,
                });
            }
        }
    }
}

/// Fetches memory that will be read soon.
struct Fetch<'a>(&'a [u8]);

impl Kernel for Fetch<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for line in self.0.chunks(64) {
            simd.prefetch_far(line.as_ptr());
        }
    }
}
