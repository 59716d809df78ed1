//! AVX-512 with VNNI: sixteen i32 lanes, products of bytes by `vpdpbusd`.

use std::arch::x86_64::*;

use super::SimdInt8;
use crate::simd::avx512::{Avx512, avx512};

impl SimdInt8 for Avx512 {
    type I = __m512i;
    /// Magnitudes, and a mask of the negative values.
    type Q = (__m512i, __mmask64);

    const OPERANDS: usize = 1;
    const WEIGHT_OFFSET: i32 = 128;

    #[inline(always)]
    fn zero_i32(self) -> __m512i {
        avx512!(_mm512_setzero_si512())
    }

    #[inline(always)]
    unsafe fn load_i8_quads(self, source: *const i8) -> __m512i {
        avx512!(_mm512_loadu_si512(source.cast()))
    }

    #[inline(always)]
    unsafe fn splat_i8_quad(self, quad: *const i8) -> Self::Q {
        avx512!({
            let values = _mm512_set1_epi32(quad.cast::<i32>().read_unaligned());
            (_mm512_abs_epi8(values), _mm512_movepi8_mask(values))
        })
    }

    #[inline(always)]
    fn dot_i8(self, weights: __m512i, (magnitudes, negative): Self::Q, sum: __m512i) -> __m512i {
        // `vpdpbusd` takes an unsigned and a signed factor, so the sign of `quad` moves to the weights.
        avx512!({
            let signed = _mm512_mask_sub_epi8(weights, negative, _mm512_setzero_si512(), weights);
            _mm512_dpbusd_epi32(sum, magnitudes, signed)
        })
    }

    /// Weights plus 128, because `vpdpbusd` takes an unsigned and a signed factor.
    #[inline(always)]
    fn weight_operands(self, quads: __m512i) -> [__m512i; 2] {
        avx512!([
            _mm512_xor_si512(quads, _mm512_set1_epi8(-128)),
            _mm512_setzero_si512()
        ])
    }

    #[inline(always)]
    fn input_operands(self, quads: __m512i) -> [__m512i; 2] {
        avx512!([quads, _mm512_setzero_si512()])
    }

    #[inline(always)]
    fn dot_operands(self, weights: __m512i, inputs: __m512i, sum: __m512i) -> __m512i {
        avx512!(_mm512_dpbusd_epi32(sum, weights, inputs))
    }

    #[inline(always)]
    fn set_i32(self, value: i32) -> __m512i {
        avx512!(_mm512_set1_epi32(value))
    }

    #[inline(always)]
    unsafe fn load_i32(self, source: *const i32) -> __m512i {
        avx512!(_mm512_loadu_si512(source.cast()))
    }

    #[inline(always)]
    unsafe fn splat_i32(self, source: *const i32) -> __m512i {
        avx512!(_mm512_set1_epi32(source.read_unaligned()))
    }

    #[inline(always)]
    unsafe fn store_i32(self, target: *mut i32, value: __m512i) {
        avx512!(_mm512_storeu_si512(target.cast(), value))
    }

    #[inline(always)]
    fn i32_to_f32(self, a: __m512i) -> __m512 {
        avx512!(_mm512_cvtepi32_ps(a))
    }

    #[inline(always)]
    unsafe fn store_as_i8(self, target: *mut i8, value: __m512) {
        avx512!(_mm_storeu_si128(
            target.cast(),
            _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(value))
        ))
    }
}
