//! Softmax over rows: `exp(x - max) / sum(exp(x - max))`, where the maximum keeps the exponentials finite.

mod fused_simd;

mod three_loops;
pub(crate) mod vector;

use crate::simd::Level;
use crate::variant::Softmax as Choice;

/// Softmax in the chosen implementation.
#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    choice: Choice,
    level: Level,
}

impl Softmax {
    /// The implementation `choice`; `level` serves those that use vector instructions.
    pub fn new(choice: Choice, level: Level) -> Self {
        Self { choice, level }
    }

    /// The softmax of every row of `x` into `out`, both `[T, columns]`. A score of minus infinity gets weight 0; a row
    /// needs at least one finite score.
    ///
    /// # Panics
    /// Panics if the lengths do not match.
    pub fn run(&self, x: &[f32], columns: usize, out: &mut [f32]) {
        assert!(
            columns > 0 && x.len() == out.len() && x.len().is_multiple_of(columns),
            "softmax: x {}, columns {columns}, out {}",
            x.len(),
            out.len()
        );
        match self.choice {
            Choice::ThreeLoops => three_loops::run(x, columns, out),
            Choice::FusedSimd => self.level.run(fused_simd::FusedSimd { x, columns, out }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{
        self, AWKWARD, Draw, SOFTMAXES, assert_close, levels, values, written_only_within,
    };

    #[test]
    fn every_implementation_agrees_with_f64_and_sums_to_one() {
        for columns in AWKWARD.into_iter().chain([256, 1024, 2048]) {
            for scale in [1.0, 30.0, 200.0] {
                let mut x = values(columns as u64, 2 * columns, 5.0, scale);
                if columns > 2 {
                    x[1] = f32::NEG_INFINITY;
                }
                let expected: Vec<f64> = x
                    .chunks(columns)
                    .flat_map(|row| {
                        oracle::softmax(&row.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
                    })
                    .collect();
                for level in levels() {
                    for &choice in SOFTMAXES {
                        let what = format!("{choice} {} {columns} x{scale}", level.isa());
                        let mut out = vec![f32::NAN; x.len()];
                        Softmax::new(choice, level).run(&x, columns, &mut out);
                        assert_close(&out, &expected, 2e-6, &what);
                        let sum: f64 = out[..columns].iter().map(|&p| f64::from(p)).sum();
                        assert!((sum - 1.0).abs() < 1e-5, "{what}: sums to {sum}");
                        assert!(columns <= 2 || out[1] == 0.0, "{what}");
                    }
                }
            }
        }
    }

    #[test]
    fn random_shapes_and_alignments_agree_with_f64() {
        let mut draw = Draw::new(41);
        for case in 0..60 {
            let (rows, columns) = (1 + draw.below(4), 1 + draw.below(300));
            let scale = [0.1, 1.0, 50.0][draw.below(3)];
            let (x, skip) = draw.shifted(rows * columns, 3.0, scale);
            let x = &x[skip..];
            let row = |row: &[f32]| row.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
            let expected = x.chunks(columns).flat_map(|one| oracle::softmax(&row(one)));
            let expected: Vec<f64> = expected.collect();
            let offset = draw.offset();
            for level in levels() {
                for &choice in SOFTMAXES {
                    let what = format!("case {case}, {choice} {} {rows}x{columns}", level.isa());
                    let out = written_only_within(x.len(), offset, &what, |out| {
                        Softmax::new(choice, level).run(x, columns, out);
                    });
                    assert_close(&out, &expected, 2e-6, &what);
                }
            }
        }
    }
}
