//! KV-cache: keys and values of earlier tokens, so that a decode step computes its own token only.

use crate::aligned::Aligned;
use crate::attention::Heads;
use crate::config::Config;
use crate::thread_pool::{Partition, ThreadPool};

/// Number of values below which the calling thread stores them alone.
const MIN_SHARED_WORK: usize = 4096;

/// Keys and values of one sequence. A layer has both as `[2, heads, capacity, D]`: the rows of a head are contiguous.
///
/// At a full context the cache is the largest part of a session, so it has room only for the tokens that were reserved
/// or stored.
#[derive(Debug)]
pub(crate) struct KvCache {
    layers: Vec<Aligned>,
    heads: usize,
    head_size: usize,
    context: usize,
    /// Number of tokens that there is room for.
    capacity: usize,
}

impl KvCache {
    /// Creates an empty cache.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            layers: (0..config.layers).map(|_| Aligned::default()).collect(),
            heads: config.heads,
            head_size: config.head_size(),
            context: config.context,
            capacity: 0,
        }
    }

    /// Makes room for `tokens` tokens, but no more than the context. The keys and values of the first `stored` tokens
    /// are kept.
    pub(crate) fn reserve(&mut self, tokens: usize, stored: usize) {
        let capacity = tokens.min(self.context);
        if capacity <= self.capacity {
            return;
        }
        let (d, before) = (self.head_size, self.capacity);
        for layer in &mut self.layers {
            // One layer at a time, so that two copies of one layer exist and not of all.
            let mut larger = Aligned::zeros(2 * self.heads * capacity * d);
            if stored > 0 {
                let rows = layer.chunks_exact(before * d);
                for (rows, target) in rows.zip(larger.chunks_exact_mut(capacity * d)) {
                    target[..stored * d].copy_from_slice(&rows[..stored * d]);
                }
            }
            *layer = larger;
        }
        self.capacity = capacity;
    }

    /// Makes room for `tokens` tokens as [`KvCache::reserve`] does, at least doubling the room if there is too little,
    /// so that a sequence that grows token by token is rarely copied.
    pub(crate) fn grow(&mut self, tokens: usize, stored: usize) {
        if tokens > self.capacity {
            self.reserve(tokens.max(2 * self.capacity), stored);
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
        let (d, heads, stride) = (self.head_size, self.heads, self.capacity * self.head_size);
        let (keys, values) = self.layers[layer].split_at_mut(heads * stride);
        let (keys, values) = (Partition::new(keys), Partition::new(values));
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
        let (d, stride) = (self.head_size, self.capacity * self.head_size);
        let (keys, values) = self.layers[layer].split_at(self.heads * stride);
        (
            Heads::new(keys, d, stride, d),
            Heads::new(values, d, stride, d),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::values;

    #[test]
    fn a_cache_that_grows_keeps_what_it_stored() {
        let config = Config {
            embed: 12,
            heads: 3,
            layers: 2,
            context: 50,
            ..Config::small()
        };
        let pool = ThreadPool::new(1).unwrap();
        let mut cache = KvCache::new(&config);
        let (k, v) = (values(1, 40 * 12, 0.0, 1.0), values(2, 40 * 12, 0.0, 1.0));
        let matrix = |data| Heads::of_matrix(data, 12, 3);
        for first in 0..40 {
            cache.grow(first + 1, first);
            for layer in 0..2 {
                let (k, v) = (matrix(&k).skip(first), matrix(&v).skip(first));
                cache.store(layer, first, 1, k, v, &pool);
            }
        }
        assert_eq!(cache.capacity, 50);
        for layer in 0..2 {
            let (keys, values) = cache.layer(layer);
            for (head, t) in (0..3).flat_map(|head| (0..40).map(move |t| (head, t))) {
                assert_eq!(keys.row(head, t), matrix(&k).row(head, t));
                assert_eq!(values.row(head, t), matrix(&v).row(head, t));
            }
        }
    }
}
