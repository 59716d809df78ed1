//! Attention as matrix products, head by head: a tile of queries times all keys that they attend to, softmax over the
//! rows, then the weights times the values. Keys in the future of all queries of a tile are not computed.

use super::scores::{QUERIES, dot_scores, padded, scores, transpose_keys};
use super::values::{Weighted, accumulate};
use super::{Piece, Shape};
use crate::simd::{Kernel, Level, Simd};
use crate::softmax::Softmax;

/// Length of the scratch: the transposed keys of a head, and the scores and weights of a tile.
pub(super) fn scratch(shape: &Shape) -> usize {
    let stride = padded(shape.keys());
    (shape.head_size + 2 * QUERIES) * stride
}

pub(super) fn run(level: Level, softmax: &Softmax, piece: &Piece<'_>, scratch: &mut [f32]) {
    let shape = &piece.task.shape;
    let stride = padded(shape.keys());
    let (transposed, rest) = scratch.split_at_mut(shape.head_size * stride);
    let (scores, weights) = rest[..2 * QUERIES * stride].split_at_mut(QUERIES * stride);
    if shape.queries > 1 {
        let keys = piece.task.k.rows(piece.head, 0, shape.keys());
        transpose_keys(keys, stride, transposed);
    }
    for first in piece.tiles(QUERIES) {
        let rows = QUERIES.min(shape.queries - first);
        let tile = Tile {
            piece: *piece,
            first,
            stride,
        };
        if rows == QUERIES {
            tile.run::<QUERIES>(level, softmax, transposed, scores, weights);
        } else {
            for row in 0..rows {
                let tile = Tile {
                    first: first + row,
                    ..tile
                };
                tile.run::<1>(level, softmax, transposed, scores, weights);
            }
        }
    }
}

/// A tile of R queries from `first` on; the methods choose R.
#[derive(Clone, Copy)]
struct Tile<'a> {
    piece: Piece<'a>,
    first: usize,
    stride: usize,
}

impl Tile<'_> {
    fn run<const R: usize>(
        self,
        level: Level,
        softmax: &Softmax,
        transposed: &[f32],
        scores: &mut [f32],
        weights: &mut [f32],
    ) {
        let visible = self.piece.task.shape.past + self.first + R;
        level.run(Scores::<R> {
            tile: self,
            visible,
            transposed,
            scores,
        });
        for r in 0..R {
            // Query r attends to all but the last R - 1 - r keys of the tile.
            let seen = visible - (R - 1 - r);
            let row = r * self.stride..r * self.stride + visible;
            let weights = &mut weights[row.clone()];
            softmax.run(&scores[row][..seen], seen, &mut weights[..seen]);
            weights[seen..].fill(0.0);
        }
        level.run(Values::<R> {
            tile: self,
            visible,
            weights,
        });
    }
}

struct Scores<'a, const R: usize> {
    tile: Tile<'a>,
    visible: usize,
    transposed: &'a [f32],
    scores: &'a mut [f32],
}

impl<const R: usize> Kernel for Scores<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Tile {
            piece,
            first,
            stride,
        } = self.tile;
        let task = piece.task;
        let scale = task.shape.scale();
        if task.shape.queries == 1 {
            let q = task.q.row(piece.head, 0);
            let out = &mut self.scores[..self.visible];
            let keys = task.k.rows(piece.head, 0, self.visible);
            let values = task.v.rows(piece.head, 0, self.visible);
            dot_scores(simd, q, keys, values, scale, out);
        } else {
            let q: [&[f32]; R] = std::array::from_fn(|r| task.q.row(piece.head, first + r));
            scores(
                simd,
                &q,
                self.transposed,
                stride,
                self.visible,
                scale,
                self.scores,
            );
        }
    }
}

struct Values<'a, const R: usize> {
    tile: Tile<'a>,
    visible: usize,
    weights: &'a [f32],
}

impl<const R: usize> Kernel for Values<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let piece = self.tile.piece;
        let values = Weighted {
            weights: self.weights,
            stride: self.tile.stride,
            values: piece.task.v.rows(piece.head, 0, self.visible),
        };
        // SAFETY: the tile belongs to the piece, and each of its rows is borrowed once.
        let mut out: [&mut [f32]; R] =
            std::array::from_fn(|r| unsafe { piece.out_row(self.tile.first + r) });
        accumulate(simd, values, &[0.0; R], &mut out);
    }
}
