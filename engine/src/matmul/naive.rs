//! Row times column, in the obvious order: the implementation to read, and to be compared with.

use super::dense::{Dense, Values};
use super::{Epilogue, Layout, int8};

/// `out[M, N] = epilogue(x[M, K] w[K, N] + bias[N])`; a stored weight becomes f32 where it is used.
pub(super) fn apply(x: &[f32], w: &Dense, bias: &[f32], epilogue: Epilogue, out: &mut [f32]) {
    let (k, n) = (w.k, w.n);
    let m = x.len() / k;
    let finish = |j: usize, sum: f32, out: &mut f32| {
        let bias = if bias.is_empty() { 0.0 } else { bias[j] };
        epilogue.write(out, sum + bias);
    };
    match (&w.values, w.layout) {
        (Values::F32(w), Layout::InOut) => multiply(x, |p, j| w[p * n + j], finish, out, m, k, n),
        (Values::F32(w), Layout::OutIn) => multiply(x, |p, j| w[j * k + p], finish, out, m, k, n),
        (Values::Bf16(w), Layout::InOut) => {
            multiply(x, |p, j| w[p * n + j].to_f32(), finish, out, m, k, n)
        }
        (Values::Bf16(w), Layout::OutIn) => {
            multiply(x, |p, j| w[j * k + p].to_f32(), finish, out, m, k, n)
        }
        (Values::Int8 { values, scales }, layout) => {
            let weight = |p: usize, j: usize| {
                let value = values[layout.index(p, j, k, n)];
                f32::from(value) * scales[p / int8::BLOCK * n + j]
            };
            multiply(x, weight, finish, out, m, k, n);
        }
    }
}

/// `out[i][j] = finish(sum over p of x[i][p] * weight(p, j))`.
#[inline]
pub(super) fn multiply(
    x: &[f32],
    weight: impl Fn(usize, usize) -> f32,
    finish: impl Fn(usize, f32, &mut f32),
    out: &mut [f32],
    m: usize,
    k: usize,
    n: usize,
) {
    for i in 0..m {
        for j in 0..n {
            let mut sum = 0.0;
            for p in 0..k {
                sum += x[i * k + p] * weight(p, j);
            }
            finish(j, sum, &mut out[i * n + j]);
        }
    }
}
