//! AVX-512 (F, BW, DQ, VL, VNNI): sixteen f32 lanes.

use std::arch::x86_64::*;

use super::{Kernel, Simd};

/// The proof that the CPU has AVX-512 F, BW, DQ, VL and VNNI (and FMA and F16C, as every such CPU does).
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

/// Calls intrinsics of this instruction set. If they read or write memory, the caller guarantees that the pointers are
/// valid.
macro_rules! avx512 {
    ($value:expr) => {
        // SAFETY: a value of the type exists only where the CPU has the instructions; the caller guarantees that pointers
        // are valid.
        unsafe { $value }
    };
}
pub(super) use avx512;

impl Avx512 {
    /// Returns a value if the CPU has the instructions.
    pub fn new() -> Option<Self> {
        (is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c"))
        .then_some(Avx512(()))
    }

    /// Runs `kernel` in a function that may use the instructions.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` proves that the CPU has the instructions.
        unsafe { enter(kernel, self) }
    }

    #[inline(always)]
    fn mask(self, count: usize) -> __mmask16 {
        debug_assert!(count <= 16);
        ((1u32 << count) - 1) as __mmask16
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
fn enter<K: Kernel>(kernel: K, simd: Avx512) -> K::Output {
    kernel.run(simd)
}

impl Simd for Avx512 {
    type F = __m512;

    const LANES: usize = 16;
    const TILE_ROWS: usize = 12;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        avx512!(_mm512_set1_ps(x))
    }

    #[inline(always)]
    unsafe fn load_ptr(self, source: *const f32) -> __m512 {
        avx512!(_mm512_loadu_ps(source))
    }

    #[inline(always)]
    unsafe fn store_ptr(self, target: *mut f32, value: __m512) {
        avx512!(_mm512_storeu_ps(target, value))
    }

    #[inline(always)]
    unsafe fn load_part_ptr(self, source: *const f32, count: usize, fill: f32) -> __m512 {
        avx512!(_mm512_mask_loadu_ps(
            _mm512_set1_ps(fill),
            self.mask(count),
            source
        ))
    }

    #[inline(always)]
    unsafe fn store_part_ptr(self, target: *mut f32, count: usize, value: __m512) {
        avx512!(_mm512_mask_storeu_ps(target, self.mask(count), value))
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        avx512!(_mm512_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        avx512!(_mm512_sub_ps(a, b))
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        avx512!(_mm512_mul_ps(a, b))
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        avx512!(_mm512_div_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        avx512!(_mm512_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        avx512!(_mm512_max_ps(a, b))
    }

    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        avx512!(_mm512_min_ps(a, b))
    }

    #[inline(always)]
    fn round(self, a: __m512) -> __m512 {
        avx512!(_mm512_roundscale_ps::<
            { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
        >(a))
    }

    #[inline(always)]
    fn exp2_integral(self, n: __m512) -> __m512 {
        avx512!({
            let exponent = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(exponent))
        })
    }

    #[inline(always)]
    fn select_less(self, a: __m512, b: __m512, yes: __m512, no: __m512) -> __m512 {
        avx512!(_mm512_mask_blend_ps(
            _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b),
            no,
            yes
        ))
    }

    #[inline(always)]
    fn reduce_add(self, a: __m512) -> f32 {
        avx512!(_mm512_reduce_add_ps(a))
    }

    #[inline(always)]
    fn reduce_max(self, a: __m512) -> f32 {
        avx512!(_mm512_reduce_max_ps(a))
    }

    #[inline(always)]
    unsafe fn load_bf16_pairs(self, source: *const u16) -> (__m512, __m512) {
        avx512!({
            let pairs = _mm512_loadu_si512(source.cast());
            let first = _mm512_slli_epi32::<16>(pairs);
            let second = _mm512_and_si512(pairs, _mm512_set1_epi32(0xffff_0000_u32 as i32));
            (_mm512_castsi512_ps(first), _mm512_castsi512_ps(second))
        })
    }

    #[inline(always)]
    fn prefetch(self, address: *const u8) {
        avx512!(_mm_prefetch::<_MM_HINT_T0>(address.cast()))
    }

    #[inline(always)]
    fn prefetch_far(self, address: *const u8) {
        avx512!(_mm_prefetch::<_MM_HINT_T1>(address.cast()))
    }
}
