//! One body of tests for every implementation, storage and instruction set, against f64.
//!
//! Sizes are off every register width, panel and block on purpose: a fast kernel has to compute its edges itself.

use super::{Epilogue, Layout, Linear, LinearError, Matrix, Product, View, ViewMut, int8};
use crate::isa::Isa;
use crate::random::SplitMix64;
use crate::thread_pool::ThreadPool;
use crate::variant::{MatMul, WeightStorage};

/// `(M, K, N)`: one row and few rows (streaming), odd everything, one output, one input, and sizes beyond every block.
const SHAPES: [(usize, usize, usize); 20] = [
    (1, 1, 1),
    (1, 7, 1),
    (1, 64, 16),
    (1, 129, 33),
    (1, 256, 768),
    (1, 300, 131),
    (1, 769, 515),
    (2, 65, 17),
    (3, 5, 130),
    (4, 128, 64),
    (5, 257, 31),
    (6, 96, 100),
    (7, 1, 50),
    (8, 33, 1),
    (13, 391, 79),
    (32, 256, 96),
    (33, 127, 257),
    (40, 520, 48),
    (97, 70, 45),
    (200, 385, 66),
];

/// Numbers without pattern in `-1..1`, the same on every machine.
fn noise(seed: u64, len: usize) -> Vec<f32> {
    let mut state = seed;
    (0..len)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect()
}

/// A product whose expected value is computed in f64.
struct Problem {
    shape: (usize, usize, usize),
    x: Vec<f32>,
    weights: Vec<f32>,
    layout: Layout,
    bias: Option<Vec<f32>>,
    /// Values of the output before the product.
    before: Vec<f32>,
    epilogue: Epilogue,
}

impl Problem {
    fn new(
        shape: (usize, usize, usize),
        layout: Layout,
        with_bias: bool,
        epilogue: Epilogue,
    ) -> Problem {
        let (m, k, n) = shape;
        Problem {
            shape,
            x: noise(1, m * k),
            weights: noise(2, k * n),
            layout,
            bias: with_bias.then(|| noise(3, n)),
            before: noise(4, m * n),
            epilogue,
        }
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix {
            layout: self.layout,
            data: &self.weights,
            inputs: self.shape.1,
            outputs: self.shape.2,
        }
    }

    /// The input of the implementations of `storage`: int8 rounds it.
    fn input(&self, storage: WeightStorage) -> Vec<f32> {
        let mut x = self.x.clone();
        if storage == WeightStorage::Int8 {
            for block in x
                .chunks_mut(self.shape.1)
                .flat_map(|row| row.chunks_mut(int8::BLOCK))
            {
                let mut rounded = [0; int8::BLOCK];
                let scale = int8::round_inputs(block, &mut rounded);
                block
                    .iter_mut()
                    .zip(rounded)
                    .for_each(|(x, value)| *x = f32::from(value) * scale);
            }
        }
        x
    }

    /// The expected value for inputs `x` and weights `weight(p, j)`, and for each element the sum of magnitudes, to
    /// which its rounding error is proportional.
    fn answer(&self, x: &[f32], weight: impl Fn(usize, usize) -> f32) -> Vec<(f64, f64)> {
        let (m, k, n) = self.shape;
        let mut out = Vec::with_capacity(m * n);
        for i in 0..m {
            for j in 0..n {
                let mut sum = self.bias.as_ref().map_or(0.0, |bias| f64::from(bias[j]));
                let mut size = sum.abs();
                for p in 0..k {
                    let product = f64::from(x[i * k + p]) * f64::from(weight(p, j));
                    sum += product;
                    size += product.abs();
                }
                let before = f64::from(self.before[i * n + j]);
                out.push(match self.epilogue {
                    Epilogue::None => (sum, size),
                    Epilogue::Gelu => {
                        let inner =
                            (2.0 / std::f64::consts::PI).sqrt() * (sum + 0.044715 * sum.powi(3));
                        (0.5 * sum * (1.0 + inner.tanh()), size)
                    }
                    Epilogue::Add => (before + sum, size + before.abs()),
                });
            }
        }
        out
    }

    fn solve(&self, linear: &Linear, pool: &ThreadPool) -> Vec<f32> {
        let mut out = self.before.clone();
        linear.apply(&self.x, &mut out, self.epilogue, pool);
        out
    }
}

/// The weights as `linear` holds them, read back through [`Linear::row`].
fn stored_weights(linear: &Linear) -> Vec<f32> {
    let mut rows = vec![0.0; linear.inputs() * linear.outputs()];
    for (j, row) in rows.chunks_exact_mut(linear.inputs()).enumerate() {
        linear.row(j, row);
    }
    rows
}

fn on_every_implementation(mut body: impl FnMut(MatMul, WeightStorage, Isa)) {
    for isa in Isa::ALL {
        if !isa.is_available() {
            println!("not available here, not tested: {isa}");
            continue;
        }
        for kernel in MatMul::ALL {
            for storage in WeightStorage::ALL {
                body(*kernel, *storage, isa);
            }
        }
    }
}

#[test]
fn every_implementation_agrees_with_f64_on_awkward_sizes() {
    let pools = [ThreadPool::new(1).unwrap(), ThreadPool::new(3).unwrap()];
    let mut checked = 0;
    on_every_implementation(|kernel, storage, isa| {
        for (index, shape) in SHAPES.into_iter().enumerate() {
            let layout = [Layout::InOut, Layout::OutIn][index % 2];
            let epilogue = [Epilogue::None, Epilogue::Gelu, Epilogue::Add][index % 3];
            let problem = Problem::new(shape, layout, index % 4 != 0, epilogue);
            let linear = Linear::new(
                kernel,
                storage,
                isa.level().unwrap(),
                &problem.matrix(),
                problem.bias.as_deref(),
            )
            .unwrap();
            let rows = stored_weights(&linear);
            let answer = problem.answer(&problem.input(storage), |p, j| rows[j * shape.1 + p]);
            let tolerance = 2e-6;
            for pool in &pools {
                for (at, (got, (want, size))) in problem
                    .solve(&linear, pool)
                    .into_iter()
                    .zip(&answer)
                    .enumerate()
                {
                    assert!(
                        (f64::from(got) - want).abs() <= tolerance * size + 1e-6,
                        "{kernel} {storage} {isa} {shape:?} {epilogue:?}, {} threads: element {at} is {got}, not {want}",
                        pool.threads()
                    );
                }
                checked += 1;
            }
        }
    });
    println!("{checked} products checked");
}

#[test]
fn stored_weights_are_as_close_as_their_storage_allows() {
    on_every_implementation(|kernel, storage, isa| {
        for (layout, shape) in [(Layout::InOut, (1, 131, 37)), (Layout::OutIn, (1, 260, 70))] {
            let problem = Problem::new(shape, layout, false, Epilogue::None);
            let linear = Linear::new(
                kernel,
                storage,
                isa.level().unwrap(),
                &problem.matrix(),
                None,
            )
            .unwrap();
            for (index, got) in stored_weights(&linear).into_iter().enumerate() {
                let want = problem.matrix().at(index % shape.1, index / shape.1);
                let allowed = match storage {
                    WeightStorage::F32 => 0.0,
                    WeightStorage::Bf16 => want.abs() / 256.0,
                    WeightStorage::Int8 => 1.0 / 254.0 + 1e-6,
                };
                assert!(
                    (got - want).abs() <= allowed,
                    "{kernel} {storage} {isa}: {got} for {want}"
                );
            }
        }
    });
}

#[test]
fn every_implementation_reads_the_bytes_its_storage_promises() {
    on_every_implementation(|kernel, storage, isa| {
        let problem = Problem::new((1, 256, 512), Layout::InOut, false, Epilogue::None);
        let linear = Linear::new(
            kernel,
            storage,
            isa.level().unwrap(),
            &problem.matrix(),
            None,
        )
        .unwrap();
        let bytes = match storage {
            WeightStorage::F32 => 4 * 256 * 512,
            WeightStorage::Bf16 => 2 * 256 * 512,
            WeightStorage::Int8 => 256 * 512 + 4 * 2 * 512,
        };
        assert_eq!(linear.bytes(), bytes, "{kernel} {storage} {isa}");
    });
}

#[test]
fn several_rows_give_what_each_row_gives_alone() {
    let pool = ThreadPool::new(2).unwrap();
    on_every_implementation(|kernel, storage, isa| {
        let problem = Problem::new((9, 200, 70), Layout::InOut, true, Epilogue::None);
        let linear = Linear::new(
            kernel,
            storage,
            isa.level().unwrap(),
            &problem.matrix(),
            problem.bias.as_deref(),
        )
        .unwrap();
        let together = problem.solve(&linear, &pool);
        for (x, expected) in problem.x.chunks_exact(200).zip(together.chunks_exact(70)) {
            let mut alone = vec![0.0; 70];
            linear.apply(x, &mut alone, Epilogue::None, &pool);
            for (a, b) in alone.iter().zip(expected) {
                assert!(
                    (a - b).abs() < 3e-5,
                    "{kernel} {storage} {isa}: {a} alone, {b} together"
                );
            }
        }
    });
}

#[test]
fn not_a_number_is_not_lost() {
    let pool = ThreadPool::new(2).unwrap();
    on_every_implementation(|kernel, storage, isa| {
        if storage == WeightStorage::Int8 {
            return; // No integer stands for it.
        }
        for m in [1, 5] {
            let mut problem = Problem::new((m, 40, 20), Layout::InOut, true, Epilogue::Gelu);
            problem.x[3] = f32::NAN;
            let linear = Linear::new(
                kernel,
                storage,
                isa.level().unwrap(),
                &problem.matrix(),
                None,
            )
            .unwrap();
            let out = problem.solve(&linear, &pool);
            assert!(
                out[..20].iter().all(|v| v.is_nan()) && out[20..].iter().all(|v| v.is_finite()),
                "{kernel} {isa}"
            );
        }
    });
}

#[test]
fn a_layer_of_wrong_size_is_refused() {
    let level = Isa::Plain.level().unwrap();
    let build = |data: &[f32], inputs, outputs, bias: Option<&[f32]>| {
        let matrix = Matrix {
            layout: Layout::InOut,
            data,
            inputs,
            outputs,
        };
        Linear::new(MatMul::Simd, WeightStorage::F32, level, &matrix, bias).err()
    };
    assert_eq!(
        build(&[], 0, 3, None),
        Some(LinearError::Empty {
            inputs: 0,
            outputs: 3
        })
    );
    assert!(
        build(&[0.0; 5], 2, 3, None)
            .unwrap()
            .to_string()
            .contains("weights")
    );
    assert!(
        build(&[0.0; 6], 2, 3, Some(&[0.0; 2]))
            .unwrap()
            .to_string()
            .contains("bias")
    );
    assert!(build(&[], usize::MAX, 2, None).is_some());
    assert_eq!(build(&[0.0; 6], 2, 3, Some(&[0.0; 3])), None);
}

#[test]
fn products_of_plain_matrices_agree_with_f64_at_any_stride() {
    let pools = [ThreadPool::new(1).unwrap(), ThreadPool::new(3).unwrap()];
    for isa in Isa::available() {
        for kernel in MatMul::ALL {
            let product = Product::new(*kernel, isa.level().unwrap());
            for ((m, k, n), layout) in SHAPES
                .into_iter()
                .zip([Layout::InOut, Layout::OutIn].into_iter().cycle())
            {
                let (b_rows, b_columns) = if layout == Layout::InOut {
                    (k, n)
                } else {
                    (n, k)
                };
                let (a, b) = (noise(5, m * (k + 3)), noise(6, b_rows * (b_columns + 2)));
                let a = View::new(&a, m, k, k + 3);
                let b = View::new(&b, b_rows, b_columns, b_columns + 2);
                for pool in &pools {
                    let mut out = vec![9.0; m * (n + 1)];
                    product.run(a, b, layout, ViewMut::new(&mut out, m, n, n + 1), pool);
                    for i in 0..m {
                        for j in 0..n {
                            let at = |p: usize| {
                                if layout == Layout::InOut {
                                    b.row(p)[j]
                                } else {
                                    b.row(j)[p]
                                }
                            };
                            let want: f64 = (0..k)
                                .map(|p| f64::from(a.row(i)[p]) * f64::from(at(p)))
                                .sum();
                            let got = f64::from(out[i * (n + 1) + j]);
                            assert!(
                                (got - want).abs() <= 2e-6 * k as f64,
                                "{kernel} {isa} [{m}, {k}] x [{k}, {n}], {layout:?}: {got}, not {want}"
                            );
                        }
                        assert_eq!(out[i * (n + 1) + n], 9.0, "{kernel} wrote between the rows");
                    }
                }
            }
        }
    }
}

/// Shapes, strides and alignments at random: blocks of the kernels begin and end at every place.
#[test]
fn products_agree_with_f64_at_random_shapes_strides_and_alignments() {
    let pools = [ThreadPool::new(1).unwrap(), ThreadPool::new(3).unwrap()];
    let mut random = SplitMix64::new(20);
    let mut below = |end: u64| usize::try_from(random.next_u64() % end).unwrap();
    for case in 0..60 {
        let (m, k, n) = (1 + below(9), 1 + below(150), 1 + below(70));
        let layout = [Layout::InOut, Layout::OutIn][below(2)];
        let (rows, columns) = match layout {
            Layout::InOut => (k, n),
            Layout::OutIn => (n, k),
        };
        let [a_stride, b_stride, out_stride] = [k, columns, n].map(|columns| columns + below(9));
        // The first elements are left out, so that rows begin at every offset within a vector.
        let [a_skip, b_skip, out_skip] = [below(16), below(16), below(16)];
        let a = noise(case, a_skip + m * a_stride);
        let b = noise(case + 1, b_skip + rows * b_stride);
        let (a, b) = (
            View::new(&a[a_skip..], m, k, a_stride),
            View::new(&b[b_skip..], rows, columns, b_stride),
        );
        let weight = |p: usize, j: usize| match layout {
            Layout::InOut => b.row(p)[j],
            Layout::OutIn => b.row(j)[p],
        };
        for (isa, kernel) in Isa::available()
            .into_iter()
            .flat_map(|isa| MatMul::ALL.iter().map(move |kernel| (isa, kernel)))
        {
            let product = Product::new(*kernel, isa.level().unwrap());
            let pool = &pools[below(2)];
            let mut out = vec![9.0; out_skip + m * out_stride];
            product.run(
                a,
                b,
                layout,
                ViewMut::new(&mut out[out_skip..], m, n, out_stride),
                pool,
            );
            let place = format!("case {case}, {kernel} {isa} [{m}, {k}] x [{k}, {n}], {layout:?}");
            for (at, got) in out.iter().enumerate() {
                let (i, j) = match at.checked_sub(out_skip) {
                    Some(at) => (at / out_stride, at % out_stride),
                    None => (0, n),
                };
                if j >= n {
                    assert_eq!(*got, 9.0, "{place}: it wrote between the rows");
                    continue;
                }
                let terms = (0..k).map(|p| f64::from(a.row(i)[p]) * f64::from(weight(p, j)));
                let (want, size) = terms.fold((0.0, 0.0), |(sum, size), term| {
                    (sum + term, size + term.abs())
                });
                assert!(
                    (f64::from(*got) - want).abs() <= 2e-6 * size + 1e-6,
                    "{place}: element [{i}, {j}] is {got}, not {want}"
                );
            }
        }
    }
}
