//! Matrix products: the weights of a layer ([`Linear`]) and plain matrices ([`Product`]).
//!
//! Four implementations, the plain one first. Each computes every size itself; none falls back to another.
//!
//! - `naive`: row times column, to be read.
//! - `blocked`: scalar loops over blocks that stay in the cache.
//! - `simd`: packed panels and a register-blocked micro-kernel; one row of input streams the weights.
//! - `parallel`: the same kernels, panels distributed over a [`ThreadPool`](crate::thread_pool::ThreadPool).
//!
//! Weights are stored as f32, bf16 or int8 (see [`WeightStorage`](crate::variant::WeightStorage)); arithmetic is f32
//! for the first two. int8 also rounds the inputs and computes exactly in integers within a block of inputs.

mod blocked;
mod dense;
mod dot;
mod epilogue;
mod finish;
mod gemm;
mod gemm_int8;
mod gemm_tiles;
mod gemv;
mod int8;
mod linear;
mod naive;
mod packed;
mod pages;
mod panels;
mod parallel;
mod part;
mod product;
mod simd;
mod view;

pub use epilogue::Epilogue;
pub use linear::{Linear, LinearError, Matrix};
pub use part::{PART_UNIT, Part};
pub use product::Product;
pub use view::{View, ViewMut};

#[cfg(test)]
mod tests;

/// Order of the dimensions of a weight matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `[K, N]`: a row per input. GPT-2's Conv1D layers.
    InOut,
    /// `[N, K]`: a row per output. The token embedding used as head.
    OutIn,
}

impl Layout {
    /// Index of the weight from input `p` to output `j` in a tensor of `k` inputs and `n` outputs.
    #[inline]
    pub(crate) fn index(self, p: usize, j: usize, k: usize, n: usize) -> usize {
        match self {
            Layout::InOut => p * n + j,
            Layout::OutIn => j * k + p,
        }
    }
}
