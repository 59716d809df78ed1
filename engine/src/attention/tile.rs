//! Small matrix products on a tile of queries, shared by the batched and the online implementation.
//!
//! For several queries the keys are turned (`[D, keys]`), so that both products run along the vectors: scores along keys,
//! outputs along D. A single query does not pay for the turning; its scores are plain dot products.

use super::heads::Rows;
use crate::simd::Simd;

/// Queries in a full tile. With two vectors each, their accumulators fill half of AVX2's sixteen registers.
pub(super) const QUERIES: usize = 4;

/// `count` rounded up to a length that is a multiple of every instruction set's lanes.
pub(super) const fn padded(count: usize) -> usize {
    count.next_multiple_of(16)
}

/// Copies the rows of `keys` into `turned` `[D, stride]`, column by column.
#[inline(always)]
pub(super) fn turn_keys(keys: Rows<'_>, stride: usize, turned: &mut [f32]) {
    // Four keys at a time, so that every line of `turned` is touched once for four values.
    let mut s = 0;
    while s + 4 <= keys.count() {
        let (a, b) = (keys.row(s), keys.row(s + 1));
        let (c, d) = (keys.row(s + 2), keys.row(s + 3));
        let values = a.iter().zip(b).zip(c.iter().zip(d));
        for (out, ((a, b), (c, d))) in turned.chunks_exact_mut(stride).zip(values) {
            out[s..s + 4].copy_from_slice(&[*a, *b, *c, *d]);
        }
        s += 4;
    }
    while s < keys.count() {
        for (out, value) in turned.chunks_exact_mut(stride).zip(keys.row(s)) {
            out[s] = *value;
        }
        s += 1;
    }
}

/// `scores[r, s] = scale * q[r] . turned[:, s]` for `columns` columns and R queries. Rows of `scores` and `turned` are
/// `stride` long, and are read and written up to the next multiple of the lanes.
#[inline(always)]
pub(super) fn scores<S: Simd, const R: usize>(
    simd: S,
    q: &[&[f32]; R],
    turned: &[f32],
    stride: usize,
    columns: usize,
    scale: f32,
    scores: &mut [f32],
) {
    let d = q[0].len();
    assert!(stride.is_multiple_of(S::LANES) && columns <= stride);
    assert!(turned.len() >= d * stride && scores.len() >= R * stride);
    let mut pointers = [q[0].as_ptr(); R];
    for r in 0..R {
        assert!(q[r].len() == d);
        pointers[r] = q[r].as_ptr();
    }
    let scale = simd.splat(scale);
    let mut s = 0;
    while s < columns {
        // SAFETY: rows of `turned` and `scores` are `stride` long, a multiple of the lanes, and a vector that begins
        // before `columns` ends within its row; a second one is taken only where it begins before `columns`, too. Every
        // query has `d` values.
        unsafe {
            let turned = turned.as_ptr().add(s);
            let out = scores.as_mut_ptr().add(s);
            if s + S::LANES < columns {
                score_columns::<S, R, 2>(simd, &pointers, d, turned, stride, scale, out);
            } else {
                score_columns::<S, R, 1>(simd, &pointers, d, turned, stride, scale, out);
            }
        }
        s += 2 * S::LANES;
    }
}

/// W vectors of columns, the first of which `turned` and `out` point to.
///
/// # Safety
/// Each of `q` must be readable for `d` values, `turned` for W vectors in each of `d` rows, `out` writable for W vectors in
/// each of R rows; rows of both are `stride` apart.
#[inline(always)]
unsafe fn score_columns<S: Simd, const R: usize, const W: usize>(
    simd: S,
    q: &[*const f32; R],
    d: usize,
    turned: *const f32,
    stride: usize,
    scale: S::F,
    out: *mut f32,
) {
    let mut sums = [[simd.splat(0.0); W]; R];
    for i in 0..d {
        let mut keys = [simd.splat(0.0); W];
        for w in 0..W {
            // SAFETY: readable by the caller's promise.
            keys[w] = unsafe { simd.load_ptr(turned.add(i * stride + w * S::LANES)) };
        }
        for r in 0..R {
            // SAFETY: as above.
            let value = simd.splat(unsafe { *q[r].add(i) });
            for w in 0..W {
                sums[r][w] = simd.mul_add(value, keys[w], sums[r][w]);
            }
        }
    }
    for r in 0..R {
        for w in 0..W {
            // SAFETY: writable by the caller's promise.
            unsafe { simd.store_ptr(out.add(r * stride + w * S::LANES), simd.mul(sums[r][w], scale)) };
        }
    }
}

/// `scores[s] = scale * q . keys[s]` for every row of `keys`.
#[inline(always)]
pub(super) fn dot_scores<S: Simd>(simd: S, q: &[f32], keys: Rows<'_>, scale: f32, scores: &mut [f32]) {
    assert!(keys.count() == scores.len());
    let mut s = 0;
    while s + 4 <= scores.len() {
        // Four keys at a time hide each other's latency.
        let rows = [keys.row(s), keys.row(s + 1), keys.row(s + 2), keys.row(s + 3)];
        let sums = dots(simd, q, &rows);
        for i in 0..4 {
            scores[s + i] = scale * sums[i];
        }
        s += 4;
    }
    while s < scores.len() {
        scores[s] = scale * dots(simd, q, &[keys.row(s)])[0];
        s += 1;
    }
}

#[inline(always)]
fn dots<S: Simd, const N: usize>(simd: S, q: &[f32], keys: &[&[f32]; N]) -> [f32; N] {
    for n in 0..N {
        assert!(keys[n].len() == q.len());
    }
    let mut sums = [simd.splat(0.0); N];
    let whole = q.len() - q.len() % S::LANES;
    let mut i = 0;
    while i < whole {
        // SAFETY: `i + LANES <= whole`, which is at most the length of `q` and of every key.
        unsafe {
            let value = simd.load_ptr(q.as_ptr().add(i));
            for n in 0..N {
                sums[n] = simd.mul_add(value, simd.load_ptr(keys[n].as_ptr().add(i)), sums[n]);
            }
        }
        i += S::LANES;
    }
    if whole < q.len() {
        let value = simd.load_part(&q[whole..], 0.0);
        for n in 0..N {
            sums[n] = simd.mul_add(value, simd.load_part(&keys[n][whole..], 0.0), sums[n]);
        }
    }
    let mut out = [0.0; N];
    for n in 0..N {
        out[n] = simd.reduce_add(sums[n]);
    }
    out
}

/// The weights of a tile, and the values they belong to.
#[derive(Clone, Copy)]
pub(super) struct Weighted<'a> {
    /// `[R, stride]`, of which as many columns count as there are values.
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

/// W vectors of columns from `i` on.
///
/// # Safety
/// `i + W * LANES` must be at most the length of the values and of every output; there must be a weight for every query and
/// value.
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
                // SAFETY: within the output by the caller's promise.
                let before = unsafe { simd.load_ptr(out[r].as_ptr().add(i + w * S::LANES)) };
                sums[r][w] = simd.mul(factor, before);
            }
        }
    }
    let weights = weighted.weights.as_ptr();
    let count = weighted.values.count();
    let mut s = 0;
    if R == 1 {
        // Two keys at a time, each with its own sums: twice as many chains of additions to hide latency with.
        let mut others = [simd.splat(0.0); W];
        while s + 2 <= count {
            // SAFETY: `s + 1 < count`; the columns are within the rows by the caller's promise.
            unsafe {
                let (a, b) = (simd.splat(*weights.add(s)), simd.splat(*weights.add(s + 1)));
                let (first, second) = (weighted.values.pointer(s).add(i), weighted.values.pointer(s + 1).add(i));
                for w in 0..W {
                    sums[0][w] = simd.mul_add(a, simd.load_ptr(first.add(w * S::LANES)), sums[0][w]);
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
        // SAFETY: `s < count`; the columns are within the row by the caller's promise.
        let row = unsafe { weighted.values.pointer(s).add(i) };
        for w in 0..W {
            // SAFETY: as above.
            columns[w] = unsafe { simd.load_ptr(row.add(w * S::LANES)) };
        }
        for r in 0..R {
            // SAFETY: there is a weight for every query and value by the caller's promise.
            let weight = simd.splat(unsafe { *weights.add(r * weighted.stride + s) });
            for w in 0..W {
                sums[r][w] = simd.mul_add(weight, columns[w], sums[r][w]);
            }
        }
        s += 1;
    }
    for r in 0..R {
        for w in 0..W {
            // SAFETY: within the output by the caller's promise.
            unsafe { simd.store_ptr(out[r].as_mut_ptr().add(i + w * S::LANES), sums[r][w]) };
        }
    }
}

/// The last columns, from `i` on, which do not fill a vector.
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
