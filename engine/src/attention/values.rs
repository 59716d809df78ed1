//! Weights of a tile of queries times the values: the second product of attention, for the batched and the online
//! implementation.

use super::heads::Rows;
use crate::simd::Simd;

/// The weights of a tile and their values.
#[derive(Clone, Copy)]
pub(super) struct Weighted<'a> {
    /// `[R, stride]`; only the first `values.count()` columns are used.
    pub(super) weights: &'a [f32],
    pub(super) stride: usize,
    pub(super) values: Rows<'a>,
}

/// `out[r] = factors[r] * out[r] + sum over s of weights[r, s] * values[s]`; a factor of 0 overwrites.
#[inline(always)]
pub(super) fn accumulate<S: Simd, const R: usize>(
    simd: S,
    weighted: Weighted<'_>,
    factors: &[f32; R],
    out: &mut [&mut [f32]; R],
) {
    let d = out[0].len();
    for r in 0..R {
        assert!(out[r].len() == d);
    }
    assert!(weighted.values.row_len() == d);
    assert!(weighted.weights.len() >= (R - 1) * weighted.stride + weighted.values.count());
    let mut i = 0;
    // A single query needs many vectors in flight to hide latency; a tile has them anyway.
    // SAFETY: all vectors of columns end at or before `d`, and the weights were checked above.
    unsafe {
        while R == 1 && i + 8 * S::LANES <= d {
            accumulate_columns::<S, R, 8>(simd, weighted, factors, out, i);
            i += 8 * S::LANES;
        }
        while R == 1 && i + 4 * S::LANES <= d {
            accumulate_columns::<S, R, 4>(simd, weighted, factors, out, i);
            i += 4 * S::LANES;
        }
        while i + 2 * S::LANES <= d {
            accumulate_columns::<S, R, 2>(simd, weighted, factors, out, i);
            i += 2 * S::LANES;
        }
        while i + S::LANES <= d {
            accumulate_columns::<S, R, 1>(simd, weighted, factors, out, i);
            i += S::LANES;
        }
    }
    if i < d {
        accumulate_rest(simd, weighted, factors, out, i);
    }
}

/// Computes W vectors of columns from `i` on.
///
/// # Safety
/// `i + W * LANES` must be at most the length of the values and of every output; there must be a weight for every query
/// and value.
#[inline(always)]
unsafe fn accumulate_columns<S: Simd, const R: usize, const W: usize>(
    simd: S,
    weighted: Weighted<'_>,
    factors: &[f32; R],
    out: &mut [&mut [f32]; R],
    i: usize,
) {
    let mut sums = [[simd.splat(0.0); W]; R];
    for r in 0..R {
        if factors[r] != 0.0 {
            let factor = simd.splat(factors[r]);
            for w in 0..W {
                // SAFETY: within the output by the caller's contract.
                let before = unsafe { simd.load_ptr(out[r].as_ptr().add(i + w * S::LANES)) };
                sums[r][w] = simd.mul(factor, before);
            }
        }
    }
    let weights = weighted.weights.as_ptr();
    let count = weighted.values.count();
    let mut s = 0;
    if R == 1 {
        // Two keys at a time with separate sums: twice as many independent chains of additions hide the latency.
        let mut others = [simd.splat(0.0); W];
        while s + 2 <= count {
            // SAFETY: `s + 1 < count`; the columns are within the rows by the caller's contract.
            unsafe {
                let (a, b) = (simd.splat(*weights.add(s)), simd.splat(*weights.add(s + 1)));
                let (first, second) = (
                    weighted.values.pointer(s).add(i),
                    weighted.values.pointer(s + 1).add(i),
                );
                for w in 0..W {
                    sums[0][w] =
                        simd.mul_add(a, simd.load_ptr(first.add(w * S::LANES)), sums[0][w]);
                    others[w] = simd.mul_add(b, simd.load_ptr(second.add(w * S::LANES)), others[w]);
                }
            }
            s += 2;
        }
        for w in 0..W {
            sums[0][w] = simd.add(sums[0][w], others[w]);
        }
    }
    while s < count {
        let mut columns = [simd.splat(0.0); W];
        // SAFETY: `s < count`; the columns are within the row by the caller's contract.
        let row = unsafe { weighted.values.pointer(s).add(i) };
        for w in 0..W {
            // SAFETY: as above.
            columns[w] = unsafe { simd.load_ptr(row.add(w * S::LANES)) };
        }
        for r in 0..R {
            // SAFETY: there is a weight for every query and value by the caller's contract.
            let weight = simd.splat(unsafe { *weights.add(r * weighted.stride + s) });
            for w in 0..W {
                sums[r][w] = simd.mul_add(weight, columns[w], sums[r][w]);
            }
        }
        s += 1;
    }
    for r in 0..R {
        for w in 0..W {
            // SAFETY: within the output by the caller's contract.
            unsafe { simd.store_ptr(out[r].as_mut_ptr().add(i + w * S::LANES), sums[r][w]) };
        }
    }
}

/// Computes the last columns, from `i` on, which do not fill a vector.
#[inline(always)]
fn accumulate_rest<S: Simd, const R: usize>(
    simd: S,
    weighted: Weighted<'_>,
    factors: &[f32; R],
    out: &mut [&mut [f32]; R],
    i: usize,
) {
    let mut sums = [simd.splat(0.0); R];
    for r in 0..R {
        if factors[r] != 0.0 {
            sums[r] = simd.mul(simd.splat(factors[r]), simd.load_part(&out[r][i..], 0.0));
        }
    }
    for s in 0..weighted.values.count() {
        let columns = simd.load_part(&weighted.values.row(s)[i..], 0.0);
        for r in 0..R {
            let weight = simd.splat(weighted.weights[r * weighted.stride + s]);
            sums[r] = simd.mul_add(weight, columns, sums[r]);
        }
    }
    for r in 0..R {
        simd.store_part(&mut out[r][i..], sums[r]);
    }
}
