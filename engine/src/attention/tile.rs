//! Small matrix products on a tile of queries, shared by the batched and the online implementation.
//!
//! For several queries the keys are turned (`[D, keys]`), so that both products run along the vectors: scores along keys,
//! outputs along D. A single query does not pay for the turning; its scores are plain dot products.

use super::Heads;
use crate::simd::Simd;

/// Queries in a full tile. With two vectors each, their accumulators fill half of AVX2's sixteen registers.
pub(super) const QUERIES: usize = 4;

/// `count` rounded up to a length that is a multiple of every instruction set's lanes.
pub(super) const fn padded(count: usize) -> usize {
    count.next_multiple_of(16)
}

/// Copies keys `first..first + count` of `head` into `turned` `[D, stride]`, column by column.
#[inline(always)]
pub(super) fn turn_keys(
    k: Heads<'_>,
    head: usize,
    first: usize,
    count: usize,
    stride: usize,
    turned: &mut [f32],
) {
    // Four keys at a time, so that every line of `turned` is touched once for four values.
    let mut s = 0;
    while s + 4 <= count {
        let a = k.row(head, first + s);
        let b = k.row(head, first + s + 1);
        let c = k.row(head, first + s + 2);
        let d = k.row(head, first + s + 3);
        for (i, out) in turned.chunks_mut(stride).take(a.len()).enumerate() {
            out[s..s + 4].copy_from_slice(&[a[i], b[i], c[i], d[i]]);
        }
        s += 4;
    }
    while s < count {
        for (i, &value) in k.row(head, first + s).iter().enumerate() {
            turned[i * stride + s] = value;
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
    let mut s = 0;
    while s < columns {
        if s + S::LANES < columns {
            score_columns::<S, R, 2>(simd, q, turned, stride, s, scale, scores);
        } else {
            score_columns::<S, R, 1>(simd, q, turned, stride, s, scale, scores);
        }
        s += 2 * S::LANES;
    }
}

/// W vectors of columns from `s` on.
#[inline(always)]
fn score_columns<S: Simd, const R: usize, const W: usize>(
    simd: S,
    q: &[&[f32]; R],
    turned: &[f32],
    stride: usize,
    s: usize,
    scale: f32,
    scores: &mut [f32],
) {
    let scale = simd.splat(scale);
    let mut sums = [[simd.splat(0.0); W]; R];
    let mut keys = [simd.splat(0.0); W];
    for i in 0..q[0].len() {
        let line = &turned[i * stride + s..][..W * S::LANES];
        for w in 0..W {
            keys[w] = simd.load(&line[w * S::LANES..]);
        }
        for r in 0..R {
            let value = simd.splat(q[r][i]);
            for w in 0..W {
                sums[r][w] = simd.mul_add(value, keys[w], sums[r][w]);
            }
        }
    }
    for r in 0..R {
        let line = &mut scores[r * stride + s..][..W * S::LANES];
        for w in 0..W {
            simd.store(&mut line[w * S::LANES..], simd.mul(sums[r][w], scale));
        }
    }
}

/// `scores[s] = scale * q . k[first + s]` for every element of `scores`.
#[inline(always)]
pub(super) fn dot_scores<S: Simd>(
    simd: S,
    q: &[f32],
    k: Heads<'_>,
    head: usize,
    first: usize,
    scale: f32,
    scores: &mut [f32],
) {
    let mut s = 0;
    while s + 4 <= scores.len() {
        // Four keys at a time hide each other's latency.
        let keys = [
            k.row(head, first + s),
            k.row(head, first + s + 1),
            k.row(head, first + s + 2),
            k.row(head, first + s + 3),
        ];
        let sums = dots(simd, q, &keys);
        for i in 0..4 {
            scores[s + i] = scale * sums[i];
        }
        s += 4;
    }
    while s < scores.len() {
        scores[s] = scale * dots(simd, q, &[k.row(head, first + s)])[0];
        s += 1;
    }
}

#[inline(always)]
fn dots<S: Simd, const N: usize>(simd: S, q: &[f32], keys: &[&[f32]; N]) -> [f32; N] {
    let mut sums = [simd.splat(0.0); N];
    let whole = q.len() - q.len() % S::LANES;
    let mut i = 0;
    while i < whole {
        let value = simd.load(&q[i..]);
        for n in 0..N {
            sums[n] = simd.mul_add(value, simd.load(&keys[n][i..]), sums[n]);
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
    /// `[R, stride]`, of which the first `count` columns count.
    pub(super) weights: &'a [f32],
    pub(super) stride: usize,
    pub(super) v: Heads<'a>,
    pub(super) head: usize,
    /// The position of the first value.
    pub(super) first: usize,
    pub(super) count: usize,
}

/// `out[r] = factors[r] * out[r] + sum over s of weights[r, s] * v[first + s]`; a factor of 0 overwrites.
#[inline(always)]
pub(super) fn accumulate<S: Simd, const R: usize>(
    simd: S,
    values: Weighted<'_>,
    factors: &[f32; R],
    out: &mut [&mut [f32]; R],
) {
    let d = out[0].len();
    let mut i = 0;
    // A single query needs many vectors in flight to hide latency; a tile has them anyway.
    while R == 1 && i + 8 * S::LANES <= d {
        accumulate_columns::<S, R, 8>(simd, values, factors, out, i);
        i += 8 * S::LANES;
    }
    while R == 1 && i + 4 * S::LANES <= d {
        accumulate_columns::<S, R, 4>(simd, values, factors, out, i);
        i += 4 * S::LANES;
    }
    while i + 2 * S::LANES <= d {
        accumulate_columns::<S, R, 2>(simd, values, factors, out, i);
        i += 2 * S::LANES;
    }
    while i < d {
        accumulate_columns::<S, R, 1>(simd, values, factors, out, i);
        i += S::LANES;
    }
}

/// W vectors of columns from `i` on; the last column of a single vector may lie before its end.
#[inline(always)]
fn accumulate_columns<S: Simd, const R: usize, const W: usize>(
    simd: S,
    values: Weighted<'_>,
    factors: &[f32; R],
    out: &mut [&mut [f32]; R],
    i: usize,
) {
    let mut sums = [[simd.splat(0.0); W]; R];
    for r in 0..R {
        if factors[r] != 0.0 {
            for w in 0..W {
                let before = simd.load_part(&out[r][i + w * S::LANES..], 0.0);
                sums[r][w] = simd.mul(simd.splat(factors[r]), before);
            }
        }
    }
    let mut columns = [simd.splat(0.0); W];
    let whole = i + W * S::LANES <= out[0].len();
    for s in 0..values.count {
        let row = &values.v.row(values.head, values.first + s)[i..];
        if whole {
            let row = &row[..W * S::LANES];
            for w in 0..W {
                columns[w] = simd.load(&row[w * S::LANES..]);
            }
        } else {
            columns[0] = simd.load_part(row, 0.0);
        }
        for r in 0..R {
            let weight = simd.splat(values.weights[r * values.stride + s]);
            for w in 0..W {
                sums[r][w] = simd.mul_add(weight, columns[w], sums[r][w]);
            }
        }
    }
    for r in 0..R {
        for w in 0..W {
            simd.store_part(&mut out[r][i + w * S::LANES..], sums[r][w]);
        }
    }
}
