//! GELU in its tanh form (Hendrycks and Gimpel, arXiv:1606.08415): `0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`.

mod scalar;
mod vector;

use crate::simd::Level;
use crate::variant::Gelu as Choice;

/// GELU in the chosen implementation.
#[derive(Clone, Copy, Debug)]
pub struct Gelu {
    choice: Choice,
    level: Level,
}

impl Gelu {
    /// The implementation `choice`; `level` serves those that use vector instructions. As an operation of its
    /// own, `fused` is the same as `simd`; the matrix product before it does the fusing.
    pub fn new(choice: Choice, level: Level) -> Self {
        Self { choice, level }
    }

    /// Returns true if the implementation uses vector instructions.
    pub fn is_simd(&self) -> bool {
        self.choice != Choice::Scalar
    }

    /// GELU of every element of `x` into `out`.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    pub fn run(&self, x: &[f32], out: &mut [f32]) {
        assert_eq!(x.len(), out.len(), "gelu: x and out differ in length");
        match self.choice {
            Choice::Scalar => scalar::run(x, out),
            Choice::Simd | Choice::Fused => self.level.run(vector::Vector { x, out }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{AWKWARD, Draw, assert_close, levels, values, written_only_within};

    fn expected(x: f32) -> f64 {
        let x = f64::from(x);
        let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
        0.5 * x * (1.0 + inner.tanh())
    }

    #[test]
    fn every_implementation_agrees_with_f64() {
        for count in AWKWARD.into_iter().chain([1000]) {
            for scale in [0.01, 1.0, 8.0] {
                let x = values(count as u64, count, 0.0, scale);
                let expected: Vec<f64> = x.iter().map(|&x| expected(x)).collect();
                for level in levels() {
                    for &choice in Choice::ALL {
                        let mut out = vec![f32::NAN; count];
                        Gelu::new(choice, level).run(&x, &mut out);
                        let what = format!("{choice} {} {count} x{scale}", level.isa());
                        assert_close(&out, &expected, 2e-6, &what);
                    }
                }
            }
        }
    }

    #[test]
    fn far_from_zero_it_is_the_identity_or_nothing() {
        for level in levels() {
            for &choice in Choice::ALL {
                let mut out = [f32::NAN; 5];
                let x = [-100.0, -20.0, 0.0, 20.0, 1e4];
                Gelu::new(choice, level).run(&x, &mut out);
                assert_close(&out, &[0.0, 0.0, 0.0, 20.0, 1e4], 1e-6, choice.name());
            }
        }
    }

    #[test]
    fn random_lengths_and_alignments_agree_with_f64() {
        let mut draw = Draw::new(42);
        for case in 0..100 {
            let count = 1 + draw.below(700);
            let scale = [0.001, 1.0, 12.0][draw.below(3)];
            let (x, skip) = draw.shifted(count, 0.0, scale);
            let x = &x[skip..];
            let expected: Vec<f64> = x.iter().map(|&x| expected(x)).collect();
            let offset = draw.offset();
            for level in levels() {
                for &choice in Choice::ALL {
                    let what = format!("case {case}, {choice} {} {count}", level.isa());
                    let out = written_only_within(count, offset, &what, |out| {
                        Gelu::new(choice, level).run(x, out);
                    });
                    assert_close(&out, &expected, 2e-6, &what);
                }
            }
        }
    }
}
