//! Test oracle of the kernels: inputs from a seed and comparison with values computed in f64.

use crate::random::SplitMix64;
use crate::simd::Level;
use crate::{Isa, variant};

/// Lengths around the vector widths (4, 8, 16 lanes and their unrolled multiples), to test remainders.
pub(crate) const AWKWARD: [usize; 16] = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 257];

/// `count` values in `[-scale, scale)` around `mean`.
pub(crate) fn values(seed: u64, count: usize, mean: f32, scale: f32) -> Vec<f32> {
    let mut random = SplitMix64::new(seed);
    (0..count)
        .map(|_| mean + scale * random.signed_unit())
        .collect()
}

/// Draws the shapes, strides and alignments of random cases.
pub(crate) struct Draw(SplitMix64);

/// Largest number of values that are left out before a buffer, so that it begins at every offset within a vector.
pub(crate) const LARGEST_OFFSET: usize = 16;

impl Draw {
    /// The draws of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end as u64) as usize
    }

    /// An offset of a buffer.
    pub(crate) fn offset(&mut self) -> usize {
        self.below(LARGEST_OFFSET)
    }

    /// `count` values in `[-scale, scale)` around `mean`, after some that are left out: the buffer and the offset.
    pub(crate) fn shifted(&mut self, count: usize, mean: f32, scale: f32) -> (Vec<f32>, usize) {
        let offset = self.offset();
        let seed = self.0.next_u64();
        (values(seed, offset + count, mean, scale), offset)
    }
}

/// Runs a kernel on an output that begins at an offset, and asserts that it writes nothing before or after it. Returns the
/// output.
pub(crate) fn written_only_within(
    count: usize,
    offset: usize,
    what: &str,
    run: impl FnOnce(&mut [f32]),
) -> Vec<f32> {
    const UNTOUCHED: f32 = 1234.5;
    let mut buffer = vec![UNTOUCHED; offset + count + LARGEST_OFFSET];
    run(&mut buffer[offset..offset + count]);
    let outside = buffer[..offset].iter().chain(&buffer[offset + count..]);
    assert!(
        outside.into_iter().all(|&value| value == UNTOUCHED),
        "{what}: it wrote outside of its output"
    );
    buffer[offset..offset + count].to_vec()
}

/// Every instruction set of this machine. Prints the others, so that the log shows what was not tested.
pub(crate) fn levels() -> Vec<Level> {
    Isa::ALL
        .into_iter()
        .filter_map(|isa| {
            let level = Level::new(isa);
            if level.is_none() {
                println!("not tested, this CPU lacks it: {isa}");
            }
            level
        })
        .collect()
}

/// Asserts `|found - expected| <= tolerance * max(1, |expected|)` everywhere.
pub(crate) fn assert_close(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(
            error <= tolerance * expected.abs().max(1.0),
            "{what}: element {i} is {found}, expected {expected}"
        );
    }
}

/// Softmax of the first `columns` scores, in f64.
pub(crate) fn softmax(scores: &[f64]) -> Vec<f64> {
    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponentials: Vec<f64> = scores.iter().map(|score| (score - max).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.iter().map(|e| e / sum).collect()
}

/// All softmax implementations.
pub(crate) const SOFTMAXES: &[variant::Softmax] = variant::Softmax::ALL;
