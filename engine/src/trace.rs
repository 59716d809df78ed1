//! Tracing: the time of each operation of a session, as a tree of spans.
//!
//! Without a trace, tracing costs nothing: the forward pass is compiled twice, with `NoSpans` and with a [`Trace`], and
//! each step selects one of the two before it begins. With a trace, a span costs two readings of the clock. Repeated
//! spans are added up, so a trace stays small however long a session runs.

use std::time::Instant;

/// The operation that a span measures. Fused work belongs to the product it is fused into: a fused residual to the
/// product that adds it, a fused GELU to the first product of the MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A forward pass for more than one new token.
    Prefill,
    /// A forward pass for one new token; without a KV-cache it computes the whole window.
    Decode,
    /// Token rows plus position rows.
    Embedding,
    /// The first half of a block: LayerNorm, fused projection, attention, projection and residual.
    AttentionBlock,
    /// The second half of a block: LayerNorm and MLP.
    MlpBlock,
    /// LayerNorm.
    LayerNorm,
    /// The fused product for queries, keys and values.
    QkvProduct,
    /// Copies of queries, keys and values into three matrices.
    QkvSplit,
    /// Attention over all heads, including the cache.
    Attention,
    /// The product after attention.
    ProjectionProduct,
    /// The first product of the MLP.
    ExpandProduct,
    /// GELU, if it is not fused.
    Gelu,
    /// The second product of the MLP.
    ContractProduct,
    /// A residual, if it is not fused.
    Residual,
    /// The product that computes the logits.
    HeadProduct,
    /// The choice of a token from the logits.
    Sampling,
}

impl Operation {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prefill => "prefill",
            Self::Decode => "decode",
            Self::Embedding => "embedding",
            Self::AttentionBlock => "attention block",
            Self::MlpBlock => "mlp block",
            Self::LayerNorm => "layer_norm",
            Self::QkvProduct => "qkv product",
            Self::QkvSplit => "qkv split",
            Self::Attention => "attention",
            Self::ProjectionProduct => "projection product",
            Self::ExpandProduct => "expand product",
            Self::Gelu => "gelu",
            Self::ContractProduct => "contract product",
            Self::Residual => "residual",
            Self::HeadProduct => "head product",
            Self::Sampling => "sampling",
        }
    }
}

/// Sum of all spans of one operation inside the same outer operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The operation.
    pub operation: Operation,
    /// Index in the trace of the enclosing span; none for an outermost span.
    pub parent: Option<usize>,
    /// Number of calls.
    pub calls: u64,
    /// Total nanoseconds.
    pub nanoseconds: u64,
    /// Nanoseconds of the shortest call.
    pub shortest: u64,
    /// Nanoseconds of the longest call.
    pub longest: u64,
}

/// The spans of a session, as a tree.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    spans: Vec<Span>,
    open: Vec<(usize, Instant)>,
}

impl Trace {
    /// The spans so far; a span follows its enclosing span.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Index of the span of `operation` inside the open one.
    fn place(&mut self, operation: Operation) -> usize {
        let parent = self.open.last().map(|&(place, _)| place);
        let same = |span: &Span| span.operation == operation && span.parent == parent;
        self.spans.iter().position(same).unwrap_or_else(|| {
            self.spans.push(Span {
                operation,
                parent,
                calls: 0,
                nanoseconds: 0,
                shortest: u64::MAX,
                longest: 0,
            });
            self.spans.len() - 1
        })
    }
}

/// Receiver of the beginning and the end of operations.
pub(crate) trait Spans {
    /// An operation begins inside the innermost open one.
    fn begin(&mut self, operation: Operation);
    /// The innermost open operation ends.
    fn end(&mut self);
}

/// Ignores all operations, at no cost.
pub(crate) struct NoSpans;

impl Spans for NoSpans {
    #[inline]
    fn begin(&mut self, _: Operation) {}
    #[inline]
    fn end(&mut self) {}
}

impl Spans for &mut Trace {
    fn begin(&mut self, operation: Operation) {
        let place = self.place(operation);
        // The clock is read last, so that the search is not part of the span.
        self.open.push((place, Instant::now()));
    }

    fn end(&mut self) {
        let now = Instant::now();
        if let Some((place, began)) = self.open.pop() {
            let nanoseconds =
                u64::try_from(now.duration_since(began).as_nanos()).unwrap_or(u64::MAX);
            let span = &mut self.spans[place];
            span.calls += 1;
            span.nanoseconds += nanoseconds;
            span.shortest = span.shortest.min(nanoseconds);
            span.longest = span.longest.max(nanoseconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    #[test]
    fn spans_add_up_where_they_lie() {
        let mut trace = Trace::default();
        let mut spans = &mut trace;
        for pause in [1, 3] {
            spans.begin(Operation::Decode);
            for operation in [Operation::LayerNorm, Operation::HeadProduct] {
                spans.begin(operation);
                sleep(Duration::from_millis(pause));
                spans.end();
            }
            spans.end();
        }
        spans.begin(Operation::LayerNorm);
        spans.end();
        let found: Vec<_> = trace
            .spans()
            .iter()
            .map(|span| (span.operation.name(), span.parent, span.calls))
            .collect();
        assert_eq!(
            found,
            [
                ("decode", None, 2),
                ("layer_norm", Some(0), 2),
                ("head product", Some(0), 2),
                ("layer_norm", None, 1)
            ]
        );
        let [decode, norm, head, _] = trace.spans() else {
            panic!("four spans")
        };
        assert!(
            norm.shortest >= 1_000_000
                && norm.longest >= 3_000_000
                && norm.shortest <= norm.longest
        );
        assert!(decode.nanoseconds >= norm.nanoseconds + head.nanoseconds);
    }
}
