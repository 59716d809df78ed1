//! Attention in blocks of keys with an online softmax (Milakov and Gimelshein, arXiv:1805.02867; Dao et al.,
//! arXiv:2205.14135): a running maximum and sum per query, and outputs that are rescaled when the maximum moves. No row of
//! scores is ever complete; a block of keys and values stays in the first-level cache while all queries pass over it.

use super::scores::{QUERIES, dot_scores, scores, turn_keys};
use super::values::{Weighted, accumulate};
use super::{Piece, Shape};
use crate::simd::{Kernel, Simd, exp};
use crate::softmax::vector::{exponentials, largest, scale};

/// Keys in a block: with 64 values a head, its keys and values fill a first-level cache of 32 KB.
const KEYS: usize = 64;

/// A block of turned keys, a tile's scores and weights, and every query's maximum and sum.
pub(super) fn scratch(shape: &Shape) -> usize {
    (shape.head_size + 2 * QUERIES) * KEYS + 2 * shape.queries
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
        let (turned, rest) = self.scratch.split_at_mut(shape.head_size * KEYS);
        let (scores, rest) = rest.split_at_mut(QUERIES * KEYS);
        let (weights, rest) = rest.split_at_mut(QUERIES * KEYS);
        let (maxima, sums) = rest[..2 * shape.queries].split_at_mut(shape.queries);
        maxima.fill(f32::NEG_INFINITY);
        sums.fill(0.0);
        let mut state = State { piece, turned, scores, weights, maxima, sums };
        let keys = shape.keys();
        let mut start = 0;
        while start < keys {
            let count = KEYS.min(keys - start);
            if shape.queries > 1 {
                let keys = piece.task.k.rows(piece.head, start, count);
                turn_keys(keys, KEYS, state.turned);
            }
            for first in piece.tiles() {
                let rows = QUERIES.min(shape.queries - first);
                if rows == QUERIES {
                    state.tile::<S, QUERIES>(simd, first, start, count);
                } else {
                    for row in 0..rows {
                        state.tile::<S, 1>(simd, first + row, start, count);
                    }
                }
            }
            start += KEYS;
        }
        for first in piece.tiles() {
            for t in first..(first + QUERIES).min(shape.queries) {
                // SAFETY: `t` lies in a tile of the piece, and the row is dropped at the end of the statement.
                let row = unsafe { piece.out_row(t) };
                scale(simd, row, 1.0 / state.sums[t]);
            }
        }
    }
}

struct State<'a> {
    piece: Piece<'a>,
    turned: &'a mut [f32],
    scores: &'a mut [f32],
    weights: &'a mut [f32],
    maxima: &'a mut [f32],
    sums: &'a mut [f32],
}

impl State<'_> {
    /// Takes the keys `start..start + count` into the outputs of R queries from `first` on.
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
            scores(simd, &q, self.turned, KEYS, visible, factor, self.scores);
        }
        let mut factors = [1.0; R];
        for r in 0..R {
            // The last R - 1 keys of the tile's range are in the future of its first queries.
            let seen = visible.min((end - (R - 1 - r)).saturating_sub(start));
            factors[r] = self.weigh_row(simd, first + r, r * KEYS, seen, visible);
        }
        let values = Weighted { weights: self.weights, stride: KEYS, values: task.v.rows(piece.head, start, visible) };
        // SAFETY: the tile is one of the piece's, and its rows are taken once each.
        let mut out: [&mut [f32]; R] = std::array::from_fn(|r| unsafe { piece.out_row(first + r) });
        accumulate(simd, values, &factors, &mut out);
    }

    /// Turns the scores of query `t` (a row from `row` on) into weights, those beyond `seen` into 0. Returns the factor
    /// by which what was accumulated before has to shrink.
    #[inline(always)]
    fn weigh_row<S: Simd>(&mut self, simd: S, t: usize, row: usize, seen: usize, visible: usize) -> f32 {
        let weights = &mut self.weights[row..row + visible];
        weights[seen..].fill(0.0);
        if seen == 0 {
            return 1.0;
        }
        let scores = &self.scores[row..row + seen];
        let before = self.maxima[t];
        let max = before.max(largest(simd, scores));
        let shrink = if before == f32::NEG_INFINITY {
            0.0
        } else if before == max {
            1.0
        } else {
            simd.reduce_max(exp(simd, simd.splat(before - max)))
        };
        let sum = exponentials(simd, scores, max, &mut weights[..seen]);
        self.maxima[t] = max;
        self.sums[t] = self.sums[t] * shrink + sum;
        shrink
    }
}
