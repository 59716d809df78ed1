//! The weights of a layer, converted once to the form that its implementation reads.

use super::dense::Dense;
use super::finish::Finish;
use super::packed::Packed;
use super::part::Part;
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
                let finish = Finish::whole(&self.bias, epilogue);
                simd::apply(*level, x, packed, Part::whole(self), finish, out, None)
            }
            Weights::Parallel(packed, level) => {
                let finish = Finish::whole(&self.bias, epilogue);
                simd::apply(
                    *level,
                    x,
                    packed,
                    Part::whole(self),
                    finish,
                    out,
                    Some(pool),
                )
            }
        }
    }

    /// True if a [`Part`] of this layer may begin or end at input or output `at`: the vector implementations can divide
    /// their weights there.
    pub fn divides(&self, at: usize) -> bool {
        match &self.weights {
            Weights::Naive(_) | Weights::Blocked(_) => false,
            Weights::Simd(packed, _) | Weights::Parallel(packed, _) => packed.divides(at),
        }
    }

    /// Computes a part as [`Linear::apply`] does the whole: `x` is `[M, K']` for the inputs of the part, `out` `[M, N']`
    /// for its outputs. The bias belongs to the first inputs. A part of the inputs needs at least two rows, and every
    /// part after the first needs [`Epilogue::Add`].
    ///
    /// # Panics
    /// Panics if the lengths do not match, or the layer is not divided there, see [`Linear::divides`].
    pub fn apply_part(
        &self,
        x: &[f32],
        part: Part,
        out: &mut [f32],
        epilogue: Epilogue,
        pool: &ThreadPool,
    ) {
        let Part { inputs, outputs } = &part;
        let rows = x.len() / inputs.len();
        assert!(
            x.len() == rows * inputs.len() && out.len() == rows * outputs.len(),
            "a part of {} inputs and {} outputs of a linear layer got {} and {} values",
            inputs.len(),
            outputs.len(),
            x.len(),
            out.len()
        );
        let whole = (0..self.k, 0..self.n);
        let ends = [(inputs, &whole.0), (outputs, &whole.1)];
        let divided = ends.iter().all(|(part, whole)| {
            let inner = |at: usize, end: usize| at == end || self.divides(at);
            part.end <= whole.end && inner(part.start, 0) && inner(part.end, whole.end)
        });
        assert!(divided, "{part:?} is no part of {self:?}");
        assert!(
            rows > 1 || *inputs == whole.0,
            "one row takes all inputs of a linear layer"
        );
        let finish = Finish::whole(&self.bias, epilogue);
        match &self.weights {
            Weights::Simd(packed, level) => simd::apply(*level, x, packed, part, finish, out, None),
            Weights::Parallel(packed, level) => {
                simd::apply(*level, x, packed, part, finish, out, Some(pool))
            }
            Weights::Naive(_) | Weights::Blocked(_) => self.apply(x, out, epilogue, pool),
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
