//! The portable instruction set: arrays of four f32, which a compiler turns into vectors of the target's baseline.

use super::Simd;

/// The portable instruction set, which every CPU has.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

pub(super) const LANES: usize = 4;

/// True if the target has a fused multiply-add instruction; elsewhere it would be a slow library call.
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
pub(super) use lane_by_lane;

impl Simd for Plain {
    type F = [f32; LANES];

    const LANES: usize = LANES;
    const TILE_ROWS: usize = 4;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::F {
        [x; LANES]
    }

    #[inline(always)]
    unsafe fn load_ptr(self, source: *const f32) -> Self::F {
        // SAFETY: readable for LANES f32 by the caller's contract; an array of f32 needs no more.
        unsafe { source.cast::<Self::F>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store_ptr(self, target: *mut f32, value: Self::F) {
        // SAFETY: writable for LANES f32 by the caller's contract.
        unsafe { target.cast::<Self::F>().write_unaligned(value) }
    }

    #[inline(always)]
    unsafe fn load_part_ptr(self, source: *const f32, count: usize, fill: f32) -> Self::F {
        let mut out = [fill; LANES];
        for lane in 0..count.min(LANES) {
            // SAFETY: readable for `count` f32 by the caller's contract.
            out[lane] = unsafe { *source.add(lane) };
        }
        out
    }

    #[inline(always)]
    unsafe fn store_part_ptr(self, target: *mut f32, count: usize, value: Self::F) {
        for lane in 0..count.min(LANES) {
            // SAFETY: writable for `count` f32 by the caller's contract.
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
        if FUSED {
            lane_by_lane!(a, b, c => a.mul_add(b, c))
        } else {
            lane_by_lane!(a, b, c => a * b + c)
        }
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
        // Adding and subtracting 1.5 * 2^23 rounds to an integer, exactly for |a| < 2^22. Larger lanes use the library.
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
        // SAFETY: readable for 2 * LANES values by the caller's contract.
        let pairs = unsafe { source.cast::<[[u16; 2]; LANES]>().read_unaligned() };
        let widen = |half: u16| f32::from_bits(u32::from(half) << 16);
        (
            lane_by_lane!(pairs => widen(pairs[0])),
            lane_by_lane!(pairs => widen(pairs[1])),
        )
    }

    #[inline(always)]
    fn prefetch(self, _address: *const u8) {}

    #[inline(always)]
    fn prefetch_far(self, _address: *const u8) {}
}
