//! Rounding weights to int8: one scale per output and block of inputs.
//!
//! A block scale follows the weights more closely than one scale per output, and costs `4 / BLOCK` bytes a weight.

/// How many consecutive inputs share a scale.
pub(super) const BLOCK: usize = 128;

/// The scale of a block: its largest magnitude becomes 127. A block of zeros gets the scale 0.
pub(super) fn scale_of(block: impl Iterator<Item = f32>) -> f32 {
    block.fold(0.0f32, |largest, weight| largest.max(weight.abs())) / 127.0
}

/// The integer nearest to `weight / scale`, ties away from zero.
pub(super) fn quantize(weight: f32, scale: f32) -> i8 {
    if scale == 0.0 { 0 } else { (weight / scale).round().clamp(-127.0, 127.0) as i8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_off_by_half_a_step_at_most() {
        let block: Vec<f32> = (0..BLOCK).map(|i| ((i * 37 % 101) as f32 - 50.0) / 33.0).collect();
        let scale = scale_of(block.iter().copied());
        for weight in block {
            let back = f32::from(quantize(weight, scale)) * scale;
            assert!((back - weight).abs() <= scale * 0.5001, "{weight} became {back}");
        }
    }

    #[test]
    fn a_block_of_zeros_stays_zero() {
        let scale = scale_of([0.0; 3].into_iter());
        assert_eq!((scale, quantize(0.0, scale)), (0.0, 0));
    }
}
