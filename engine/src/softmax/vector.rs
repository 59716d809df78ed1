//! Steps of a softmax over one row with vector instructions, also used by the online attention.

use crate::simd::{Simd, exp, exp_each};

/// The largest element; minus infinity if `x` is empty.
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
///
/// # Panics
/// Panics if `out` is shorter than `x`.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(simd: S, x: &[f32], max: f32, out: &mut [f32]) -> f32 {
    const N: usize = 4;
    assert!(x.len() <= out.len());
    let shift = simd.splat(max);
    let mut sums = [simd.splat(0.0); N];
    let mut i = 0;
    while i + N * S::LANES <= x.len() {
        let mut values = sums;
        // SAFETY: N vectors from `i` on end within `x`, and `out` is as long.
        unsafe {
            for n in 0..N {
                let value = simd.load_ptr(x.as_ptr().add(i + n * S::LANES));
                values[n] = simd.sub(value, shift);
            }
            values = exp_each(simd, values);
            for n in 0..N {
                simd.store_ptr(out.as_mut_ptr().add(i + n * S::LANES), values[n]);
                sums[n] = simd.add(sums[n], values[n]);
            }
        }
        i += N * S::LANES;
    }
    while i < x.len() {
        // Lanes beyond the end are minus infinity, whose exponential adds 0 to the sum.
        let value = simd.load_part(&x[i..], f32::NEG_INFINITY);
        let value = exp(simd, simd.sub(value, shift));
        let end = x.len().min(i + S::LANES);
        simd.store_part(&mut out[i..end], value);
        sums[0] = simd.add(sums[0], value);
        i += S::LANES;
    }
    simd.reduce_add(simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3])))
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
