//! The portable instruction set: arrays of four f32 that any compiler turns into its baseline vectors.

use super::Simd;

/// Four f32 in whatever registers the target always has.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

const LANES: usize = 4;

/// Whether a fused multiply-add is an instruction here; elsewhere it would be a slow library call.
const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

macro_rules! lane_by_lane {
    ($($i:ident),* => $value:expr) => {{
        let mut out = [0.0f32; LANES];
        let mut lane = 0;
        while lane < LANES {
            $(let $i = $i[lane];)*
            out[lane] = $value;
            lane += 1;
        }
        out
    }};
}

impl Simd for Plain {
    type F = [f32; LANES];
    type I = [i32; LANES];
    type Q = [i32; 4];

    const LANES: usize = LANES;
    const TILE_ROWS: usize = 4;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::F {
        [x; LANES]
    }

    #[inline(always)]
    unsafe fn load_ptr(self, source: *const f32) -> Self::F {
        // SAFETY: readable for LANES f32 by the caller's promise; an array of f32 needs no more.
        unsafe { source.cast::<Self::F>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store_ptr(self, target: *mut f32, value: Self::F) {
        // SAFETY: writable for LANES f32 by the caller's promise.
        unsafe { target.cast::<Self::F>().write_unaligned(value) }
    }

    #[inline(always)]
    unsafe fn load_part_ptr(self, source: *const f32, count: usize, fill: f32) -> Self::F {
        let mut out = [fill; LANES];
        for lane in 0..count.min(LANES) {
            // SAFETY: readable for `count` f32 by the caller's promise.
            out[lane] = unsafe { *source.add(lane) };
        }
        out
    }

    #[inline(always)]
    unsafe fn store_part_ptr(self, target: *mut f32, count: usize, value: Self::F) {
        for lane in 0..count.min(LANES) {
            // SAFETY: writable for `count` f32 by the caller's promise.
            unsafe { *target.add(lane) = value[lane] };
        }
    }

    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        lane_by_lane!(a, b => a + b)
    }

    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        lane_by_lane!(a, b => a - b)
    }

    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        lane_by_lane!(a, b => a * b)
    }

    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        lane_by_lane!(a, b => a / b)
    }

    #[inline(always)]
    fn mul_add(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        if FUSED { lane_by_lane!(a, b, c => a.mul_add(b, c)) } else { lane_by_lane!(a, b, c => a * b + c) }
    }

    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        lane_by_lane!(a, b => if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        lane_by_lane!(a, b => if a < b { a } else { b })
    }

    #[inline(always)]
    fn round(self, a: Self::F) -> Self::F {
        // Adding and taking away 1.5 * 2^23 leaves no room for a fraction; exact for |a| < 2^22, and the lanes
        // that are larger have no fraction worth rounding (beyond 2^23 none at all).
        const MAGIC: f32 = 12_582_912.0;
        lane_by_lane!(a => if a.abs() < 4_194_304.0 { (a + MAGIC) - MAGIC } else { a.round_ties_even() })
    }

    #[inline(always)]
    fn exp2_integral(self, n: Self::F) -> Self::F {
        lane_by_lane!(n => f32::from_bits((((n as i32) + 127) as u32) << 23))
    }

    #[inline(always)]
    fn select_less(self, a: Self::F, b: Self::F, yes: Self::F, no: Self::F) -> Self::F {
        lane_by_lane!(a, b, yes, no => if a < b { yes } else { no })
    }

    #[inline(always)]
    fn reduce_add(self, a: Self::F) -> f32 {
        (a[0] + a[2]) + (a[1] + a[3])
    }

    #[inline(always)]
    fn reduce_max(self, a: Self::F) -> f32 {
        a[0].max(a[2]).max(a[1].max(a[3]))
    }

    #[inline(always)]
    unsafe fn load_bf16_pairs(self, source: *const u16) -> (Self::F, Self::F) {
        // SAFETY: readable for 2 * LANES values by the caller's promise.
        let pairs = unsafe { source.cast::<[[u16; 2]; LANES]>().read_unaligned() };
        let widen = |half: u16| f32::from_bits(u32::from(half) << 16);
        (lane_by_lane!(pairs => widen(pairs[0])), lane_by_lane!(pairs => widen(pairs[1])))
    }

    #[inline(always)]
    fn zero_i32(self) -> Self::I {
        [0; LANES]
    }

    #[inline(always)]
    unsafe fn load_i8_quads(self, source: *const i8) -> Self::I {
        // SAFETY: readable for 4 * LANES values by the caller's promise.
        unsafe { source.cast::<Self::I>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_i8_quad(self, quad: *const i8) -> Self::Q {
        // SAFETY: readable for 4 values by the caller's promise.
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

    #[inline(always)]
    fn split_i8_quads(self, quads: Self::I) -> (Self::I, Self::I) {
        // The two i16 of a lane, the first in its lower half.
        let pair = |first: i32, second: i32| (second << 16) | (first & 0xffff);
        let byte = |quad: i32, i: usize| i32::from(quad.to_ne_bytes()[i] as i8);
        (quads.map(|quad| pair(byte(quad, 0), byte(quad, 2))), quads.map(|quad| pair(byte(quad, 1), byte(quad, 3))))
    }

    #[inline(always)]
    fn dot_i16(self, a: Self::I, b: Self::I, sum: Self::I) -> Self::I {
        let mut out = sum;
        for lane in 0..LANES {
            let (a, b) = (a[lane], b[lane]);
            out[lane] += i32::from(a as i16) * i32::from(b as i16) + (a >> 16) * (b >> 16);
        }
        out
    }

    #[inline(always)]
    unsafe fn load_i32(self, source: *const i32) -> Self::I {
        // SAFETY: readable for LANES values by the caller's promise.
        unsafe { source.cast::<Self::I>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_i32(self, source: *const i32) -> Self::I {
        // SAFETY: readable by the caller's promise.
        [unsafe { source.read_unaligned() }; LANES]
    }

    #[inline(always)]
    unsafe fn store_i32(self, target: *mut i32, value: Self::I) {
        // SAFETY: writable for LANES values by the caller's promise.
        unsafe { target.cast::<Self::I>().write_unaligned(value) }
    }

    #[inline(always)]
    fn i32_to_f32(self, a: Self::I) -> Self::F {
        lane_by_lane!(a => a as f32)
    }

    #[inline(always)]
    unsafe fn store_as_i8(self, target: *mut i8, value: Self::F) {
        let rounded = self.round(value);
        for lane in 0..LANES {
            // SAFETY: writable for LANES values by the caller's promise.
            unsafe { *target.add(lane) = rounded[lane] as i8 };
        }
    }

    #[inline(always)]
    fn prefetch(self, _address: *const u8) {}

    #[inline(always)]
    fn prefetch_far(self, _address: *const u8) {}
}
