//! Axes: one enum each, with the implementations of an operation or the ways to organise the work.
//!
//! The first value of every axis is the plain one. Names are kebab-case, the same on the command line, in records and
//! messages.

use super::UnknownName;

/// Defines an axis: the enum, its names in order, and conversions from and to names.
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
    /// Product of a matrix with the weights of a layer.
    MatMul, "matmul" {
        /// Row times column.
        Naive => "naive",
        /// Scalar loops over blocks that stay in the cache.
        Blocked => "blocked",
        /// Vector instructions over packed weights, one thread.
        Simd => "simd",
        /// The same vector kernels on several threads.
        Parallel => "parallel",
    }
}

axis! {
    /// Computation of mean and variance in LayerNorm.
    LayerNorm, "layer_norm" {
        /// One pass each for mean, variance and normalisation.
        ThreePass => "three-pass",
        /// Welford's one-pass recurrence, then normalisation.
        Welford => "welford",
        /// Welford's recurrence in every vector lane; lanes are merged at the end.
        WelfordSimd => "welford-simd",
        /// Mean, then variance and normalisation, with vector instructions.
        TwoPassSimd => "two-pass-simd",
    }
}

axis! {
    /// Softmax of a row of attention scores.
    Softmax, "softmax" {
        /// One loop each for maximum, exponentials with their sum, and division.
        ThreeLoops => "three-loops",
        /// Vector instructions with a vectorised exponential and a multiplication by the inverse sum.
        FusedSimd => "fused-simd",
    }
}

axis! {
    /// GELU, in its tanh form.
    Gelu, "gelu" {
        /// The library's tanh, element by element.
        Scalar => "scalar",
        /// A vectorised tanh.
        Simd => "simd",
        /// The vectorised tanh as epilogue of the matrix product before it.
        Fused => "fused",
    }
}

axis! {
    /// Attention.
    Attention, "attention" {
        /// All scores are stored, then a pass masks the future.
        Masked => "masked",
        /// Only the causal part is computed.
        Causal => "causal",
        /// The heads' score and value products as batched matrix products, causal part only.
        Batched => "batched",
        /// Blocks of keys with an online softmax: rows of scores are never stored.
        Online => "online",
    }
}

axis! {
    /// Lookup and addition of token and position embeddings.
    Embedding, "embedding" {
        /// Element by element.
        ElementWise => "element-wise",
        /// Whole rows.
        RowCopy => "row-copy",
        /// Whole rows on several threads.
        Parallel => "parallel",
    }
}

axis! {
    /// Addition of a residual.
    Residual, "residual" {
        /// Element by element.
        Scalar => "scalar",
        /// Vector instructions.
        Simd => "simd",
        /// Epilogue of the matrix product before it.
        Fused => "fused",
    }
}

axis! {
    /// Access to queries, keys and values of the fused projection.
    Qkv, "qkv" {
        /// Copied into three matrices.
        Copies => "copies",
        /// Read in place with a stride.
        Strided => "strided",
    }
}

axis! {
    /// Memory of the output of an operation.
    Buffers, "buffers" {
        /// Each operation allocates its output, which is freed after its use.
        Fresh => "fresh",
        /// Buffers are reused from a pool.
        Pooled => "pooled",
    }
}

axis! {
    /// Computation of a decode step.
    Decode, "decode" {
        /// The whole window again.
        Recompute => "recompute",
        /// The new token only, with cached keys and values of earlier tokens.
        KvCache => "kv-cache",
    }
}

axis! {
    /// Storage of the weights of matrix products.
    WeightStorage, "weights" {
        /// 32-bit floats.
        F32 => "f32",
        /// 16-bit floats with the range of f32.
        Bf16 => "bf16",
        /// 8-bit integers with scales.
        Int8 => "int8",
    }
}
