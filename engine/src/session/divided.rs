//! Products of a prompt in parts of their outputs, so that the buffers of a prompt stay small.
//!
//! Keys and values are computed and stored before the queries, and the MLP computes a part of its inner values at a
//! time and adds its share of the result. So no buffer has more than `2 C` values in a row, where the whole projection
//! takes `3 C` and the whole MLP `4 C`. Every weight is still read once.

use super::forward::Pass;
use super::sequence::Sequence;
use crate::attention::Heads;
use crate::buffers::Buffer;
use crate::matmul::{Epilogue, PART_UNIT, Part};
use crate::model::Block;
use crate::trace::{Operation, Spans};
use crate::variant::{Decode, Gelu, Qkv, Residual};

impl<S: Spans> Pass<'_, S> {
    /// True if [`Pass::store_and_query`] is to be used for this pass.
    pub(super) fn stores_first(&self, block: &Block) -> bool {
        let (variant, c) = (&self.model.variant, self.model.config.embed);
        self.prompt
            && variant.decode == Decode::KvCache
            && variant.qkv == Qkv::Strided
            && block.qkv.divides(c)
    }

    /// Stores keys and values of all rows in the caches. Returns the queries of all rows, or of the last tokens only.
    pub(super) fn store_and_query(
        &mut self,
        sequences: &mut [Sequence],
        layer: usize,
        block: &Block,
        normal: Buffer,
        last_tokens: bool,
    ) -> Buffer {
        let config = &self.model.config;
        let (c, heads, rows) = (config.embed, config.heads, normal.len() / config.embed);
        let mut stored = self.buffers.take(rows * 2 * c);
        self.span(Operation::QkvProduct, |pass| {
            let part = Part::of_outputs(&block.qkv, c..3 * c);
            let out = &mut stored;
            block
                .qkv
                .apply_part(&normal, part, out, Epilogue::None, pass.pool);
        });
        self.span(Operation::Attention, |pass| {
            let mut rest = &stored[..];
            for sequence in sequences.iter_mut() {
                let (past, count) = (sequence.past(), sequence.pending().len());
                let (own, after) = rest.split_at(count * 2 * c);
                rest = after;
                let [k, v] = [0, c].map(|at| Heads::new(&own[at..], 2 * c, c / heads, c / heads));
                if let Some(cache) = &mut sequence.cache {
                    cache.store(layer, past, count, k, v, pass.pool);
                }
            }
        });
        self.buffers.give(stored);
        let normal = if last_tokens {
            self.last_rows(sequences, normal, c)
        } else {
            normal
        };
        let mut queries = self.buffers.take(normal.len());
        self.span(Operation::QkvProduct, |pass| {
            let part = Part::of_outputs(&block.qkv, 0..c);
            let out = &mut queries;
            block
                .qkv
                .apply_part(&normal, part, out, Epilogue::None, pass.pool);
        });
        self.buffers.give(normal);
        queries
    }

    /// True if [`Pass::mlp_in_parts`] is to be used for `x`.
    pub(super) fn divides_mlp(&self, block: &Block, x: &[f32]) -> bool {
        let (variant, part) = (&self.model.variant, self.inner_part());
        self.prompt
            && x.len() > self.model.config.embed
            && variant.gelu == Gelu::Fused
            && variant.residual == Residual::Fused
            && part < block.expand.outputs()
            && block.expand.divides(part)
            && block.contract.divides(part)
    }

    /// The MLP of one block, added to `x`.
    pub(super) fn mlp_in_parts(&mut self, block: &Block, normal: Buffer, mut x: Buffer) -> Buffer {
        let (inner, part) = (block.expand.outputs(), self.inner_part());
        let rows = x.len() / self.model.config.embed;
        for first in (0..inner).step_by(part) {
            let some = first..inner.min(first + part);
            let mut active = self.buffers.take(rows * some.len());
            self.span(Operation::ExpandProduct, |pass| {
                let part = Part::of_outputs(&block.expand, some.clone());
                let out = &mut active;
                block
                    .expand
                    .apply_part(&normal, part, out, Epilogue::Gelu, pass.pool);
            });
            self.span(Operation::ContractProduct, |pass| {
                let part = Part::of_inputs(&block.contract, some);
                block
                    .contract
                    .apply_part(&active, part, &mut x, Epilogue::Add, pass.pool);
            });
            self.buffers.give(active);
        }
        self.buffers.give(normal);
        x
    }

    /// Number of inner values of the MLP that are computed at once.
    fn inner_part(&self) -> usize {
        (2 * self.model.config.embed).next_multiple_of(PART_UNIT)
    }
}
