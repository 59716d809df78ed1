//! Residual and position additions, and other elementwise operations for the kernel workloads.

mod scalar;
mod vector;

use self::vector::{Add, Elementwise, Multiply};
use crate::simd::Level;
use crate::variant::Residual as Choice;

/// Elementwise addition and multiplication in the chosen implementation.
#[derive(Clone, Copy, Debug)]
pub struct Residual {
    choice: Choice,
    level: Level,
}

impl Residual {
    /// The implementation `choice`; `level` serves those that use vector instructions. As an operation of its
    /// own, `fused` is the same as `simd`; the matrix product or the lookup before it does the fusing.
    pub fn new(choice: Choice, level: Level) -> Self {
        Self { choice, level }
    }

    /// Returns true if the implementation uses vector instructions.
    pub fn is_simd(&self) -> bool {
        self.choice != Choice::Scalar
    }

    /// `out = a + b`, element by element.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    pub fn add(&self, a: &[f32], b: &[f32], out: &mut [f32]) {
        assert!(
            a.len() == b.len() && a.len() == out.len(),
            "add: lengths differ"
        );
        match self.choice {
            Choice::Scalar => scalar::add(a, b, out),
            Choice::Simd | Choice::Fused => self.level.run(Elementwise::<Add>::new(a, b, out)),
        }
    }

    /// `out += a`, element by element.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    pub fn add_to(&self, a: &[f32], out: &mut [f32]) {
        assert_eq!(a.len(), out.len(), "add_to: lengths differ");
        match self.choice {
            Choice::Scalar => scalar::add_to(a, out),
            Choice::Simd | Choice::Fused => self.level.run(Elementwise::<Add>::in_place(a, out)),
        }
    }

    /// `out = a * b`, element by element.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    pub fn multiply(&self, a: &[f32], b: &[f32], out: &mut [f32]) {
        assert!(
            a.len() == b.len() && a.len() == out.len(),
            "multiply: lengths differ"
        );
        match self.choice {
            Choice::Scalar => scalar::multiply(a, b, out),
            Choice::Simd | Choice::Fused => self.level.run(Elementwise::<Multiply>::new(a, b, out)),
        }
    }

    /// `out[t, :] = a[t, :] + row`; `a` and `out` are `[T, C]`, `row` is `[C]`.
    ///
    /// # Panics
    /// Panics if the lengths do not match.
    pub fn broadcast_add(&self, a: &[f32], row: &[f32], out: &mut [f32]) {
        assert!(
            !row.is_empty() && a.len() == out.len() && a.len().is_multiple_of(row.len()),
            "broadcast_add: a {}, row {}, out {}",
            a.len(),
            row.len(),
            out.len()
        );
        for (a, out) in a.chunks(row.len()).zip(out.chunks_mut(row.len())) {
            self.add(a, row, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{AWKWARD, Draw, assert_close, levels, values, written_only_within};

    #[test]
    fn every_implementation_agrees_with_f64() {
        for count in AWKWARD {
            let (a, b) = (
                values(1, 2 * count, 0.0, 2.0),
                values(2, 2 * count, 1.0, 1.0),
            );
            let exact = |f: fn(f64, f64) -> f64, b: &[f32]| -> Vec<f64> {
                let pairs = a.iter().zip(b.iter().cycle());
                pairs.map(|(&a, &b)| f(a.into(), b.into())).collect()
            };
            for level in levels() {
                for &choice in Choice::ALL {
                    let kernel = Residual::new(choice, level);
                    let mut out = vec![f32::NAN; a.len()];
                    let what = format!("{choice} {} {count}", level.isa());
                    kernel.add(&a, &b, &mut out);
                    assert_close(&out, &exact(|a, b| a + b, &b), 1e-6, &what);
                    out.copy_from_slice(&a);
                    kernel.add_to(&b, &mut out);
                    assert_close(&out, &exact(|a, b| a + b, &b), 1e-6, &what);
                    kernel.multiply(&a, &b, &mut out);
                    assert_close(&out, &exact(|a, b| a * b, &b), 1e-6, &what);
                    kernel.broadcast_add(&a, &b[..count], &mut out);
                    assert_close(&out, &exact(|a, b| a + b, &b[..count]), 1e-6, &what);
                }
            }
        }
    }

    #[test]
    fn random_shapes_and_alignments_agree_with_f64() {
        let mut draw = Draw::new(44);
        for case in 0..100 {
            let (rows, count) = (1 + draw.below(3), 1 + draw.below(300));
            let (a, a_skip) = draw.shifted(rows * count, 0.0, 2.0);
            let (b, b_skip) = draw.shifted(rows * count, 1.0, 1.0);
            let (a, b) = (&a[a_skip..], &b[b_skip..]);
            let exact = |f: fn(f64, f64) -> f64, b: &[f32]| -> Vec<f64> {
                let pairs = a.iter().zip(b.iter().cycle());
                pairs.map(|(&a, &b)| f(a.into(), b.into())).collect()
            };
            let offset = draw.offset();
            for level in levels() {
                for &choice in Choice::ALL {
                    let kernel = Residual::new(choice, level);
                    let what = format!("case {case}, {choice} {} {rows}x{count}", level.isa());
                    let within = |run: &dyn Fn(&mut [f32])| {
                        written_only_within(a.len(), offset, &what, |out| run(out))
                    };
                    let sum = exact(|a, b| a + b, b);
                    assert_close(&within(&|out| kernel.add(a, b, out)), &sum, 1e-6, &what);
                    let added = within(&|out| {
                        out.copy_from_slice(a);
                        kernel.add_to(b, out);
                    });
                    assert_close(&added, &sum, 1e-6, &what);
                    let product = exact(|a, b| a * b, b);
                    assert_close(
                        &within(&|out| kernel.multiply(a, b, out)),
                        &product,
                        1e-6,
                        &what,
                    );
                    let row = &b[..count];
                    let sum = exact(|a, b| a + b, row);
                    let out = within(&|out| kernel.broadcast_add(a, row, out));
                    assert_close(&out, &sum, 1e-6, &what);
                }
            }
        }
    }
}
