//! Keys and values of the tokens that were computed before, so that a step computes its own token only.

use crate::attention::Heads;
use crate::config::Config;

/// Keys and values of one sequence, for every layer, as `[layers, heads, context, D]`: what a head reads lies together.
#[derive(Debug)]
pub(crate) struct KvCache {
    keys: Vec<f32>,
    values: Vec<f32>,
    heads: usize,
    context: usize,
    head_size: usize,
}

impl KvCache {
    /// Room for a full context.
    pub(crate) fn new(config: &Config) -> Self {
        let count = config.layers * config.context * config.embed;
        Self {
            keys: vec![0.0; count],
            values: vec![0.0; count],
            heads: config.heads,
            context: config.context,
            head_size: config.head_size(),
        }
    }

    /// Stores the keys and values of `count` tokens from position `first` on.
    pub(crate) fn store(&mut self, layer: usize, first: usize, count: usize, k: Heads<'_>, v: Heads<'_>) {
        let d = self.head_size;
        for head in 0..self.heads {
            let start = ((layer * self.heads + head) * self.context + first) * d;
            let target = start..start + count * d;
            let keys = self.keys[target.clone()].chunks_exact_mut(d);
            let values = self.values[target].chunks_exact_mut(d);
            for (t, (key, value)) in keys.zip(values).enumerate() {
                key.copy_from_slice(k.row(head, t));
                value.copy_from_slice(v.row(head, t));
            }
        }
    }

    /// Keys and values of a layer.
    pub(crate) fn layer(&self, layer: usize) -> (Heads<'_>, Heads<'_>) {
        let (d, stride) = (self.head_size, self.context * self.head_size);
        let layer = layer * self.heads * stride..(layer + 1) * self.heads * stride;
        (Heads::new(&self.keys[layer.clone()], d, stride, d), Heads::new(&self.values[layer], d, stride, d))
    }
}
