//! The weights of a layer, converted once to the form that its implementation reads.

use super::dense::Dense;
use super::packed::Packed;
use super::{Epilogue, Layout, blocked, naive, simd};
use crate::simd::Level;
use crate::thread_pool::ThreadPool;
use crate::variant::{MatMul, WeightStorage};

/// An unpacked weight matrix of f32.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    /// Order of the dimensions of `data`.
    pub layout: Layout,
    /// `[K, N]` or `[N, K]`, see `layout`.
    pub data: &'a [f32],
    /// K.
    pub inputs: usize,
    /// N.
    pub outputs: usize,
}

impl Matrix<'_> {
    /// The weight from input `p` to output `j`.
    #[inline]
    pub(super) fn at(&self, p: usize, j: usize) -> f32 {
        self.data[self.layout.index(p, j, self.inputs, self.outputs)]
    }
}

/// Reasons why a layer cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinearError {
    /// A dimension is zero.
    #[error(
        "a linear layer of {inputs} inputs and {outputs} outputs has nothing to compute; both must be at least 1"
    )]
    Empty {
        /// K.
        inputs: usize,
        /// N.
        outputs: usize,
    },
    /// The number of elements of a tensor does not match the layer.
    #[error(
        "the {what} of a linear layer of {inputs} inputs and {outputs} outputs has {found} elements"
    )]
    WrongSize {
        /// `weights` or `bias`.
        what: &'static str,
        /// K.
        inputs: usize,
        /// N.
        outputs: usize,
        /// Elements found.
        found: usize,
    },
}

/// `out[M, N] = x[M, K] W[K, N] + b[N]`, with the weights of one layer in the form its implementation reads.
pub struct Linear {
    k: usize,
    n: usize,
    /// `[N]`, or empty.
    bias: Vec<f32>,
    weights: Weights,
}

enum Weights {
    Naive(Dense),
    Blocked(Dense),
    Simd(Packed, Level),
    Parallel(Packed, Level),
}

impl Linear {
    /// Converts and packs `matrix` (and `bias`, `[N]`) for the implementation `kernel` at `level`.
    ///
    /// # Errors
    /// Returns an error if a dimension is zero or the number of elements of a tensor does not match.
    pub fn new(
        kernel: MatMul,
        storage: WeightStorage,
        level: Level,
        matrix: &Matrix<'_>,
        bias: Option<&[f32]>,
    ) -> Result<Linear, LinearError> {
        let (k, n) = (matrix.inputs, matrix.outputs);
        if k == 0 || n == 0 {
            return Err(LinearError::Empty {
                inputs: k,
                outputs: n,
            });
        }
        let wrong = |what, found| LinearError::WrongSize {
            what,
            inputs: k,
            outputs: n,
            found,
        };
        if k.checked_mul(n) != Some(matrix.data.len()) {
            return Err(wrong("weights", matrix.data.len()));
        }
        if let Some(bias) = bias.filter(|bias| bias.len() != n) {
            return Err(wrong("bias", bias.len()));
        }
        let weights = match kernel {
            MatMul::Naive => Weights::Naive(Dense::new(matrix, storage, matrix.layout)),
            MatMul::Blocked => Weights::Blocked(Dense::new(matrix, storage, Layout::InOut)),
            MatMul::Simd => Weights::Simd(Packed::new(matrix, storage, level), level),
            MatMul::Parallel => Weights::Parallel(Packed::new(matrix, storage, level), level),
        };
        Ok(Linear {
            k,
            n,
            bias: bias.unwrap_or_default().to_vec(),
            weights,
        })
    }

    /// K.
    pub fn inputs(&self) -> usize {
        self.k
    }

    /// N.
    pub fn outputs(&self) -> usize {
        self.n
    }

    /// Bytes that one pass over the layer reads: weights with scales and padding, and bias.
    pub fn bytes(&self) -> usize {
        size_of_val(self.bias.as_slice())
            + match &self.weights {
                Weights::Naive(dense) | Weights::Blocked(dense) => dense.bytes(),
                Weights::Simd(packed, _) | Weights::Parallel(packed, _) => packed.bytes(),
            }
    }

    /// `out[M, N] = epilogue(x[M, K] W + b)`, M given by the length of `x`. Only the parallel implementation uses more
    /// than the calling thread. Allocates nothing.
    ///
    /// # Panics
    /// Panics if `x` is not a whole number of rows of K, or `out` does not have as many rows of N.
    pub fn apply(&self, x: &[f32], out: &mut [f32], epilogue: Epilogue, pool: &ThreadPool) {
        let rows = x.len() / self.k;
        assert_eq!(
            x.len(),
            rows * self.k,
            "the input of a linear layer must be whole rows of {}",
            self.k
        );
        assert_eq!(
            out.len(),
            rows * self.n,
            "the output of a linear layer must be {rows} rows of {}",
            self.n
        );
        match &self.weights {
            Weights::Naive(dense) => naive::apply(x, dense, &self.bias, epilogue, out),
            Weights::Blocked(dense) => blocked::apply(x, dense, &self.bias, epilogue, out),
            Weights::Simd(packed, level) => {
                simd::apply(*level, x, packed, &self.bias, epilogue, out, None)
            }
            Weights::Parallel(packed, level) => {
                simd::apply(*level, x, packed, &self.bias, epilogue, out, Some(pool))
            }
        }
    }

    /// Copies the K weights of output `index` to `out[K]`: the row of a token, if the head is also the embedding.
    ///
    /// # Panics
    /// Panics if `index` is not below N, or `out` does not have K elements.
    pub fn row(&self, index: usize, out: &mut [f32]) {
        assert!(
            index < self.n,
            "output {index} of a linear layer that has {}",
            self.n
        );
        assert_eq!(
            out.len(),
            self.k,
            "a row of a linear layer has {} weights",
            self.k
        );
        match &self.weights {
            Weights::Naive(dense) | Weights::Blocked(dense) => {
                for (p, weight) in out.iter_mut().enumerate() {
                    *weight = dense.at(p, index);
                }
            }
            Weights::Simd(packed, _) | Weights::Parallel(packed, _) => {
                for (p, weight) in out.iter_mut().enumerate() {
                    *weight = packed.at(p, index);
                }
            }
        }
    }
}

impl std::fmt::Debug for Linear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Linear")
            .field("inputs", &self.k)
            .field("outputs", &self.n)
            .finish_non_exhaustive()
    }
}
