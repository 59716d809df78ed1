//! The portable instruction set: arrays of four i32.

use super::SimdInt8;
use crate::simd::Simd;
use crate::simd::plain::{LANES, Plain, lane_by_lane};

impl SimdInt8 for Plain {
    type I = [i32; LANES];
    type Q = [i32; 4];

    const OPERANDS: usize = 2;
    const WEIGHT_OFFSET: i32 = 0;

    #[inline(always)]
    fn zero_i32(self) -> Self::I {
        [0; LANES]
    }

    #[inline(always)]
    unsafe fn load_i8_quads(self, source: *const i8) -> Self::I {
        // SAFETY: readable for 4 * LANES values by the caller's contract.
        unsafe { source.cast::<Self::I>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_i8_quad(self, quad: *const i8) -> Self::Q {
        // SAFETY: readable for 4 values by the caller's contract.
        unsafe { quad.cast::<[i8; 4]>().read_unaligned() }.map(i32::from)
    }

    #[inline(always)]
    fn dot_i8(self, weights: Self::I, quad: Self::Q, sum: Self::I) -> Self::I {
        let mut out = sum;
        for lane in 0..LANES {
            let values = weights[lane].to_ne_bytes();
            for i in 0..4 {
                out[lane] += i32::from(values[i] as i8) * quad[i];
            }
        }
        out
    }

    /// The first and third weight of each lane, and the second and fourth, widened to two i16 a lane.
    #[inline(always)]
    fn weight_operands(self, quads: Self::I) -> [Self::I; 2] {
        // A lane contains two i16, the first in its lower half.
        let pair = |first: i32, second: i32| (second << 16) | (first & 0xffff);
        let byte = |quad: i32, i: usize| i32::from(quad.to_ne_bytes()[i] as i8);
        [
            quads.map(|quad| pair(byte(quad, 0), byte(quad, 2))),
            quads.map(|quad| pair(byte(quad, 1), byte(quad, 3))),
        ]
    }

    #[inline(always)]
    fn input_operands(self, quads: Self::I) -> [Self::I; 2] {
        self.weight_operands(quads)
    }

    #[inline(always)]
    fn dot_operands(self, weights: Self::I, inputs: Self::I, sum: Self::I) -> Self::I {
        let mut out = sum;
        for lane in 0..LANES {
            let (a, b) = (weights[lane], inputs[lane]);
            out[lane] += i32::from(a as i16) * i32::from(b as i16) + (a >> 16) * (b >> 16);
        }
        out
    }

    #[inline(always)]
    fn set_i32(self, value: i32) -> Self::I {
        [value; LANES]
    }

    #[inline(always)]
    unsafe fn load_i32(self, source: *const i32) -> Self::I {
        // SAFETY: readable for LANES values by the caller's contract.
        unsafe { source.cast::<Self::I>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_i32(self, source: *const i32) -> Self::I {
        // SAFETY: readable by the caller's contract.
        [unsafe { source.read_unaligned() }; LANES]
    }

    #[inline(always)]
    unsafe fn store_i32(self, target: *mut i32, value: Self::I) {
        // SAFETY: writable for LANES values by the caller's contract.
        unsafe { target.cast::<Self::I>().write_unaligned(value) }
    }

    #[inline(always)]
    fn i32_to_f32(self, a: Self::I) -> <Self as Simd>::F {
        lane_by_lane!(a => a as f32)
    }

    #[inline(always)]
    unsafe fn store_as_i8(self, target: *mut i8, value: <Self as Simd>::F) {
        let rounded = self.round(value);
        for lane in 0..LANES {
            // SAFETY: writable for LANES values by the caller's contract.
            unsafe { *target.add(lane) = rounded[lane] as i8 };
        }
    }
}
