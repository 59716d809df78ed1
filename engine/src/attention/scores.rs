//! Scores of a tile of queries: the first product of attention, for the batched and the online implementation.
//!
//! For several queries the keys are transposed (`[D, keys]`), so that both products run along vectors: scores along
//! keys, outputs along D. For a single query a transposition does not pay off; its scores are plain dot products.

use super::heads::Rows;
use crate::simd::Simd;

/// Queries in a full tile. With two vectors each, their accumulators fill half of AVX2's sixteen registers. With
/// AVX-512's 32 registers, the online implementation computes two such tiles at once.
pub(super) const QUERIES: usize = 4;

/// `count` rounded up to a length that is a multiple of every instruction set's lanes.
pub(super) const fn padded(count: usize) -> usize {
    count.next_multiple_of(16)
}

/// Copies the rows of `keys` into `transposed` `[D, stride]`, column by column.
#[inline(always)]
pub(super) fn transpose_keys(keys: Rows<'_>, stride: usize, transposed: &mut [f32]) {
    let (count, d) = (keys.count(), keys.row_len());
    assert!(count <= stride && transposed.len() >= d * stride);
    let (whole_count, whole_d) = (count - count % 4, d - d % 4);
    for s in (0..whole_count).step_by(4) {
        // Squares of four by four values: four loads, shuffles, four stores.
        for i in (0..whole_d).step_by(4) {
            let mut square = [[0.0; 4]; 4];
            for (row, values) in square.iter_mut().enumerate() {
                // SAFETY: `s + row < count`, and four values from `i` on lie within a row.
                *values = unsafe { keys.pointer(s + row).add(i).cast::<[f32; 4]>().read() };
            }
            let [a, b, c, e] = square;
            for j in 0..4 {
                // SAFETY: `i + j < d` and `s + 4 <= count <= stride`, and `transposed` has `d` rows of `stride`.
                let out = unsafe { transposed.as_mut_ptr().add((i + j) * stride + s) };
                // SAFETY: as above.
                unsafe { out.cast::<[f32; 4]>().write([a[j], b[j], c[j], e[j]]) };
            }
        }
    }
    for s in 0..count {
        let rest = if s < whole_count { whole_d } else { 0 };
        for (i, value) in keys.row(s).iter().enumerate().skip(rest) {
            transposed[i * stride + s] = *value;
        }
    }
}

/// `scores[r, s] = scale * q[r] . transposed[:, s]` for `columns` columns and R queries. Rows of `scores` and
/// `transposed` are `stride` long, and are read and written up to the next multiple of the lanes.
#[inline(always)]
pub(super) fn scores<S: Simd, const R: usize>(
    simd: S,
    q: &[&[f32]; R],
    transposed: &[f32],
    stride: usize,
    columns: usize,
    scale: f32,
    scores: &mut [f32],
) {
    let d = q[0].len();
    assert!(stride.is_multiple_of(S::LANES) && columns <= stride);
    assert!(transposed.len() >= d * stride && scores.len() >= R * stride);
    let mut pointers = [q[0].as_ptr(); R];
    for r in 0..R {
        assert!(q[r].len() == d);
        pointers[r] = q[r].as_ptr();
    }
    let scale = simd.splat(scale);
    let mut s = 0;
    while s < columns {
        // SAFETY: rows of `transposed` and `scores` are `stride` long, a multiple of the lanes. So a vector that begins
        // before `columns` ends within its row. A second one is taken only if it begins before `columns`, too. Every
        // query has `d` values.
        unsafe {
            let transposed = transposed.as_ptr().add(s);
            let out = scores.as_mut_ptr().add(s);
            if s + S::LANES < columns {
                score_columns::<S, R, 2>(simd, &pointers, d, transposed, stride, scale, out);
            } else {
                score_columns::<S, R, 1>(simd, &pointers, d, transposed, stride, scale, out);
            }
        }
        s += 2 * S::LANES;
    }
}

/// Computes W vectors of columns; `transposed` and `out` point to the first.
///
/// # Safety
/// Each of `q` must be readable for `d` values, `transposed` for W vectors in each of `d` rows, `out` writable for W
/// vectors in each of R rows; rows of both are `stride` apart.
#[inline(always)]
unsafe fn score_columns<S: Simd, const R: usize, const W: usize>(
    simd: S,
    q: &[*const f32; R],
    d: usize,
    transposed: *const f32,
    stride: usize,
    scale: S::F,
    out: *mut f32,
) {
    let mut sums = [[simd.splat(0.0); W]; R];
    for i in 0..d {
        let mut keys = [simd.splat(0.0); W];
        for w in 0..W {
            // SAFETY: readable by the caller's contract.
            keys[w] = unsafe { simd.load_ptr(transposed.add(i * stride + w * S::LANES)) };
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
            // SAFETY: writable by the caller's contract.
            unsafe {
                simd.store_ptr(
                    out.add(r * stride + w * S::LANES),
                    simd.mul(sums[r][w], scale),
                )
            };
        }
    }
}

/// Prefetch distance, in keys.
const KEYS_AHEAD: usize = 8;

/// `scores[s] = scale * q . keys[s]` for every score. Keys and values of earlier tokens are in the last-level cache or
/// in memory, so the next keys and the `values` of the current ones are prefetched meanwhile.
#[inline(always)]
pub(super) fn dot_scores<S: Simd>(
    simd: S,
    q: &[f32],
    keys: Rows<'_>,
    values: Rows<'_>,
    scale: f32,
    scores: &mut [f32],
) {
    assert!(keys.count() >= scores.len() && values.count() >= scores.len());
    let mut s = 0;
    while s + 4 <= scores.len() {
        for i in 0..4 {
            if s + i + KEYS_AHEAD < keys.count() {
                fetch(simd, keys.row(s + i + KEYS_AHEAD));
            }
            fetch(simd, values.row(s + i));
        }
        // Four keys at a time hide each other's latency.
        let rows = [
            keys.row(s),
            keys.row(s + 1),
            keys.row(s + 2),
            keys.row(s + 3),
        ];
        let sums = dots(simd, q, &rows);
        for i in 0..4 {
            scores[s + i] = scale * sums[i];
        }
        s += 4;
    }
    while s < scores.len() {
        fetch(simd, values.row(s));
        scores[s] = scale * dots(simd, q, &[keys.row(s)])[0];
        s += 1;
    }
}

/// Prefetches a whole row.
#[inline(always)]
fn fetch<S: Simd>(simd: S, row: &[f32]) {
    for line in row.chunks(16) {
        simd.prefetch(line.as_ptr().cast());
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
