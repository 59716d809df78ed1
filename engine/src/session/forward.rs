//! The forward pass: one walk over the blocks for the pending tokens of all sequences.
//!
//! With a cache, the pass computes only what the logits need: attention, projection and MLP of the last block, and the
//! head, for the last token of every sequence. Without a cache, every step computes the whole window with the logits of
//! all its positions, as the naive model does.

use super::projected::{Projected, SequenceViews};
use super::sequence::Sequence;
use super::state::{Outputs, State};
use crate::attention::{Attention, Shape, Task};
use crate::buffers::{Buffer, Buffers};
use crate::kv_cache::KvCache;
use crate::matmul::{Epilogue, Linear};
use crate::model::{Block, Model, Norm};
use crate::qkv;
use crate::thread_pool::ThreadPool;
use crate::trace::{NoSpans, Operation, Spans};
use crate::variant::{Decode, Gelu, Qkv, Residual};

/// Number of values below which the calling thread computes them alone.
const MIN_SHARED_WORK: usize = 8192;

impl State {
    /// Computes the pending tokens; returns the logits of `outputs` as rows of V, or an empty buffer if there are none.
    pub(super) fn forward(&mut self, outputs: Outputs) -> Buffer {
        self.pending.clear();
        for sequence in &self.sequences {
            self.pending.extend_from_slice(sequence.pending());
        }
        let prompt = self.pending.len() > self.sequences.len();
        let (model, pool, buffers) = (&*self.model, &self.pool, &mut self.buffers);
        match self.trace.as_deref_mut() {
            None => Pass {
                model,
                pool,
                buffers,
                prompt,
                spans: NoSpans,
            }
            .run(&mut self.sequences, &self.pending, outputs),
            Some(spans) => Pass {
                model,
                pool,
                buffers,
                prompt,
                spans,
            }
            .run(&mut self.sequences, &self.pending, outputs),
        }
    }
}

pub(super) struct Pass<'a, S> {
    pub(super) model: &'a Model,
    pub(super) pool: &'a ThreadPool,
    pub(super) buffers: &'a mut Buffers,
    /// True if a sequence has more than one pending token.
    pub(super) prompt: bool,
    spans: S,
}

impl<S: Spans> Pass<'_, S> {
    /// Does a part of the pass that is traced as a span.
    #[inline]
    pub(super) fn span<R>(&mut self, operation: Operation, part: impl FnOnce(&mut Self) -> R) -> R {
        self.spans.begin(operation);
        let result = part(self);
        self.spans.end();
        result
    }

    /// The whole pass, from tokens to logits.
    fn run(&mut self, sequences: &mut [Sequence], pending: &[u32], outputs: Outputs) -> Buffer {
        let model = self.model;
        let last_only = outputs != Outputs::All && model.variant.decode == Decode::KvCache;
        let mut x = self.span(Operation::Embedding, |pass| pass.embed(sequences, pending));
        for (layer, block) in model.blocks.iter().enumerate() {
            let last_tokens = last_only && layer + 1 == model.blocks.len();
            x = self.span(Operation::AttentionBlock, |pass| {
                let attended = pass.attend(sequences, layer, block, &x, last_tokens);
                if last_tokens && outputs == Outputs::Nothing {
                    pass.buffers.give(attended);
                    return x;
                }
                let x = if last_tokens {
                    pass.last_rows(sequences, x, model.config.embed)
                } else {
                    x
                };
                pass.add_product(Operation::ProjectionProduct, &block.projection, attended, x)
            });
            if last_tokens && outputs == Outputs::Nothing {
                self.buffers.give(x);
                return Buffer::default();
            }
            x = self.span(Operation::MlpBlock, |pass| pass.mlp(block, x));
        }
        let normal = self.norm(&model.final_norm, &x);
        self.buffers.give(x);
        let logits = self.product(Operation::HeadProduct, &model.head, normal, Epilogue::None);
        if outputs == Outputs::Last && !last_only {
            self.last_rows(sequences, logits, model.config.vocab)
        } else {
            logits
        }
    }

    /// Token rows plus position rows, `[rows, C]`.
    fn embed(&mut self, sequences: &[Sequence], pending: &[u32]) -> Buffer {
        let model = self.model;
        let c = model.config.embed;
        let positions = |sequence: &Sequence| {
            let past = sequence.past();
            &model.positions[past * c..(past + sequence.pending().len()) * c]
        };
        let mut x = self.buffers.take(pending.len() * c);
        if model.variant.residual == Residual::Fused {
            let mut rest = &mut x[..];
            for sequence in sequences {
                let (rows, after) = rest.split_at_mut(sequence.pending().len() * c);
                rest = after;
                model.embedding.run_with_positions(
                    sequence.pending(),
                    model.table(),
                    positions(sequence),
                    &model.residual,
                    rows,
                    self.pool,
                );
            }
            return x;
        }
        let mut rows = self.buffers.take(pending.len() * c);
        model
            .embedding
            .run(pending, model.table(), &mut rows, self.pool);
        let mut first = 0;
        for sequence in sequences {
            let range = first..first + sequence.pending().len() * c;
            first = range.end;
            let (rows, x) = (&rows[range.clone()], &mut x[range]);
            model.residual.add(rows, positions(sequence), x);
        }
        self.buffers.give(rows);
        x
    }

    /// LayerNorm, fused projection and attention of one block; `[rows, C]`, or `[sequences, C]` for the last tokens
    /// only.
    fn attend(
        &mut self,
        sequences: &mut [Sequence],
        layer: usize,
        block: &Block,
        x: &[f32],
        last_tokens: bool,
    ) -> Buffer {
        let config = &self.model.config;
        let c = config.embed;
        let normal = self.norm(&block.attention_norm, x);
        let rows = if last_tokens {
            sequences.len()
        } else {
            x.len() / c
        };
        let projected = if self.stores_first(block) {
            Projected::Queries(self.store_and_query(sequences, layer, block, normal, last_tokens))
        } else {
            self.project(block, normal)
        };
        let mut out = self.buffers.take(rows * c);
        let (mut row, mut out_row) = (0, 0);
        for sequence in sequences {
            let count = sequence.pending().len();
            let queries = if last_tokens { 1 } else { count };
            let past = sequence.past();
            let own = projected.of_sequence(row..row + count, out_row, queries, config);
            let shape = Shape {
                heads: config.heads,
                head_size: config.head_size(),
                queries,
                past: past + count - queries,
            };
            let out = &mut out[out_row * c..(out_row + queries) * c];
            self.span(Operation::Attention, |pass| {
                pass.attend_sequence(sequence.cache.as_mut(), layer, past, own, shape, out);
            });
            row += count;
            out_row += queries;
        }
        projected.give(self.buffers);
        out
    }

    /// Queries, keys and values of all rows.
    fn project(&mut self, block: &Block, normal: Buffer) -> Projected {
        let c = self.model.config.embed;
        let fused = self.product(Operation::QkvProduct, &block.qkv, normal, Epilogue::None);
        match self.model.variant.qkv {
            Qkv::Strided => Projected::Fused(fused),
            Qkv::Copies => self.span(Operation::QkvSplit, |pass| {
                let mut parts = [(); 3].map(|()| pass.buffers.take(fused.len() / 3));
                let [q, k, v] = &mut parts;
                qkv::split(&fused, c, q, k, v);
                pass.buffers.give(fused);
                Projected::Copies(parts)
            }),
        }
    }

    /// Attention of one sequence, over its cache if it has one.
    fn attend_sequence(
        &mut self,
        cache: Option<&mut KvCache>,
        layer: usize,
        past: usize,
        own: SequenceViews<'_>,
        shape: Shape,
        out: &mut [f32],
    ) {
        let (k, v) = match (cache, own.computed) {
            (Some(cache), computed) => {
                if let Some([k, v]) = computed {
                    cache.store(layer, past, own.count, k, v, self.pool);
                }
                cache.layer(layer)
            }
            (None, Some([k, v])) => (k, v),
            (None, None) => {
                unreachable!("keys and values are stored first only if there is a cache")
            }
        };
        let task = Task {
            shape,
            q: own.q,
            k,
            v,
        };
        let attention: &Attention = &self.model.attention;
        let mut scratch = self
            .buffers
            .take(attention.scratch(&shape, self.pool.threads()));
        attention.run(&task, out, &mut scratch, self.pool);
        self.buffers.give(scratch);
    }

    /// The MLP of one block, added to `x`.
    fn mlp(&mut self, block: &Block, x: Buffer) -> Buffer {
        let normal = self.norm(&block.mlp_norm, &x);
        if self.divides_mlp(block, &x) {
            return self.mlp_in_parts(block, normal, x);
        }
        let active = if self.model.variant.gelu == Gelu::Fused {
            self.product(
                Operation::ExpandProduct,
                &block.expand,
                normal,
                Epilogue::Gelu,
            )
        } else {
            let wide = self.product(
                Operation::ExpandProduct,
                &block.expand,
                normal,
                Epilogue::None,
            );
            self.span(Operation::Gelu, |pass| {
                let mut active = pass.buffers.take(wide.len());
                let gelu = &pass.model.gelu;
                let rows =
                    |first: usize, out: &mut [f32]| gelu.run(&wide[first..][..out.len()], out);
                pass.share(gelu.is_simd(), &mut active, 1, &rows);
                pass.buffers.give(wide);
                active
            })
        };
        self.add_product(Operation::ContractProduct, &block.contract, active, x)
    }

    /// `x + input W + b`.
    fn add_product(
        &mut self,
        operation: Operation,
        layer: &Linear,
        input: Buffer,
        mut x: Buffer,
    ) -> Buffer {
        if self.model.variant.residual == Residual::Fused {
            return self.span(operation, |pass| {
                layer.apply(&input, &mut x, Epilogue::Add, pass.pool);
                pass.buffers.give(input);
                x
            });
        }
        let product = self.product(operation, layer, input, Epilogue::None);
        self.span(Operation::Residual, |pass| {
            let mut sum = pass.buffers.take(x.len());
            let residual = &pass.model.residual;
            let rows = |first: usize, out: &mut [f32]| {
                let range = first..first + out.len();
                residual.add(&x[range.clone()], &product[range], out);
            };
            pass.share(residual.is_simd(), &mut sum, 1, &rows);
            pass.buffers.give(product);
            pass.buffers.give(x);
            sum
        })
    }

    /// `epilogue(input W + b)`.
    fn product(
        &mut self,
        operation: Operation,
        layer: &Linear,
        input: Buffer,
        epilogue: Epilogue,
    ) -> Buffer {
        self.span(operation, |pass| {
            let mut out = pass
                .buffers
                .take(input.len() / layer.inputs() * layer.outputs());
            layer.apply(&input, &mut out, epilogue, pass.pool);
            pass.buffers.give(input);
            out
        })
    }

    fn norm(&mut self, norm: &Norm, x: &[f32]) -> Buffer {
        self.span(Operation::LayerNorm, |pass| {
            let Model {
                layer_norm, config, ..
            } = pass.model;
            let mut out = pass.buffers.take(x.len());
            let rows = |first: usize, out: &mut [f32]| {
                let x = &x[first * config.embed..][..out.len()];
                layer_norm.run(x, &norm.gain, &norm.bias, config.epsilon, out);
            };
            pass.share(layer_norm.is_simd(), &mut out, config.embed, &rows);
            out
        })
    }

    /// The last row of every sequence in `x`, whose rows have `width` values.
    pub(super) fn last_rows(&mut self, sequences: &[Sequence], x: Buffer, width: usize) -> Buffer {
        if x.len() == sequences.len() * width {
            return x;
        }
        let mut out = self.buffers.take(sequences.len() * width);
        let mut end = 0;
        for (sequence, out) in sequences.iter().zip(out.chunks_exact_mut(width)) {
            end += sequence.pending().len() * width;
            out.copy_from_slice(&x[end - width..end]);
        }
        self.buffers.give(x);
        out
    }

    /// Computes `out` (rows of `width`), on all threads if the kernel uses vector instructions and `out` is large
    /// enough.
    fn share(
        &self,
        simd: bool,
        out: &mut [f32],
        width: usize,
        rows: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        if simd && out.len() >= MIN_SHARED_WORK {
            self.pool.split_rows(out, width, rows);
        } else {
            rows(0, out);
        }
    }
}
