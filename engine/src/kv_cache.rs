//! KV-cache: keys and values of earlier tokens, so that a decode step computes its own token only.

use crate::aligned::Aligned;
use crate::attention::Heads;
use crate::config::Config;
use crate::thread_pool::{Partition, ThreadPool};

/// Number of values below which the calling thread stores them alone.
const MIN_SHARED_WORK: usize = 4096;

/// Keys and values of one sequence, for every layer, as `[layers, heads, context, D]`: the rows of a head are
/// contiguous.
#[derive(Debug)]
pub(crate) struct KvCache {
    keys: Aligned,
    values: Aligned,
    heads: usize,
    context: usize,
    head_size: usize,
}

impl KvCache {
    /// Creates a cache for a full context.
    pub(crate) fn new(config: &Config) -> Self {
        let count = config.layers * config.context * config.embed;
        Self {
            keys: Aligned::zeros(count),
            values: Aligned::zeros(count),
            heads: config.heads,
            context: config.context,
            head_size: config.head_size(),
        }
    }

    /// Stores the keys and values of `count` tokens from position `first` on. If there are many, every thread of `pool`
    /// stores those of the heads that it computes in [`Attention::run`](crate::attention::Attention::run), so that they
    /// are in the cache of its core.
    pub(crate) fn store(
        &mut self,
        layer: usize,
        first: usize,
        count: usize,
        k: Heads<'_>,
        v: Heads<'_>,
        pool: &ThreadPool,
    ) {
        let (d, heads, stride) = (self.head_size, self.heads, self.context * self.head_size);
        let layer = layer * heads * stride..(layer + 1) * heads * stride;
        let (keys, values) = (
            Partition::new(&mut self.keys[layer.clone()]),
            Partition::new(&mut self.values[layer]),
        );
        let store = |part: usize, parts: usize| {
            for head in (part..heads).step_by(parts) {
                let rows = head * stride + first * d..head * stride + (first + count) * d;
                // SAFETY: every head belongs to one part, and every part is run once.
                let (keys, values) = unsafe { (keys.range(rows.clone()), values.range(rows)) };
                let rows = keys.chunks_exact_mut(d).zip(values.chunks_exact_mut(d));
                for (t, (key, value)) in rows.enumerate() {
                    key.copy_from_slice(k.row(head, t));
                    value.copy_from_slice(v.row(head, t));
                }
            }
        };
        if count * heads * d < MIN_SHARED_WORK {
            store(0, 1);
        } else {
            pool.run(&store);
        }
    }

    /// Keys and values of a layer.
    pub(crate) fn layer(&self, layer: usize) -> (Heads<'_>, Heads<'_>) {
        let (d, stride) = (self.head_size, self.context * self.head_size);
        let layer = layer * self.heads * stride..(layer + 1) * self.heads * stride;
        (
            Heads::new(&self.keys[layer.clone()], d, stride, d),
            Heads::new(&self.values[layer], d, stride, d),
        )
    }
}
