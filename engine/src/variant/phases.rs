//! The phases of the roadmap: named variants, each with one step more than the phase before.

use super::{
    Attention, Buffers, Decode, Embedding, Gelu, LayerNorm, MatMul, Qkv, Residual, Softmax, Variant,
};

/// A named variant on the roadmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its name, as the command line takes it.
    pub name: &'static str,
    /// Difference to the phase before it, in one line.
    pub step: &'static str,
    /// Its choice on every axis.
    pub variant: Variant,
}

const NAIVE: Variant = Variant::naive();

const REFERENCE: Variant = Variant {
    matmul: MatMul::Parallel,
    ..NAIVE
};

const QUICK_WINS: Variant = Variant {
    embedding: Embedding::RowCopy,
    residual: Residual::Simd,
    qkv: Qkv::Strided,
    ..REFERENCE
};

const POOLED: Variant = Variant {
    buffers: Buffers::Pooled,
    ..QUICK_WINS
};

const COMPUTE: Variant = Variant {
    layer_norm: LayerNorm::TwoPassSimd,
    softmax: Softmax::FusedSimd,
    gelu: Gelu::Simd,
    attention: Attention::Batched,
    ..POOLED
};

const KV_CACHE: Variant = Variant {
    decode: Decode::KvCache,
    attention: Attention::Online,
    ..COMPUTE
};

const OPTIMIZED: Variant = Variant {
    residual: Residual::Fused,
    gelu: Gelu::Fused,
    embedding: Embedding::Parallel,
    ..KV_CACHE
};

const PHASES: &[Phase] = &[
    Phase {
        name: "naive",
        step: "everything plain: row times column, three passes, no reuse",
        variant: NAIVE,
    },
    Phase {
        name: "reference",
        step: "fast matrix products, all else plain: the base of the roadmap's forecasts",
        variant: REFERENCE,
    },
    Phase {
        name: "quick-wins",
        step: "embedding rows copied whole, SIMD residual additions, queries, keys and values read in place",
        variant: QUICK_WINS,
    },
    Phase {
        name: "pooled",
        step: "buffers are reused instead of allocated",
        variant: POOLED,
    },
    Phase {
        name: "compute",
        step: "SIMD LayerNorm, softmax and GELU, attention as batched matrix products",
        variant: COMPUTE,
    },
    Phase {
        name: "kv-cache",
        step: "a step computes the new token only, attention in blocks with an online softmax",
        variant: KV_CACHE,
    },
    Phase {
        name: "optimized",
        step: "residuals added and GELU applied inside the matrix product, embedding on several threads",
        variant: OPTIMIZED,
    },
];

/// The phases in order.
pub fn phases() -> &'static [Phase] {
    PHASES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_distinct_and_start_plain() {
        assert_eq!(phases()[0].variant, Variant::naive());
        for (i, phase) in phases().iter().enumerate() {
            assert_eq!(Variant::phase(phase.name).unwrap(), phase.variant);
            for later in &phases()[i + 1..] {
                assert_ne!(phase.name, later.name);
                assert_ne!(phase.variant, later.variant);
            }
        }
    }
}
