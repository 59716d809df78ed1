//! The steps of a softmax over one row in vectors; the online attention takes them, too.

use crate::simd::{Simd, exp};

/// The largest element; minus infinity for none.
#[inline(always)]
pub(crate) fn largest<S: Simd>(simd: S, x: &[f32]) -> f32 {
    let lowest = simd.splat(f32::NEG_INFINITY);
    let mut max = [lowest; 2];
    let mut blocks = x.chunks_exact(2 * S::LANES);
    for block in &mut blocks {
        max[0] = simd.max(max[0], simd.load(block));
        max[1] = simd.max(max[1], simd.load(&block[S::LANES..]));
    }
    for chunk in blocks.remainder().chunks(S::LANES) {
        max[0] = simd.max(max[0], simd.load_part(chunk, f32::NEG_INFINITY));
    }
    simd.reduce_max(simd.max(max[0], max[1]))
}

/// `out = exp(x - max)`; returns the sum.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(simd: S, x: &[f32], max: f32, out: &mut [f32]) -> f32 {
    let shift = simd.splat(max);
    let mut sum = simd.splat(0.0);
    for (x, out) in x.chunks(S::LANES).zip(out.chunks_mut(S::LANES)) {
        if x.len() == S::LANES {
            let value = exp(simd, simd.sub(simd.load(x), shift));
            simd.store(out, value);
            sum = simd.add(sum, value);
        } else {
            // Lanes beyond the end are minus infinity, whose exponential adds 0 to the sum.
            let value = exp(simd, simd.sub(simd.load_part(x, f32::NEG_INFINITY), shift));
            simd.store_part(out, value);
            sum = simd.add(sum, value);
        }
    }
    simd.reduce_add(sum)
}

/// `values *= factor`.
#[inline(always)]
pub(crate) fn scale<S: Simd>(simd: S, values: &mut [f32], factor: f32) {
    let factor = simd.splat(factor);
    for chunk in values.chunks_mut(S::LANES) {
        if chunk.len() == S::LANES {
            simd.store(chunk, simd.mul(simd.load(chunk), factor));
        } else {
            simd.store_part(chunk, simd.mul(simd.load_part(chunk, 0.0), factor));
        }
    }
}
