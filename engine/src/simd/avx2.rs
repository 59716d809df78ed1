//! AVX2 with FMA and F16C: eight f32 lanes.

use std::arch::x86_64::*;

use super::{Kernel, Simd};

/// The proof that the CPU has AVX2, FMA and F16C.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

/// Calls intrinsics of this instruction set. If they read or write memory, the caller guarantees that the pointers are
/// valid.
macro_rules! avx2 {
    ($value:expr) => {
        // SAFETY: a value of the type exists only where the CPU has the instructions; the caller guarantees that pointers
        // are valid.
        unsafe { $value }
    };
}
pub(super) use avx2;

/// Eight i32 from index `8 - count` on are a mask whose first `count` lanes are set.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

impl Avx2 {
    /// Returns a value if the CPU has the instructions.
    pub fn new() -> Option<Self> {
        (is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c"))
        .then_some(Avx2(()))
    }

    /// Runs `kernel` in a function that may use the instructions.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` proves that the CPU has the instructions.
        unsafe { enter(kernel, self) }
    }

    #[inline(always)]
    unsafe fn mask(self, count: usize) -> __m256i {
        debug_assert!(count <= 8);
        // SAFETY: `count <= 8` by the caller's contract, so the load stays within MASKS.
        unsafe { _mm256_loadu_si256(MASKS.as_ptr().add(8 - count).cast()) }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn enter<K: Kernel>(kernel: K, simd: Avx2) -> K::Output {
    kernel.run(simd)
}

impl Simd for Avx2 {
    type F = __m256;

    const LANES: usize = 8;
    const TILE_ROWS: usize = 6;

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        avx2!(_mm256_set1_ps(x))
    }

    #[inline(always)]
    unsafe fn load_ptr(self, source: *const f32) -> __m256 {
        avx2!(_mm256_loadu_ps(source))
    }

    #[inline(always)]
    unsafe fn store_ptr(self, target: *mut f32, value: __m256) {
        avx2!(_mm256_storeu_ps(target, value))
    }

    #[inline(always)]
    unsafe fn load_part_ptr(self, source: *const f32, count: usize, fill: f32) -> __m256 {
        avx2!({
            let mask = self.mask(count);
            let value = _mm256_maskload_ps(source, mask);
            _mm256_blendv_ps(_mm256_set1_ps(fill), value, _mm256_castsi256_ps(mask))
        })
    }

    #[inline(always)]
    unsafe fn store_part_ptr(self, target: *mut f32, count: usize, value: __m256) {
        avx2!(_mm256_maskstore_ps(target, self.mask(count), value))
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        avx2!(_mm256_add_ps(a, b))
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        avx2!(_mm256_sub_ps(a, b))
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        avx2!(_mm256_mul_ps(a, b))
    }

    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        avx2!(_mm256_div_ps(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        avx2!(_mm256_fmadd_ps(a, b, c))
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        avx2!(_mm256_max_ps(a, b))
    }

    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        avx2!(_mm256_min_ps(a, b))
    }

    #[inline(always)]
    fn round(self, a: __m256) -> __m256 {
        avx2!(_mm256_round_ps::<
            { _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC },
        >(a))
    }

    #[inline(always)]
    fn exp2_integral(self, n: __m256) -> __m256 {
        avx2!({
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
        })
    }

    #[inline(always)]
    fn select_less(self, a: __m256, b: __m256, yes: __m256, no: __m256) -> __m256 {
        avx2!(_mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_LT_OQ>(a, b)))
    }

    #[inline(always)]
    fn reduce_add(self, a: __m256) -> f32 {
        avx2!({
            let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        })
    }

    #[inline(always)]
    fn reduce_max(self, a: __m256) -> f32 {
        avx2!({
            let four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        })
    }

    #[inline(always)]
    unsafe fn load_bf16_pairs(self, source: *const u16) -> (__m256, __m256) {
        avx2!({
            let pairs = _mm256_loadu_si256(source.cast());
            let first = _mm256_slli_epi32::<16>(pairs);
            let second = _mm256_and_si256(pairs, _mm256_set1_epi32(0xffff_0000_u32 as i32));
            (_mm256_castsi256_ps(first), _mm256_castsi256_ps(second))
        })
    }

    #[inline(always)]
    fn prefetch(self, address: *const u8) {
        avx2!(_mm_prefetch::<_MM_HINT_T0>(address.cast()))
    }

    #[inline(always)]
    fn prefetch_far(self, address: *const u8) {
        avx2!(_mm_prefetch::<_MM_HINT_T1>(address.cast()))
    }
}
