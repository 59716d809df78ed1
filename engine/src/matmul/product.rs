//! The product of two plain matrices, for the kernel workloads.

use std::ops::Range;

use super::finish::Finish;
use super::gemm::{self, Input, Output};
use super::panels::Gathered;
use super::view::{View, ViewMut};
use super::{Epilogue, Layout, blocked, naive, parallel};
use crate::simd::Level;
use crate::thread_pool::{Partition, ThreadPool};
use crate::variant::MatMul;

/// `out[M, N] = a[M, K] b[K, N]` in one of the implementations, without packing beforehand.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    kernel: MatMul,
    level: Level,
}

impl Product {
    /// The implementation `kernel` at `level`.
    pub fn new(kernel: MatMul, level: Level) -> Product {
        Product { kernel, level }
    }

    /// Writes `a[M, K] b[K, N]` to `out[M, N]`; `b` is given as `[K, N]` or, with [`Layout::OutIn`], as `[N, K]`.
    /// Only the parallel implementation uses more than the calling thread. Allocates nothing.
    ///
    /// # Panics
    /// Panics if the shapes do not match.
    pub fn run(
        &self,
        a: View<'_>,
        b: View<'_>,
        layout: Layout,
        mut out: ViewMut<'_>,
        pool: &ThreadPool,
    ) {
        let (m, k, n) = (a.rows(), a.columns(), out.columns());
        let shape = match layout {
            Layout::InOut => (b.rows(), b.columns()),
            Layout::OutIn => (b.columns(), b.rows()),
        };
        assert_eq!(
            shape,
            (k, n),
            "a [{m}, {k}] matrix times a {shape:?} one gives no [.., {n}] one"
        );
        assert_eq!(
            out.rows(),
            m,
            "the product of a [{m}, {k}] matrix has {m} rows"
        );
        match self.kernel {
            MatMul::Naive => {
                let finish = |_, sum, out: &mut f32| *out = sum;
                match layout {
                    Layout::InOut => naive::multiply(a, |p, j| b.row(p)[j], finish, &mut out),
                    Layout::OutIn => naive::multiply(a, |p, j| b.row(j)[p], finish, &mut out),
                }
            }
            MatMul::Blocked => {
                (0..m).for_each(|i| out.row_mut(i).fill(0.0));
                match layout {
                    Layout::InOut => blocked::accumulate(a, |p, j| b.row(p)[j], &mut out),
                    Layout::OutIn => blocked::accumulate(a, |p, j| b.row(j)[p], &mut out),
                }
            }
            MatMul::Simd => self.multiply(a, b, layout, out, None),
            MatMul::Parallel => self.multiply(a, b, layout, out, Some(pool)),
        }
    }

    fn multiply(
        &self,
        a: View<'_>,
        b: View<'_>,
        layout: Layout,
        mut out: ViewMut<'_>,
        pool: Option<&ThreadPool>,
    ) {
        let (m, k, n, out_stride) = (a.rows(), a.columns(), out.columns(), out.stride());
        if k == 0 {
            return (0..m).for_each(|i| out.row_mut(i).fill(0.0));
        }
        let width = 2 * self.level.lanes();
        let source = Gathered {
            matrix: b,
            layout,
            width,
        };
        let out = Partition::new(out.data_mut());
        let task = |rows: Range<usize>, panels: Range<usize>| {
            let input = Input {
                data: a.as_ptr(),
                stride: a.stride(),
                inputs: 0..k,
                k,
            };
            let output = Output {
                data: out.as_mut_ptr(),
                stride: out_stride,
            };
            // SAFETY: the views were checked to hold their rows; different calls get different rows or panels.
            unsafe {
                let finish = Finish::whole(&[], Epilogue::None);
                gemm::multiply(self.level, input, &source, rows, panels, finish, output);
            }
        };
        match pool {
            Some(pool) => parallel::share_out(
                pool,
                m,
                n.div_ceil(width),
                self.level.tile_rows(),
                gemm::ROWS,
                &task,
            ),
            None => task(0..m, 0..n.div_ceil(width)),
        }
    }
}
