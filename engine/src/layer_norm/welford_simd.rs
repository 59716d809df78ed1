//! Welford's recurrence in every lane at once; the lanes are merged by Chan, Golub and LeVeque's formula
//! (Stanford STAN-CS-79-773, 1979).
//!
//! Each step needs the mean of the step before, so one row is a chain of latencies. The division is a multiplication by
//! a reciprocal that is the same for all lanes.

use super::vector::Moments;
use crate::simd::Simd;

pub(super) struct Welford;

impl Moments for Welford {
    #[inline(always)]
    fn of<S: Simd>(simd: S, x: &[f32]) -> (f32, f32) {
        let chunks = x.chunks_exact(S::LANES);
        let rest = chunks.remainder();
        let steps = chunks.len();
        let mut means = simd.splat(0.0);
        let mut squares = simd.splat(0.0);
        let mut step = 0.0;
        for chunk in chunks {
            step += 1.0;
            let value = simd.load(chunk);
            let before = simd.sub(value, means);
            means = simd.mul_add(before, simd.splat(1.0 / step), means);
            squares = simd.mul_add(before, simd.sub(value, means), squares);
        }
        // Every lane has `steps` values, so the mean of all is the mean of the lanes' means.
        let mut mean = simd.reduce_add(means) / S::LANES as f32;
        let apart = simd.sub(means, simd.splat(mean));
        let between = simd.reduce_add(simd.mul(apart, apart)) * steps as f32;
        let mut total = simd.reduce_add(squares) + between;
        let mut count = (steps * S::LANES) as f32;
        for &value in rest {
            count += 1.0;
            let before = value - mean;
            mean += before / count;
            total += before * (value - mean);
        }
        (mean, total)
    }
}
