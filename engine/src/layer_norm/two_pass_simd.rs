//! Two passes over a row that is in the L1 cache: the sum, then squared deviations from the exact mean.
//!
//! Several independent accumulators hide the latency of the additions.

use super::vector::Moments;
use crate::simd::Simd;

pub(super) struct TwoPass;

impl Moments for TwoPass {
    #[inline(always)]
    fn of<S: Simd>(simd: S, x: &[f32]) -> (f32, f32) {
        let mean = sum_of::<S, false>(simd, x, 0.0) / x.len() as f32;
        (mean, sum_of::<S, true>(simd, x, mean))
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
        // Lanes beyond the end contain the shift, so that they add 0.
        let value = simd.sub(simd.load_part(chunk, shift), shifts);
        sums[0] = add_term::<S, SQUARED>(simd, value, sums[0]);
    }
    simd.reduce_add(simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3])))
}

#[inline(always)]
fn add_term<S: Simd, const SQUARED: bool>(simd: S, value: S::F, sum: S::F) -> S::F {
    if SQUARED {
        simd.mul_add(value, value, sum)
    } else {
        simd.add(value, sum)
    }
}
