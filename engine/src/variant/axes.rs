//! One enum per axis: the implementations of an operation, or a way to organise the work, that can be chosen alone.
//!
//! The first value of every axis is the plain one. Names are kebab-case; the command line, records and messages use the same.

use super::UnknownName;

/// Defines an axis: the enum, its names in order, and conversion from and to the name.
macro_rules! axis {
    ($(#[$meta:meta])* $name:ident, $axis:literal { $($(#[$value_meta:meta])* $value:ident => $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$value_meta])* #[serde(rename = $text)] $value),+
        }

        impl $name {
            /// Name of the axis.
            pub const AXIS: &'static str = $axis;
            /// Every value, the plain one first.
            pub const ALL: &'static [$name] = &[$($name::$value),+];
            /// The name of every value, in the order of [`Self::ALL`].
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The name of this value.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$value => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text {
                    $($text => Ok($name::$value),)+
                    _ => Err(UnknownName::new($axis, text, Self::NAMES)),
                }
            }
        }
    };
}

axis! {
    /// How a matrix is multiplied by the weights of a layer.
    MatMul, "matmul" {
        /// Row times column in the obvious order.
        Naive => "naive",
        /// Scalar loops over blocks that stay in the cache.
        Blocked => "blocked",
        /// Vector instructions over packed weights, one thread.
        Simd => "simd",
        /// The same vector kernels, shared out over threads.
        Parallel => "parallel",
    }
}

axis! {
    /// How LayerNorm finds mean and variance.
    LayerNorm, "layer_norm" {
        /// Mean, variance and normalisation in a pass each.
        ThreePass => "three-pass",
        /// Welford's one-pass recurrence, then normalisation.
        Welford => "welford",
        /// Welford's recurrence in every vector lane, lanes merged at the end.
        WelfordSimd => "welford-simd",
        /// Mean, then variance and normalisation, with vector instructions.
        TwoPassSimd => "two-pass-simd",
    }
}

axis! {
    /// How a row of attention scores becomes weights.
    Softmax, "softmax" {
        /// Maximum, exponential with sum, and division in a loop each.
        ThreeLoops => "three-loops",
        /// Vector instructions with a vectorised exponential and a multiplication by the inverse sum.
        FusedSimd => "fused-simd",
    }
}

axis! {
    /// How GELU (tanh form) is computed.
    Gelu, "gelu" {
        /// The library's tanh, element by element.
        Scalar => "scalar",
        /// A vectorised tanh.
        Simd => "simd",
        /// The vectorised tanh, applied by the matrix product before it where its result is written.
        Fused => "fused",
    }
}

axis! {
    /// How attention is computed.
    Attention, "attention" {
        /// All scores are materialised, then a pass masks the future.
        Masked => "masked",
        /// Only the causal part is computed.
        Causal => "causal",
        /// The heads' score and value products as batched matrix products, causal part only.
        Batched => "batched",
        /// Blocks of keys with an online softmax: scores are never materialised.
        Online => "online",
    }
}

axis! {
    /// How token and position embeddings are looked up and added.
    Embedding, "embedding" {
        /// Element by element.
        ElementWise => "element-wise",
        /// Whole rows.
        RowCopy => "row-copy",
        /// Whole rows, shared out over threads.
        Parallel => "parallel",
    }
}

axis! {
    /// How a residual is added.
    Residual, "residual" {
        /// Element by element.
        Scalar => "scalar",
        /// Vector instructions.
        Simd => "simd",
        /// Added by the matrix product that makes it, where its result is written.
        Fused => "fused",
    }
}

axis! {
    /// How queries, keys and values leave the fused projection.
    Qkv, "qkv" {
        /// Copied into three matrices.
        Copies => "copies",
        /// Read in place with a stride.
        Strided => "strided",
    }
}

axis! {
    /// Where the output of an operation lives.
    Buffers, "buffers" {
        /// Each operation allocates its output, which is dropped when its reader is done.
        Fresh => "fresh",
        /// Buffers are kept and given out again.
        Pooled => "pooled",
    }
}

axis! {
    /// What a decode step computes.
    Decode, "decode" {
        /// The whole window again.
        Recompute => "recompute",
        /// The new token only, against keys and values kept from before.
        KvCache => "kv-cache",
    }
}

axis! {
    /// How the weights of matrix products are stored.
    WeightStorage, "weights" {
        /// 32-bit floats.
        F32 => "f32",
        /// 16-bit floats with the range of f32.
        Bf16 => "bf16",
        /// 8-bit integers with scales.
        Int8 => "int8",
    }
}
