//! A part of a layer: some of its outputs, or the share that some of its inputs have in all outputs.

use std::ops::Range;

use super::linear::Linear;

/// Unit in which the vector implementations divide a layer: a block of int8 inputs, and a multiple of the panels of
/// every instruction set.
pub const PART_UNIT: usize = 128;

/// Inputs and outputs of a part, see [`Linear::apply_part`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The inputs, out of K.
    pub inputs: Range<usize>,
    /// The outputs, out of N.
    pub outputs: Range<usize>,
}

impl Part {
    /// All of `layer`.
    pub fn whole(layer: &Linear) -> Self {
        Self::of_outputs(layer, 0..layer.outputs())
    }

    /// Some outputs of `layer`, from all inputs.
    pub fn of_outputs(layer: &Linear, outputs: Range<usize>) -> Self {
        let inputs = 0..layer.inputs();
        Self { inputs, outputs }
    }

    /// The share of some inputs in all outputs of `layer`.
    pub fn of_inputs(layer: &Linear, inputs: Range<usize>) -> Self {
        let outputs = 0..layer.outputs();
        Self { inputs, outputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matmul::{Epilogue, Layout, Matrix};
    use crate::oracle::{levels, values};
    use crate::thread_pool::ThreadPool;
    use crate::variant::{MatMul, WeightStorage};

    const K: usize = 3 * PART_UNIT;
    const N: usize = 3 * PART_UNIT + 17;

    fn layer(kernel: MatMul, storage: WeightStorage, level: crate::simd::Level) -> Linear {
        let matrix = Matrix {
            layout: Layout::InOut,
            data: &values(1, K * N, 0.0, 1.0),
            inputs: K,
            outputs: N,
        };
        let bias = values(2, N, 0.0, 1.0);
        Linear::new(kernel, storage, level, &matrix, Some(&bias)).unwrap()
    }

    /// The parts of `whole` in steps of two units.
    fn steps(whole: usize) -> impl Iterator<Item = Range<usize>> {
        let step = 2 * PART_UNIT;
        (0..whole)
            .step_by(step)
            .map(move |first| first..whole.min(first + step))
    }

    #[test]
    fn parts_together_are_the_whole() {
        let pool = ThreadPool::new(2).unwrap();
        for level in levels() {
            for kernel in [MatMul::Simd, MatMul::Parallel] {
                for &storage in WeightStorage::ALL {
                    let layer = layer(kernel, storage, level);
                    for rows in [1, 2, 7, 100] {
                        let what = format!("{kernel} {storage} {} {rows} rows", level.isa());
                        let x = values(3, rows * K, 0.0, 1.0);
                        let mut whole = vec![0.0; rows * N];
                        layer.apply(&x, &mut whole, Epilogue::None, &pool);
                        for outputs in steps(N) {
                            let mut out = vec![f32::NAN; rows * outputs.len()];
                            let part = Part::of_outputs(&layer, outputs.clone());
                            layer.apply_part(&x, part, &mut out, Epilogue::None, &pool);
                            for (row, out) in out.chunks_exact(outputs.len()).enumerate() {
                                assert_eq!(out, &whole[row * N..][outputs.clone()], "{what}");
                            }
                        }
                        if rows == 1 {
                            continue;
                        }
                        let mut sum = vec![0.0; rows * N];
                        for inputs in steps(K) {
                            let x: Vec<f32> = x
                                .chunks_exact(K)
                                .flat_map(|row| row[inputs.clone()].to_vec())
                                .collect();
                            let part = Part::of_inputs(&layer, inputs);
                            layer.apply_part(&x, part, &mut sum, Epilogue::Add, &pool);
                        }
                        for (found, expected) in sum.iter().zip(&whole) {
                            assert!((found - expected).abs() < 1e-3, "{what}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "is no part of")]
    fn a_part_that_cuts_a_block_of_weights_is_refused() {
        let Some(level) = levels().into_iter().next() else {
            panic!("every CPU has an instruction set");
        };
        let layer = layer(MatMul::Simd, WeightStorage::F32, level);
        let pool = ThreadPool::new(1).unwrap();
        let part = Part::of_outputs(&layer, 0..PART_UNIT + 1);
        let mut out = vec![0.0; 2 * part.outputs.len()];
        layer.apply_part(&[0.0; 2 * K], part, &mut out, Epilogue::None, &pool);
    }
}
