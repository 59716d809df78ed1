//! Naive matrix product, row times column: the reference for the other implementations.

use super::dense::{Dense, Values};
use super::view::{View, ViewMut};
use super::{Epilogue, Layout, int8};

/// `out[M, N] = epilogue(x[M, K] w[K, N] + bias[N])`; a stored weight is converted to f32 where it is used.
pub(super) fn apply(x: &[f32], w: &Dense, bias: &[f32], epilogue: Epilogue, out: &mut [f32]) {
    let (k, n) = (w.k, w.n);
    let (x, out) = (View::dense(x, k), &mut ViewMut::dense(out, n));
    let finish = |j: usize, sum: f32, out: &mut f32| {
        let bias = if bias.is_empty() { 0.0 } else { bias[j] };
        epilogue.write(out, sum + bias);
    };
    match (&w.values, w.layout) {
        (Values::F32(w), Layout::InOut) => multiply(x, |p, j| w[p * n + j], finish, out),
        (Values::F32(w), Layout::OutIn) => multiply(x, |p, j| w[j * k + p], finish, out),
        (Values::Bf16(w), Layout::InOut) => multiply(x, |p, j| w[p * n + j].to_f32(), finish, out),
        (Values::Bf16(w), Layout::OutIn) => multiply(x, |p, j| w[j * k + p].to_f32(), finish, out),
        (Values::Int8 { values, scales }, layout) => {
            let weight = |p: usize, j: usize| i32::from(values[layout.index(p, j, k, n)]);
            let scale = |block: usize, j: usize| scales[block * n + j];
            multiply_int8(x, weight, scale, finish, epilogue == Epilogue::Add, out);
        }
    }
}

/// `out[i][j] = finish(sum over p of x[i][p] * weight(p, j))`.
#[inline]
pub(super) fn multiply(
    x: View<'_>,
    weight: impl Fn(usize, usize) -> f32,
    finish: impl Fn(usize, f32, &mut f32),
    out: &mut ViewMut<'_>,
) {
    for i in 0..x.rows() {
        for j in 0..out.columns() {
            let mut sum = 0.0;
            for p in 0..x.columns() {
                sum += x.row(i)[p] * weight(p, j);
            }
            finish(j, sum, &mut out.row_mut(i)[j]);
        }
    }
}

/// The same in the arithmetic of [`int8`]: per block of inputs, integers times integers, then times both scales.
///
/// A block of inputs is rounded once for all outputs, so the sums of the blocks are accumulated in the output. If the
/// product is `added` to the output, its old values stay.
fn multiply_int8(
    x: View<'_>,
    weight: impl Fn(usize, usize) -> i32,
    scale: impl Fn(usize, usize) -> f32,
    finish: impl Fn(usize, f32, &mut f32),
    added: bool,
    out: &mut ViewMut<'_>,
) {
    for i in 0..x.rows() {
        let out = out.row_mut(i);
        if !added {
            out.fill(0.0);
        }
        for (block, inputs) in x.row(i).chunks(int8::BLOCK).enumerate() {
            let mut rounded = [0; int8::BLOCK];
            let x_scale = int8::round_inputs(inputs, &mut rounded);
            for j in 0..out.len() {
                let mut count = 0;
                for p in 0..inputs.len() {
                    count += i32::from(rounded[p]) * weight(block * int8::BLOCK + p, j);
                }
                out[j] += count as f32 * (x_scale * scale(block, j));
            }
        }
        for j in 0..out.len() {
            let sum = if added { 0.0 } else { out[j] };
            finish(j, sum, &mut out[j]);
        }
    }
}
