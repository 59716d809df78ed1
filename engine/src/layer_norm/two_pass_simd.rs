//! Two passes over a row that is in the first-level cache anyway: the sum, then squared deviations from the exact mean.
//!
//! Both sums run in several independent accumulators, so that the additions' latency is hidden.

use super::Rows;
use crate::simd::{Kernel, Simd};

pub(super) struct TwoPassSimd<'a>(pub(super) Rows<'a>);

impl Kernel for TwoPassSimd<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Rows { x, gain, bias, epsilon, out } = self.0;
        let c = gain.len();
        for (x, out) in x.chunks_exact(c).zip(out.chunks_exact_mut(c)) {
            let mean = sum_of::<S, false>(simd, x, 0.0) / c as f32;
            let squares = sum_of::<S, true>(simd, x, mean);
            let scale = 1.0 / (squares / c as f32 + epsilon).sqrt();
            normalise(simd, x, gain, bias, mean, scale, out);
        }
    }
}

/// The sum of `x - shift`, or of its squares.
#[inline(always)]
fn sum_of<S: Simd, const SQUARED: bool>(simd: S, x: &[f32], shift: f32) -> f32 {
    const CHAINS: usize = 4;
    let shifts = simd.splat(shift);
    let mut sums = [simd.splat(0.0); CHAINS];
    let mut blocks = x.chunks_exact(CHAINS * S::LANES);
    for block in &mut blocks {
        for chain in 0..CHAINS {
            let value = simd.sub(simd.load(&block[chain * S::LANES..]), shifts);
            sums[chain] = add_term::<S, SQUARED>(simd, value, sums[chain]);
        }
    }
    for chunk in blocks.remainder().chunks(S::LANES) {
        // Lanes beyond the end hold the shift, so that they add nothing.
        let value = simd.sub(simd.load_part(chunk, shift), shifts);
        sums[0] = add_term::<S, SQUARED>(simd, value, sums[0]);
    }
    simd.reduce_add(simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3])))
}

#[inline(always)]
fn add_term<S: Simd, const SQUARED: bool>(simd: S, value: S::F, sum: S::F) -> S::F {
    if SQUARED { simd.mul_add(value, value, sum) } else { simd.add(value, sum) }
}

/// `out = (x - mean) * scale * gain + bias`.
#[inline(always)]
pub(super) fn normalise<S: Simd>(
    simd: S,
    x: &[f32],
    gain: &[f32],
    bias: &[f32],
    mean: f32,
    scale: f32,
    out: &mut [f32],
) {
    let (mean, scale) = (simd.splat(mean), simd.splat(scale));
    for (((out, x), gain), bias) in
        out.chunks_mut(S::LANES).zip(x.chunks(S::LANES)).zip(gain.chunks(S::LANES)).zip(bias.chunks(S::LANES))
    {
        if out.len() == S::LANES {
            let deviation = simd.mul(simd.sub(simd.load(x), mean), scale);
            simd.store(out, simd.mul_add(deviation, simd.load(gain), simd.load(bias)));
        } else {
            let deviation = simd.mul(simd.sub(simd.load_part(x, 0.0), mean), scale);
            let value = simd.mul_add(deviation, simd.load_part(gain, 0.0), simd.load_part(bias, 0.0));
            simd.store_part(out, value);
        }
    }
}
