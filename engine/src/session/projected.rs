//! Output of the fused projection of a block: queries, keys and values, in place or in three copies.

use std::ops::Range;

use crate::attention::Heads;
use crate::buffers::{Buffer, Buffers};
use crate::config::Config;
use crate::qkv;

/// Queries, keys and values of all pending tokens.
pub(super) enum Projected {
    Fused(Buffer),
    Copies([Buffer; 3]),
    /// Only the queries that are used; keys and values are in the cache.
    Queries(Buffer),
}

impl Projected {
    /// The part of the sequence that has the pending tokens `rows`. Its last `queries` queries are used, the first of
    /// them in row `first_query` of all used ones.
    pub(super) fn of_sequence(
        &self,
        rows: Range<usize>,
        first_query: usize,
        queries: usize,
        config: &Config,
    ) -> SequenceViews<'_> {
        let (c, heads) = (config.embed, config.heads);
        let count = rows.len();
        let views = match self {
            Self::Fused(fused) => {
                qkv::strided(&fused[rows.start * 3 * c..rows.end * 3 * c], c, heads)
            }
            Self::Copies([q, k, v]) => {
                let range = rows.start * c..rows.end * c;
                [q, k, v].map(|part| Heads::of_matrix(&part[range.clone()], c, heads))
            }
            Self::Queries(q) => {
                let q = &q[first_query * c..(first_query + queries) * c];
                return SequenceViews {
                    q: Heads::of_matrix(q, c, heads),
                    computed: None,
                    count,
                };
            }
        };
        let [q, k, v] = views;
        SequenceViews {
            q: q.skip(count - queries),
            computed: Some([k, v]),
            count,
        }
    }

    /// Gives the buffers back.
    pub(super) fn give(self, buffers: &mut Buffers) {
        match self {
            Self::Fused(buffer) | Self::Queries(buffer) => buffers.give(buffer),
            Self::Copies(parts) => parts.into_iter().for_each(|part| buffers.give(part)),
        }
    }
}

/// Used queries of one sequence, and keys and values of its `count` pending tokens.
pub(super) struct SequenceViews<'a> {
    pub(super) q: Heads<'a>,
    /// Keys and values; none if the cache has them already.
    pub(super) computed: Option<[Heads<'a>; 2]>,
    pub(super) count: usize,
}
