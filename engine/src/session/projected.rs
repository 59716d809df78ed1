//! Output of the fused projection of a block: queries, keys and values, in place or in three copies.

use crate::attention::Heads;
use crate::buffers::{Buffer, Buffers};
use crate::config::Config;
use crate::qkv;

/// Queries, keys and values of all pending tokens.
pub(super) enum Projected {
    Fused(Buffer),
    Copies([Buffer; 3]),
}

impl Projected {
    /// Queries, keys and values of `count` tokens from row `first` on.
    pub(super) fn views(&self, first: usize, count: usize, config: &Config) -> [Heads<'_>; 3] {
        let c = config.embed;
        match self {
            Self::Fused(fused) => {
                let rows = &fused[first * 3 * c..(first + count) * 3 * c];
                qkv::strided(rows, c, config.heads)
            }
            Self::Copies(parts) => {
                let range = first * c..(first + count) * c;
                let [q, k, v] = parts;
                [
                    Heads::of_matrix(&q[range.clone()], c, config.heads),
                    Heads::of_matrix(&k[range.clone()], c, config.heads),
                    Heads::of_matrix(&v[range], c, config.heads),
                ]
            }
        }
    }

    /// Gives the buffers back.
    pub(super) fn give(self, buffers: &mut Buffers) {
        match self {
            Self::Fused(fused) => buffers.give(fused),
            Self::Copies(parts) => parts.into_iter().for_each(|part| buffers.give(part)),
        }
    }
}

/// Queries, keys and values of the pending tokens of one sequence; the first `skipped` queries are not used.
pub(super) struct SequenceViews<'a> {
    pub(super) views: [Heads<'a>; 3],
    pub(super) skipped: usize,
    pub(super) count: usize,
}
