//! LayerNorm (Ba, Kiros and Hinton, arXiv:1607.06450): every row gets mean 0 and variance 1, then a gain and a bias.
//!
//! Time of one row on one AVX2 core (Zen 3, 3.2 GHz), best of 300 rounds:
//!
//! | C | three-pass | welford | welford-simd | two-pass-simd |
//! |---|---|---|---|---|
//! | 256 | 543 ns | 1411 ns | 164 ns | 116 ns |
//! | 768 | 1574 ns | 4154 ns | 388 ns | 235 ns |
//!
//! Welford's single pass reads memory once instead of twice, but a row is in the L1 cache after the first read, and the
//! recurrence is a chain of dependent divisions and additions. So the optimized phase uses two passes.

mod three_pass;
mod two_pass_simd;
mod vector;
mod welford;
mod welford_simd;

use self::vector::Normalise;
use crate::simd::Level;
use crate::variant::LayerNorm as Choice;

/// LayerNorm in the chosen implementation.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm {
    choice: Choice,
    level: Level,
}

impl LayerNorm {
    /// The implementation `choice`; `level` serves those that use vector instructions.
    pub fn new(choice: Choice, level: Level) -> Self {
        Self { choice, level }
    }

    /// Returns true if the implementation uses vector instructions.
    pub fn is_simd(&self) -> bool {
        matches!(self.choice, Choice::WelfordSimd | Choice::TwoPassSimd)
    }

    /// `out = (x - mean) / sqrt(variance + epsilon) * gain + bias` for every row; `x` and `out` are `[T, C]`, `gain`
    /// and `bias` are `[C]`. The variance is that of the population (divided by C).
    ///
    /// # Panics
    /// Panics if the lengths do not match.
    pub fn run(&self, x: &[f32], gain: &[f32], bias: &[f32], epsilon: f32, out: &mut [f32]) {
        let c = gain.len();
        assert!(
            c > 0 && bias.len() == c && x.len() == out.len() && x.len().is_multiple_of(c),
            "layer_norm: x {}, gain {c}, bias {}, out {}",
            x.len(),
            bias.len(),
            out.len()
        );
        let row = Rows {
            x,
            gain,
            bias,
            epsilon,
            out,
        };
        match self.choice {
            Choice::ThreePass => three_pass::run(row),
            Choice::Welford => welford::run(row),
            Choice::WelfordSimd => self.level.run(Normalise::<welford_simd::Welford>::new(row)),
            Choice::TwoPassSimd => self
                .level
                .run(Normalise::<two_pass_simd::TwoPass>::new(row)),
        }
    }
}

/// The arguments of [`LayerNorm::run`], checked.
struct Rows<'a> {
    x: &'a [f32],
    gain: &'a [f32],
    bias: &'a [f32],
    epsilon: f32,
    out: &'a mut [f32],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{AWKWARD, Draw, assert_close, levels, values, written_only_within};

    fn expected(x: &[f32], gain: &[f32], bias: &[f32], epsilon: f32) -> Vec<f64> {
        let c = gain.len();
        x.chunks(c)
            .flat_map(|row| {
                let row: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
                let mean = row.iter().sum::<f64>() / c as f64;
                let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / c as f64;
                let scale = 1.0 / (variance + f64::from(epsilon)).sqrt();
                (0..c)
                    .map(|j| (row[j] - mean) * scale * f64::from(gain[j]) + f64::from(bias[j]))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    fn check(rows: usize, c: usize, mean: f32, scale: f32, tolerance: f64) {
        let x = values(c as u64, rows * c, mean, scale);
        let gain = values(1, c, 1.0, 0.3);
        let bias = values(2, c, 0.0, 0.2);
        let expected = expected(&x, &gain, &bias, 1e-5);
        for level in levels() {
            for &choice in Choice::ALL {
                let mut out = vec![f32::NAN; x.len()];
                LayerNorm::new(choice, level).run(&x, &gain, &bias, 1e-5, &mut out);
                let what = format!("{choice} {} {rows}x{c} mean {mean}", level.isa());
                assert_close(&out, &expected, tolerance, &what);
            }
        }
    }

    #[test]
    fn every_implementation_agrees_with_f64() {
        for c in AWKWARD.into_iter().chain([128, 256, 768]) {
            check(3, c, 0.0, 1.0, 2e-5);
        }
    }

    /// A one-pass sum of squares would cancel: the mean is a thousand times the deviation.
    #[test]
    fn a_mean_that_dwarfs_the_deviation_does_no_harm() {
        for c in [64, 100, 768] {
            check(2, c, 1000.0, 1.0, 2e-3);
        }
    }

    /// Epsilon keeps a constant row finite.
    #[test]
    fn a_constant_row_becomes_the_bias() {
        for level in levels() {
            for &choice in Choice::ALL {
                let mut out = [f32::NAN; 19];
                let bias = [0.25; 19];
                LayerNorm::new(choice, level).run(&[3.0; 19], &[2.0; 19], &bias, 1e-5, &mut out);
                assert_close(&out, &[0.25; 19], 1e-5, choice.name());
            }
        }
    }

    #[test]
    fn random_shapes_and_alignments_agree_with_f64() {
        let mut draw = Draw::new(43);
        for case in 0..60 {
            let (rows, c) = (1 + draw.below(4), 2 + draw.below(400));
            let (x, skip) = draw.shifted(rows * c, 0.5, 2.0);
            let (gain, gain_skip) = draw.shifted(c, 1.0, 0.3);
            let (bias, bias_skip) = draw.shifted(c, 0.0, 0.2);
            let (x, gain, bias) = (&x[skip..], &gain[gain_skip..], &bias[bias_skip..]);
            let expected = expected(x, gain, bias, 1e-5);
            let offset = draw.offset();
            for level in levels() {
                for &choice in Choice::ALL {
                    let what = format!("case {case}, {choice} {} {rows}x{c}", level.isa());
                    let out = written_only_within(x.len(), offset, &what, |out| {
                        LayerNorm::new(choice, level).run(x, gain, bias, 1e-5, out);
                    });
                    assert_close(&out, &expected, 2e-5, &what);
                }
            }
        }
    }
}
