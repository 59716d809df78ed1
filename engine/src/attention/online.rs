//! Attention in blocks of keys with an online softmax (Milakov and Gimelshein, arXiv:1805.02867; Dao et al.,
//! arXiv:2205.14135): a running maximum and sum per query, and outputs that are rescaled when the maximum changes. No
//! row of scores is stored. A block of keys and values stays in the L1 cache while all queries use it.

use super::scores::{QUERIES, dot_scores, padded, scores, transpose_keys};
use super::values::{Weighted, accumulate};
use super::{Piece, Shape};
use crate::simd::{Kernel, Simd, exp, exp_each};
use crate::softmax::vector::{exponentials, largest, scale};

/// Keys per block. With a head size of 64, keys and values of a block fill an L1 cache of 32 KB.
const KEYS: usize = 64;

/// Queries of the highest tile, see [`S::TILE_ROWS`](Simd::TILE_ROWS). A tile of [`QUERIES`] is bound by the latency of
/// its sums where twice as many registers are available.
const MAX_QUERIES: usize = 2 * QUERIES;

/// Length of the scratch: a block of transposed keys, scores and weights of a tile, and maximum and sum of every query.
pub(super) fn scratch(shape: &Shape) -> usize {
    (shape.head_size + 2 * MAX_QUERIES) * KEYS + 2 * shape.queries
}

pub(super) struct Online<'a> {
    pub(super) piece: Piece<'a>,
    pub(super) scratch: &'a mut [f32],
}

impl Kernel for Online<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let piece = self.piece;
        let shape = piece.task.shape;
        let (transposed, rest) = self.scratch.split_at_mut(shape.head_size * KEYS);
        let (scores, rest) = rest.split_at_mut(MAX_QUERIES * KEYS);
        let (weights, rest) = rest.split_at_mut(MAX_QUERIES * KEYS);
        let (maxima, sums) = rest[..2 * shape.queries].split_at_mut(shape.queries);
        maxima.fill(f32::NEG_INFINITY);
        sums.fill(0.0);
        let mut state = State {
            piece,
            transposed,
            scores,
            weights,
            maxima,
            sums,
        };
        let keys = shape.keys();
        let mut start = 0;
        while start < keys {
            let count = KEYS.min(keys - start);
            if shape.queries > 1 {
                let keys = piece.task.k.rows(piece.head, start, count);
                transpose_keys(keys, KEYS, state.transposed);
            }
            for mut first in piece.tiles(MAX_QUERIES) {
                let end = shape.queries.min(first + MAX_QUERIES);
                if S::TILE_ROWS >= MAX_QUERIES && first + MAX_QUERIES == end {
                    state.tile::<S, MAX_QUERIES>(simd, first, start, count);
                    continue;
                }
                while first + QUERIES <= end {
                    state.tile::<S, QUERIES>(simd, first, start, count);
                    first += QUERIES;
                }
                for t in first..end {
                    state.tile::<S, 1>(simd, t, start, count);
                }
            }
            start += KEYS;
        }
        for first in piece.tiles(MAX_QUERIES) {
            for t in first..(first + MAX_QUERIES).min(shape.queries) {
                // SAFETY: `t` is in a tile of the piece, and the borrow ends with the next statement.
                let row = unsafe { piece.out_row(t) };
                scale(simd, row, 1.0 / state.sums[t]);
            }
        }
    }
}

struct State<'a> {
    piece: Piece<'a>,
    transposed: &'a mut [f32],
    scores: &'a mut [f32],
    weights: &'a mut [f32],
    maxima: &'a mut [f32],
    sums: &'a mut [f32],
}

impl State<'_> {
    /// Adds the keys `start..start + count` to the outputs of R queries from `first` on.
    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&mut self, simd: S, first: usize, start: usize, count: usize) {
        let piece = self.piece;
        let task = piece.task;
        let end = task.shape.past + first + R;
        if end <= start {
            return;
        }
        let visible = count.min(end - start);
        if task.shape.queries == 1 {
            let q = task.q.row(piece.head, 0);
            let out = &mut self.scores[..visible];
            let keys = task.k.rows(piece.head, start, end - start);
            let values = task.v.rows(piece.head, start, visible);
            dot_scores(simd, q, keys, values, task.shape.scale(), out);
        } else {
            let q: [&[f32]; R] = std::array::from_fn(|r| task.q.row(piece.head, first + r));
            let factor = task.shape.scale();
            scores(
                simd,
                &q,
                self.transposed,
                KEYS,
                visible,
                factor,
                self.scores,
            );
        }
        let mut factors = [1.0; R];
        if R == 1 {
            factors[0] = self.weigh_row(simd, first, visible);
        } else {
            for r in 0..R {
                // The last R - 1 keys of the tile's range are in the future of its first queries.
                let seen = visible.min((end - (R - 1 - r)).saturating_sub(start));
                self.scores[r * KEYS + seen..r * KEYS + padded(visible)].fill(f32::NEG_INFINITY);
            }
            self.weigh_rows(simd, first, visible.div_ceil(S::LANES), &mut factors);
        }
        let values = Weighted {
            weights: self.weights,
            stride: KEYS,
            values: task.v.rows(piece.head, start, visible),
        };
        // SAFETY: the tile belongs to the piece, and each of its rows is borrowed once.
        let mut out: [&mut [f32]; R] = std::array::from_fn(|r| unsafe { piece.out_row(first + r) });
        accumulate(simd, values, &factors, &mut out);
    }

    /// Computes the weights of query `t` from its `visible` scores in row 0. Returns the factor that rescales what was
    /// accumulated before.
    #[inline(always)]
    fn weigh_row<S: Simd>(&mut self, simd: S, t: usize, visible: usize) -> f32 {
        let scores = &self.scores[..visible];
        let before = self.maxima[t];
        let max = before.max(largest(simd, scores));
        let shrink = if before == f32::NEG_INFINITY {
            0.0
        } else if before == max {
            1.0
        } else {
            simd.reduce_max(exp(simd, simd.splat(before - max)))
        };
        let sum = exponentials(simd, scores, max, self.weights);
        self.maxima[t] = max;
        self.sums[t] = self.sums[t] * shrink + sum;
        shrink
    }

    /// Computes the weights of R queries from `first` on, in rows of `vectors` whole vectors. Each step runs for all
    /// rows before the next step, because the operations of one row depend on each other. Keys that a query does not
    /// attend to have the score minus infinity.
    #[inline(always)]
    fn weigh_rows<S: Simd, const R: usize>(
        &mut self,
        simd: S,
        first: usize,
        vectors: usize,
        factors: &mut [f32; R],
    ) {
        assert!(
            vectors * S::LANES <= KEYS
                && self.scores.len() >= R * KEYS
                && self.weights.len() >= R * KEYS
        );
        let mut maxima = [0.0; R];
        for r in 0..R {
            let mut max = simd.splat(f32::NEG_INFINITY);
            for v in 0..vectors {
                // SAFETY: `vectors` vectors lie within a row, and there are R rows.
                max = simd.max(max, unsafe {
                    simd.load_ptr(self.scores.as_ptr().add(r * KEYS + v * S::LANES))
                });
            }
            maxima[r] = simd.reduce_max(max);
        }
        let before = &mut self.maxima[first..first + R];
        for r in (0..R).step_by(S::LANES) {
            let old = simd.load_part(&before[r..], 0.0);
            let new = simd.max(old, simd.load_part(&maxima[r..], 0.0));
            simd.store_part(&mut maxima[r..], new);
            simd.store_part(&mut before[r..], new);
            // The factor is 0 in the first block, whose maximum before is minus infinity.
            simd.store_part(&mut factors[r..], exp(simd, simd.sub(old, new)));
        }
        let mut sums = [simd.splat(0.0); R];
        for v in 0..vectors {
            for r in (0..R).step_by(QUERIES) {
                let mut values = [simd.splat(0.0); QUERIES];
                for q in 0..QUERIES {
                    // SAFETY: as above; R is a multiple of `QUERIES`.
                    let score = unsafe {
                        simd.load_ptr(self.scores.as_ptr().add((r + q) * KEYS + v * S::LANES))
                    };
                    values[q] = simd.sub(score, simd.splat(maxima[r + q]));
                }
                values = exp_each(simd, values);
                for q in 0..QUERIES {
                    // SAFETY: as above.
                    unsafe {
                        simd.store_ptr(
                            self.weights.as_mut_ptr().add((r + q) * KEYS + v * S::LANES),
                            values[q],
                        )
                    };
                    sums[r + q] = simd.add(sums[r + q], values[q]);
                }
            }
        }
        for r in 0..R {
            self.sums[first + r] = self.sums[first + r] * factors[r] + simd.reduce_add(sums[r]);
        }
    }
}
