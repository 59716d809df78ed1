//! Panels in f32 for the block kernels: in place, widened from bf16, or gathered from a plain matrix.

use super::Layout;
use super::gemm::{Panels, Scratch};
use super::packed::Packed;
use super::view::View;
use crate::simd::{Kernel, Level, Simd};
use crate::variant::WeightStorage;

/// Panels of packed weights in f32 or bf16.
pub(super) struct Stored<'a> {
    pub(super) weights: &'a Packed,
    pub(super) level: Level,
}

impl Panels for Stored<'_> {
    fn outputs(&self) -> usize {
        self.weights.n
    }

    fn block(&self, panel: usize, first: usize, depth: usize, scratch: &mut Scratch) -> *const f32 {
        let start = self.weights.panel(panel);
        if self.weights.storage == WeightStorage::F32 {
            return start.cast::<f32>().wrapping_add(first * self.weights.width);
        }
        let out = scratch.0.as_mut_ptr().cast();
        self.level.run(Widen {
            panel: start.cast(),
            first,
            depth,
            out,
        });
        out
    }

    fn source(&self, panel: usize, first: usize, depth: usize) -> &[u8] {
        self.weights.part(panel, first, depth)
    }
}

/// Converts the inputs `first..first + depth` of a panel from bf16 to f32; `first` is even.
struct Widen {
    panel: *const u16,
    first: usize,
    depth: usize,
    /// Room for `depth`, rounded up to even, inputs.
    out: *mut f32,
}

impl Kernel for Widen {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let width = 2 * S::LANES;
        for pair in 0..self.depth.div_ceil(2) {
            for half in 0..2 {
                // SAFETY: the pair lies within the panel, which has two registers of pairs for it; `out` has room for
                // both inputs of every pair.
                unsafe {
                    let pairs = self.panel.add((self.first + 2 * pair + half) * width);
                    let (w0, w1) = simd.load_bf16_pairs(pairs);
                    let out = self.out.add(2 * pair * width + half * S::LANES);
                    simd.store_ptr(out, w0);
                    simd.store_ptr(out.add(width), w1);
                }
            }
        }
    }
}

/// Panels of a matrix that is packed during the product; its shape is `[K, N]`, or `[N, K]` with [`Layout::OutIn`].
pub(super) struct Gathered<'a> {
    pub(super) matrix: View<'a>,
    pub(super) layout: Layout,
    /// Outputs per panel.
    pub(super) width: usize,
}

impl Panels for Gathered<'_> {
    fn outputs(&self) -> usize {
        match self.layout {
            Layout::InOut => self.matrix.columns(),
            Layout::OutIn => self.matrix.rows(),
        }
    }

    fn block(&self, panel: usize, first: usize, depth: usize, scratch: &mut Scratch) -> *const f32 {
        let column = panel * self.width;
        let columns = self.width.min(self.outputs() - column);
        let rows = scratch.0[..depth * self.width].chunks_exact_mut(self.width);
        match self.layout {
            Layout::InOut => {
                for (p, row) in rows.enumerate() {
                    let source = &self.matrix.row(first + p)[column..column + columns];
                    row.iter_mut()
                        .zip(source)
                        .for_each(|(value, source)| _ = value.write(*source));
                    row[columns..]
                        .iter_mut()
                        .for_each(|rest| _ = rest.write(0.0));
                }
            }
            Layout::OutIn => {
                if columns < self.width {
                    rows.for_each(|row| row.iter_mut().for_each(|value| _ = value.write(0.0)));
                }
                for lane in 0..columns {
                    let source = &self.matrix.row(column + lane)[first..first + depth];
                    for (p, value) in source.iter().enumerate() {
                        scratch.0[p * self.width + lane].write(*value);
                    }
                }
            }
        }
        scratch.0.as_ptr().cast()
    }

    fn source(&self, _panel: usize, _first: usize, _depth: usize) -> &[u8] {
        // The rows are not contiguous.
        &[]
    }
}
