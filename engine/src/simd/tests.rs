//! The same tests for every instruction set, compared with scalar f64 arithmetic.

use super::{Kernel, Level, Simd, SimdInt8, exp, gelu_tanh, tanh};
use crate::isa::Isa;

/// Runs `body` with every instruction set of this CPU, and prints the others.
fn on_every_isa(body: impl Fn(Level)) {
    for isa in Isa::ALL {
        match Level::new(isa) {
            Some(level) => body(level),
            None => println!("not available here, not tested: {isa}"),
        }
    }
}

#[derive(Clone, Copy)]
enum Op {
    Exp,
    Tanh,
    Gelu,
    Round,
    Arithmetic,
    MaxWithOne,
    Exp2,
    SelectNegative,
}

/// Applies `op` to every element, the last ones through the partial loads and stores.
struct Map<'a>(Op, &'a mut [f32]);

impl Kernel for Map<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let mut at = 0;
        while at < self.1.len() {
            let x = simd.load_part(&self.1[at..], 0.5);
            let one = simd.splat(1.0);
            let y = match self.0 {
                Op::Exp => exp(simd, x),
                Op::Tanh => tanh(simd, x),
                Op::Gelu => gelu_tanh(simd, x),
                Op::Round => simd.round(x),
                Op::Arithmetic => simd.div(
                    simd.mul_add(x, x, one),
                    simd.sub(simd.splat(3.0), simd.mul(one, simd.add(x, x))),
                ),
                Op::MaxWithOne => simd.min(simd.max(x, one), simd.splat(8.0)),
                Op::Exp2 => simd.exp2_integral(x),
                Op::SelectNegative => simd.select_less(x, simd.splat(0.0), one, simd.splat(2.0)),
            };
            simd.store_part(&mut self.1[at..], y);
            at += S::LANES;
        }
    }
}

struct Reduce<'a>(&'a [f32]);

impl Kernel for Reduce<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> (f32, f32) {
        (
            simd.reduce_add(simd.load_part(self.0, 0.0)),
            simd.reduce_max(simd.load_part(self.0, f32::NEG_INFINITY)),
        )
    }
}

fn map(level: Level, op: Op, values: &[f32]) -> Vec<f32> {
    let mut out = values.to_vec();
    level.run(Map(op, &mut out));
    out
}

/// 4001 points from `-limit` to `limit`: no multiple of any register width.
fn grid(limit: f32) -> Vec<f32> {
    (-2000..=2000)
        .map(|i| i as f32 * (limit / 2000.0))
        .collect()
}

/// Compares with an f64 function: relative error where the result is not tiny, absolute below that.
fn assert_close(
    level: Level,
    what: &str,
    xs: &[f32],
    ys: &[f32],
    expected: impl Fn(f64) -> f64,
    relative: f64,
) {
    for (x, y) in xs.iter().zip(ys) {
        let want = expected(f64::from(*x));
        let error = (f64::from(*y) - want).abs();
        assert!(
            error <= relative * want.abs() + 1e-37,
            "{what} on {}: f({x}) = {y}, expected {want}",
            level.isa()
        );
    }
}

#[test]
fn exp_follows_the_f64_function_over_its_whole_range() {
    on_every_isa(|level| {
        for limit in [87.3, 1.0, 1e-3] {
            let xs = grid(limit);
            assert_close(
                level,
                "exp",
                &xs,
                &map(level, Op::Exp, &xs),
                f64::exp,
                2.5e-7,
            );
        }
    });
}

#[test]
fn exp_of_the_extremes() {
    on_every_isa(|level| {
        let out = map(
            level,
            Op::Exp,
            &[f32::NEG_INFINITY, -1e4, 0.0, 1e4, f32::NAN],
        );
        assert_eq!(out[..3], [0.0, 0.0, 1.0]);
        assert!(
            out[3].is_finite() && out[3] > 2e38 && out[4].is_nan(),
            "{out:?} on {}",
            level.isa()
        );
    });
}

#[test]
fn tanh_follows_the_f64_function_down_to_tiny_arguments() {
    on_every_isa(|level| {
        for limit in [20.0, 1.0, 1e-4] {
            let xs = grid(limit);
            assert_close(
                level,
                "tanh",
                &xs,
                &map(level, Op::Tanh, &xs),
                f64::tanh,
                5e-7,
            );
        }
        assert!(map(level, Op::Tanh, &[f32::NAN])[0].is_nan());
    });
}

#[test]
fn gelu_follows_the_f64_formula() {
    on_every_isa(|level| {
        let xs = grid(12.0);
        for (x, y) in xs.iter().zip(map(level, Op::Gelu, &xs)) {
            let x = f64::from(*x);
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
            let want = 0.5 * x * (1.0 + inner.tanh());
            let error = (f64::from(y) - want).abs();
            assert!(
                error <= 1e-6 * x.abs().max(1e-3),
                "gelu({x}) = {y}, expected {want} on {}",
                level.isa()
            );
        }
    });
}

#[test]
fn arithmetic_is_that_of_f32() {
    on_every_isa(|level| {
        let xs = grid(1.4);
        let out = map(level, Op::Arithmetic, &xs);
        assert_close(
            level,
            "(x^2 + 1) / (3 - 2x)",
            &xs,
            &out,
            |x| (x * x + 1.0) / (3.0 - 2.0 * x),
            1e-6,
        );
        let clamped = map(level, Op::MaxWithOne, &[-3.0, 1.5, 9.0]);
        assert_eq!(clamped, [1.0, 1.5, 8.0]);
        assert_eq!(
            map(level, Op::SelectNegative, &[-1.0, 0.0, 1.0, f32::NAN]),
            [1.0, 2.0, 2.0, 2.0]
        );
    });
}

#[test]
fn rounding_takes_ties_to_even_and_powers_of_two_are_exact() {
    on_every_isa(|level| {
        let out = map(level, Op::Round, &[0.5, 1.5, -2.5, 2.4999, -0.2, 1e9]);
        assert_eq!(out, [0.0, 2.0, -2.0, 2.0, 0.0, 1e9]);
        let powers = map(level, Op::Exp2, &[-126.0, -1.0, 0.0, 127.0]);
        assert_eq!(powers, [2f32.powi(-126), 0.5, 1.0, 2f32.powi(127)]);
    });
}

#[test]
fn reductions_cover_exactly_the_lanes_given() {
    on_every_isa(|level| {
        for count in 1..=level.lanes() {
            let values: Vec<f32> = (0..count).map(|i| i as f32 - 3.0).collect();
            let sum: f32 = values.iter().sum();
            assert_eq!(
                level.run(Reduce(&values)),
                (sum, count as f32 - 4.0),
                "{count} lanes on {}",
                level.isa()
            );
        }
    });
}

#[test]
fn partial_stores_touch_nothing_behind_them() {
    on_every_isa(|level| {
        for count in 0..=level.lanes() {
            let mut values = vec![-7.0; level.lanes() + 1];
            level.run(Map(Op::Exp, &mut values[..count]));
            assert!(
                values[count..].iter().all(|v| *v == -7.0),
                "{count} lanes on {}",
                level.isa()
            );
        }
    });
}

/// Inputs of products of bytes, with their extremes.
const QUADS: [[i8; 4]; 5] = [
    [127; 4],
    [-127; 4],
    [127, -127, 127, -127],
    [0, 3, -4, 127],
    [-1, 0, 1, 0],
];

/// Sums of products of bytes, with the extremes of a sum of two products in 16 bits.
struct Dot<'a> {
    weights: &'a [i8],
    quad: [i8; 4],
}

impl Kernel for Dot<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) -> Vec<f32> {
        let mut out = vec![0.0; S::LANES];
        assert!(self.weights.len() >= 4 * S::LANES);
        // SAFETY: the length was just checked.
        let (weights, quad) = unsafe {
            (
                simd.load_i8_quads(self.weights.as_ptr()),
                simd.splat_i8_quad(self.quad.as_ptr()),
            )
        };
        let once = simd.dot_i8(weights, quad, simd.zero_i32());
        simd.store(&mut out, simd.i32_to_f32(simd.dot_i8(weights, quad, once)));
        out
    }
}

#[test]
fn products_of_bytes_are_exact_up_to_their_extremes() {
    let weights: Vec<i8> = (0..64)
        .map(|i| [127, -127, 0, 1, -1, 93, -50][i % 7])
        .collect();
    on_every_isa(|level| {
        for quad in QUADS {
            let found = level.run(Dot {
                weights: &weights,
                quad,
            });
            for (lane, found) in found.into_iter().enumerate() {
                let pairs = weights[4 * lane..].iter().zip(quad);
                let expected: i32 = pairs.map(|(&w, x)| 2 * i32::from(w) * i32::from(x)).sum();
                assert_eq!(found, expected as f32, "{} {quad:?}", level.isa());
            }
        }
    });
}

/// Sums of products of bytes by way of operands, corrected by the offset of the weights.
struct DotOperands<'a> {
    weights: &'a [i8],
    quad: [i8; 4],
}

impl Kernel for DotOperands<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) -> Vec<f32> {
        let mut out = vec![0.0; S::LANES];
        assert!(self.weights.len() >= 4 * S::LANES);
        let inputs = self.quad.repeat(S::LANES);
        // SAFETY: the length was just checked, and the inputs have as many values.
        let [weights, inputs] =
            [self.weights, &inputs].map(|values| unsafe { simd.load_i8_quads(values.as_ptr()) });
        let sum: i32 = self.quad.iter().map(|&x| i32::from(x)).sum();
        let [weights, inputs] = [simd.weight_operands(weights), simd.input_operands(inputs)];
        let mut product = simd.set_i32(-S::WEIGHT_OFFSET * sum);
        for operand in 0..S::OPERANDS {
            product = simd.dot_operands(weights[operand], inputs[operand], product);
        }
        simd.store(&mut out, simd.i32_to_f32(product));
        out
    }
}

#[test]
fn products_of_operands_are_exact_up_to_their_extremes() {
    let weights: Vec<i8> = (0..64)
        .map(|i| [127, 127, 127, 127, -127, 0, 1, -1, 93, -50][i % 10])
        .collect();
    on_every_isa(|level| {
        for quad in QUADS {
            let found = level.run(DotOperands {
                weights: &weights,
                quad,
            });
            for (lane, found) in found.into_iter().enumerate() {
                let pairs = weights[4 * lane..].iter().zip(quad);
                let expected: i32 = pairs.map(|(&w, x)| i32::from(w) * i32::from(x)).sum();
                assert_eq!(found, expected as f32, "{} {quad:?}", level.isa());
            }
        }
    });
}
