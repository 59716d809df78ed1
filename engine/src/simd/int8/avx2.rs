//! AVX2 with FMA and F16C: eight i32 lanes, products of bytes by `vpmaddubsw`.

use std::arch::x86_64::*;

use super::SimdInt8;
use crate::simd::avx2::{Avx2, avx2};

impl SimdInt8 for Avx2 {
    type I = __m256i;
    /// Magnitudes and signed values, because `vpmaddubsw` takes an unsigned and a signed factor.
    type Q = (__m256i, __m256i);

    const OPERANDS: usize = 2;
    const WEIGHT_OFFSET: i32 = 0;

    #[inline(always)]
    fn zero_i32(self) -> __m256i {
        avx2!(_mm256_setzero_si256())
    }

    #[inline(always)]
    unsafe fn load_i8_quads(self, source: *const i8) -> __m256i {
        avx2!(_mm256_loadu_si256(source.cast()))
    }

    #[inline(always)]
    unsafe fn splat_i8_quad(self, quad: *const i8) -> Self::Q {
        avx2!({
            let values = _mm256_set1_epi32(quad.cast::<i32>().read_unaligned());
            (_mm256_abs_epi8(values), values)
        })
    }

    #[inline(always)]
    fn dot_i8(self, weights: __m256i, (magnitudes, values): Self::Q, sum: __m256i) -> __m256i {
        // A pair of products is at most 2 * 127 * 127, which an i16 holds.
        avx2!({
            let pairs = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(weights, values));
            _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        })
    }

    /// The first and third weight of each lane, and the second and fourth, widened to two i16 a lane, because
    /// `vpmaddubsw` takes one instruction more.
    #[inline(always)]
    fn weight_operands(self, quads: __m256i) -> [__m256i; 2] {
        avx2!({
            let low = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(quads));
            [low, _mm256_srai_epi16::<8>(quads)]
        })
    }

    #[inline(always)]
    fn input_operands(self, quads: __m256i) -> [__m256i; 2] {
        self.weight_operands(quads)
    }

    #[inline(always)]
    fn dot_operands(self, weights: __m256i, inputs: __m256i, sum: __m256i) -> __m256i {
        avx2!(_mm256_add_epi32(sum, _mm256_madd_epi16(weights, inputs)))
    }

    #[inline(always)]
    fn set_i32(self, value: i32) -> __m256i {
        avx2!(_mm256_set1_epi32(value))
    }

    #[inline(always)]
    unsafe fn load_i32(self, source: *const i32) -> __m256i {
        avx2!(_mm256_loadu_si256(source.cast()))
    }

    #[inline(always)]
    unsafe fn splat_i32(self, source: *const i32) -> __m256i {
        avx2!(_mm256_set1_epi32(source.read_unaligned()))
    }

    #[inline(always)]
    unsafe fn store_i32(self, target: *mut i32, value: __m256i) {
        avx2!(_mm256_storeu_si256(target.cast(), value))
    }

    #[inline(always)]
    fn i32_to_f32(self, a: __m256i) -> __m256 {
        avx2!(_mm256_cvtepi32_ps(a))
    }

    #[inline(always)]
    unsafe fn store_as_i8(self, target: *mut i8, value: __m256) {
        avx2!({
            let wide = _mm256_cvtps_epi32(value);
            let narrow = _mm_packs_epi32(
                _mm256_castsi256_si128(wide),
                _mm256_extracti128_si256::<1>(wide),
            );
            _mm_storel_epi64(target.cast(), _mm_packs_epi16(narrow, narrow))
        })
    }
}
