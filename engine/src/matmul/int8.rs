//! int8 arithmetic: weights and inputs are rounded to 8 bits, and the sums over a block of inputs are exact integers.
//!
//! Weights have one scale per output and block of inputs, inputs one per row and block. Scales per block are more
//! accurate than one scale for all inputs and cost `4 / BLOCK` bytes per weight. Products are computed in integers: if
//! weights in the last-level cache were widened to f32, the conversion would limit the speed instead of the cache.

use crate::simd::{Kernel, Level, SimdInt8};

/// Number of consecutive inputs that share a scale.
pub(super) const BLOCK: usize = 128;

/// The scale of a block, which maps its largest magnitude to 127. A block of zeros has the scale 0.
pub(super) fn scale_of(block: impl Iterator<Item = f32>) -> f32 {
    block.fold(0.0f32, |largest, weight| largest.max(weight.abs())) / 127.0
}

/// The integer nearest to `weight / scale`, ties away from zero.
pub(super) fn quantize(weight: f32, scale: f32) -> i8 {
    if scale == 0.0 {
        0
    } else {
        (weight / scale).round().clamp(-127.0, 127.0) as i8
    }
}

/// Rounds a block of inputs (at most [`BLOCK`]) and returns its scale; `out` is as long as `inputs`.
pub(super) fn round_inputs(inputs: &[f32], out: &mut [i8]) -> f32 {
    let largest = inputs
        .iter()
        .fold(0.0f32, |largest, x| largest.max(x.abs()));
    let inverse = inverse_scale(largest);
    for (x, out) in inputs.iter().zip(out) {
        *out = (x * inverse).round_ties_even() as i8;
    }
    largest / 127.0
}

fn inverse_scale(largest: f32) -> f32 {
    if largest > 0.0 { 127.0 / largest } else { 0.0 }
}

/// Capacity of a [`Rounded`] row, in inputs.
pub(super) const INPUTS: usize = 32 * BLOCK;

/// Inputs of a row, rounded to 8 bits, on the stack.
pub(super) struct Rounded {
    /// Has room for one more register of the widest instruction set, so that whole registers can be stored.
    values: [i8; INPUTS + 16],
    scales: [f32; INPUTS / BLOCK],
}

impl Rounded {
    /// Rounds at most [`INPUTS`] inputs, each block as [`round_inputs`] does; up to three values after the last one are
    /// zero.
    pub(super) fn new(level: Level, x: &[f32]) -> Self {
        let mut rounded = Rounded {
            values: [0; INPUTS + 16],
            scales: [0.0; INPUTS / BLOCK],
        };
        assert!(x.len() <= INPUTS);
        // SAFETY: there is room for the inputs, one more register, and a scale per block.
        level.run(unsafe {
            Round::new(x, rounded.values.as_mut_ptr(), rounded.scales.as_mut_ptr())
        });
        rounded
    }

    pub(super) fn values(&self) -> *const i8 {
        self.values.as_ptr()
    }

    pub(super) fn scales(&self) -> &[f32] {
        &self.scales
    }
}

/// [`round_inputs`] for every block of a row, with vector instructions.
pub(super) struct Round<'a> {
    x: &'a [f32],
    values: *mut i8,
    scales: *mut f32,
}

impl<'a> Round<'a> {
    /// # Safety
    /// `values` must be writable for 16 elements more than `x` has, `scales` for an element per block of it.
    pub(super) unsafe fn new(x: &'a [f32], values: *mut i8, scales: *mut f32) -> Self {
        Round { x, values, scales }
    }
}

impl Kernel for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: SimdInt8>(self, simd: S) {
        for (block, inputs) in self.x.chunks(BLOCK).enumerate() {
            let mut largest = simd.splat(0.0);
            for part in inputs.chunks(S::LANES) {
                let values = simd.load_part(part, 0.0);
                largest = simd.max(largest, simd.max(values, simd.sub(simd.splat(0.0), values)));
            }
            let largest = simd.reduce_max(largest);
            let inverse = simd.splat(inverse_scale(largest));
            // SAFETY: `new` requires the room; a register that begins within the inputs ends at most 16 elements after
            // them.
            unsafe {
                *self.scales.add(block) = largest / 127.0;
                for (index, part) in inputs.chunks(S::LANES).enumerate() {
                    let target = self.values.add(block * BLOCK + index * S::LANES);
                    simd.store_as_i8(target, simd.mul(simd.load_part(part, 0.0), inverse));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_off_by_half_a_step_at_most() {
        let block: Vec<f32> = (0..BLOCK)
            .map(|i| ((i * 37 % 101) as f32 - 50.0) / 33.0)
            .collect();
        let scale = scale_of(block.iter().copied());
        for weight in block {
            let back = f32::from(quantize(weight, scale)) * scale;
            assert!(
                (back - weight).abs() <= scale * 0.5001,
                "{weight} became {back}"
            );
        }
    }

    #[test]
    fn a_block_of_zeros_stays_zero() {
        let scale = scale_of([0.0; 3].into_iter());
        assert_eq!((scale, quantize(0.0, scale)), (0.0, 0));
    }

    #[test]
    fn inputs_are_rounded_alike_by_every_instruction_set() {
        for len in [1, 3, 64, 127, 128, 129, 300] {
            let x: Vec<f32> = (0..len)
                .map(|i| ((i * 37 % 101) as f32 - 50.0) / 33.0)
                .collect();
            let mut values = vec![0; len];
            let mut scales = Vec::new();
            for (x, out) in x.chunks(BLOCK).zip(values.chunks_mut(BLOCK)) {
                scales.push(round_inputs(x, out));
            }
            for level in crate::oracle::levels() {
                let rounded = Rounded::new(level, &x);
                assert_eq!(rounded.values[..len], values, "{}", level.isa());
                assert_eq!(
                    rounded.values[len..len.next_multiple_of(4)],
                    [0; 3][..len.next_multiple_of(4) - len]
                );
                assert_eq!(rounded.scales[..scales.len()], scales, "{}", level.isa());
            }
        }
    }
}
