//! LayerNorm with vector instructions, generic over the method that computes mean and variance.

use std::marker::PhantomData;

use super::Rows;
use crate::simd::{Kernel, Simd};

/// A method that computes mean and variance of a row.
pub(super) trait Moments {
    /// The mean of `x` and the sum of squared deviations from it.
    fn of<S: Simd>(simd: S, x: &[f32]) -> (f32, f32);
}

/// LayerNorm with mean and variance by `M`.
pub(super) struct Normalise<'a, M> {
    rows: Rows<'a>,
    moments: PhantomData<M>,
}

impl<'a, M: Moments> Normalise<'a, M> {
    pub(super) fn new(rows: Rows<'a>) -> Self {
        Self {
            rows,
            moments: PhantomData,
        }
    }
}

impl<M: Moments> Kernel for Normalise<'_, M> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Rows {
            x,
            gain,
            bias,
            epsilon,
            out,
        } = self.rows;
        let c = gain.len();
        for (x, out) in x.chunks_exact(c).zip(out.chunks_exact_mut(c)) {
            let (mean, squares) = M::of(simd, x);
            let scale = 1.0 / (squares / c as f32 + epsilon).sqrt();
            normalise(simd, x, gain, bias, mean, scale, out);
        }
    }
}

/// `out = (x - mean) * scale * gain + bias`.
#[inline(always)]
fn normalise<S: Simd>(
    simd: S,
    x: &[f32],
    gain: &[f32],
    bias: &[f32],
    mean: f32,
    scale: f32,
    out: &mut [f32],
) {
    let (mean, scale) = (simd.splat(mean), simd.splat(scale));
    for (((out, x), gain), bias) in out
        .chunks_mut(S::LANES)
        .zip(x.chunks(S::LANES))
        .zip(gain.chunks(S::LANES))
        .zip(bias.chunks(S::LANES))
    {
        if out.len() == S::LANES {
            let deviation = simd.mul(simd.sub(simd.load(x), mean), scale);
            simd.store(
                out,
                simd.mul_add(deviation, simd.load(gain), simd.load(bias)),
            );
        } else {
            let deviation = simd.mul(simd.sub(simd.load_part(x, 0.0), mean), scale);
            let value = simd.mul_add(
                deviation,
                simd.load_part(gain, 0.0),
                simd.load_part(bias, 0.0),
            );
            simd.store_part(out, value);
        }
    }
}
