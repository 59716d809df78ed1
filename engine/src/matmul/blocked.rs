//! Cache-blocked scalar loops on one thread, without vector intrinsics.
//!
//! A block of weights (`[BLOCK_K, BLOCK_N]`, 32 KB) is used for every row of the input before the next block is read.
//! The innermost loop runs along a row of the block, so that memory is read in order.

use super::dense::{Dense, Values};
use super::view::{View, ViewMut};
use super::{Epilogue, int8};

const BLOCK_K: usize = 64;
const BLOCK_N: usize = 128;

/// `out[M, N] = epilogue(x[M, K] w[K, N] + bias[N])`, weights in the layout in-out.
pub(super) fn apply(x: &[f32], w: &Dense, bias: &[f32], epilogue: Epilogue, out: &mut [f32]) {
    let (k, n) = (w.k, w.n);
    if epilogue != Epilogue::Add {
        out.fill(0.0);
    }
    if !bias.is_empty() {
        for row in out.chunks_exact_mut(n) {
            row.iter_mut()
                .zip(bias)
                .for_each(|(sum, bias)| *sum += bias);
        }
    }
    let (x, sums) = (View::dense(x, k), &mut ViewMut::dense(out, n));
    match &w.values {
        Values::F32(w) => accumulate(x, |p, j| w[p * n + j], sums),
        Values::Bf16(w) => accumulate(x, |p, j| w[p * n + j].to_f32(), sums),
        Values::Int8 { values, scales } => accumulate_int8(x, values, scales, sums),
    }
    if epilogue == Epilogue::Gelu {
        for value in out {
            let sum = *value;
            epilogue.write(value, sum);
        }
    }
}

/// `out[i][j] += sum over p of x[i][p] * weight(p, j)`, block by block.
pub(super) fn accumulate(x: View<'_>, weight: impl Fn(usize, usize) -> f32, out: &mut ViewMut<'_>) {
    let (k, n) = (x.columns(), out.columns());
    let mut block = [[0.0f32; BLOCK_N]; BLOCK_K];
    for first_k in (0..k).step_by(BLOCK_K) {
        let depth = BLOCK_K.min(k - first_k);
        for first_n in (0..n).step_by(BLOCK_N) {
            let width = BLOCK_N.min(n - first_n);
            for (p, row) in block[..depth].iter_mut().enumerate() {
                for (j, value) in row[..width].iter_mut().enumerate() {
                    *value = weight(first_k + p, first_n + j);
                }
            }
            for i in 0..x.rows() {
                let sums = &mut out.row_mut(i)[first_n..first_n + width];
                for (value, row) in x.row(i)[first_k..first_k + depth].iter().zip(&block) {
                    for (sum, weight) in sums.iter_mut().zip(row) {
                        *sum += value * weight;
                    }
                }
            }
        }
    }
}

/// The same in the arithmetic of [`int8`], whose blocks of inputs have scales; `weights` is `[K, N]`, `scales` `[K /
/// BLOCK, N]`.
fn accumulate_int8(x: View<'_>, weights: &[i8], scales: &[f32], out: &mut ViewMut<'_>) {
    let (k, n) = (x.columns(), out.columns());
    for first_k in (0..k).step_by(int8::BLOCK) {
        let depth = int8::BLOCK.min(k - first_k);
        let scales = &scales[first_k / int8::BLOCK * n..][..n];
        for first_n in (0..n).step_by(BLOCK_N) {
            let width = BLOCK_N.min(n - first_n);
            for i in 0..x.rows() {
                let mut rounded = [0; int8::BLOCK];
                let x_scale = int8::round_inputs(&x.row(i)[first_k..first_k + depth], &mut rounded);
                let mut counts = [0i32; BLOCK_N];
                for (p, &value) in rounded[..depth].iter().enumerate() {
                    let row = &weights[(first_k + p) * n + first_n..][..width];
                    for (count, &weight) in counts.iter_mut().zip(row) {
                        *count += i32::from(value) * i32::from(weight);
                    }
                }
                let sums = &mut out.row_mut(i)[first_n..first_n + width];
                for ((sum, count), scale) in sums.iter_mut().zip(counts).zip(&scales[first_n..]) {
                    *sum += count as f32 * (x_scale * scale);
                }
            }
        }
    }
}
