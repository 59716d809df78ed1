//! Vectorised exp, tanh and GELU, generic over the instruction set.

use super::Simd;

/// `e^x` per lane, within 2 units in the last place for `-87.33 <= x <= 88.37`.
///
/// Below that range the result is 0, so that a masked score of minus infinity has weight 0. Above, it stays at about
/// 2.4e38. NaN stays NaN. Method: Cephes `expf` (Moshier): `x = n ln 2 + r`, a polynomial for `e^r`, times `2^n`.
#[inline(always)]
pub fn exp<S: Simd>(simd: S, x: S::F) -> S::F {
    exp_each(simd, [x])[0]
}

/// [`exp`] of several registers, interleaved step by step. One alone is a chain of some eighty cycles of latency,
/// longer than the reorder window of a CPU hides.
#[inline(always)]
pub fn exp_each<S: Simd, const N: usize>(simd: S, x: [S::F; N]) -> [S::F; N] {
    let mut clamped = x;
    for i in 0..N {
        clamped[i] = clamp(simd, x[i]);
    }
    let (scale, fraction) = split(simd, clamped);
    let mut out = x;
    for i in 0..N {
        let value = simd.mul_add(scale[i], fraction[i], scale[i]);
        out[i] = simd.select_less(x[i], simd.splat(LOWEST), simd.splat(0.0), value);
    }
    out
}

/// `tanh(x)` per lane, within 4 units in the last place; NaN stays NaN.
///
/// Method: `u / (u + 2)` with `u = e^(2x) - 1` formed without cancellation, so that small arguments stay exact.
#[inline(always)]
pub fn tanh<S: Simd>(simd: S, x: S::F) -> S::F {
    // Beyond 9.02 the result rounds to 1.
    let x = simd.min(simd.splat(9.1), simd.max(simd.splat(-9.1), x));
    let ([scale], [fraction]) = split(simd, [simd.add(x, x)]);
    let u = simd.mul_add(scale, fraction, simd.sub(scale, simd.splat(1.0)));
    simd.div(u, simd.add(u, simd.splat(2.0)))
}

/// GELU in GPT-2's form, `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`, per lane.
///
/// Method: `(1 + tanh z) / 2 = 1 / (1 + e^(-2z))`, which saves the work of a division compared with [`tanh`].
#[inline(always)]
pub fn gelu_tanh<S: Simd>(simd: S, x: S::F) -> S::F {
    const TWICE_SQRT_2_OVER_PI: f32 = 1.595_769;
    let square = simd.mul(x, x);
    let slope = simd.mul_add(
        square,
        simd.splat(-TWICE_SQRT_2_OVER_PI * 0.044_715),
        simd.splat(-TWICE_SQRT_2_OVER_PI),
    );
    let decay = exp(simd, simd.mul(x, slope));
    simd.div(x, simd.add(simd.splat(1.0), decay))
}

/// Below this `e^x` is no longer a normal f32.
const LOWEST: f32 = -87.336_54;

#[inline(always)]
fn clamp<S: Simd>(simd: S, x: S::F) -> S::F {
    // The constants are first arguments, so that a NaN in `x` is kept.
    simd.min(simd.splat(88.376_26), simd.max(simd.splat(LOWEST), x))
}

/// `(2^n, e^r - 1)` with `x = n ln 2 + r`, `|r| <= ln 2 / 2`.
#[inline(always)]
fn split<S: Simd, const N: usize>(simd: S, x: [S::F; N]) -> ([S::F; N], [S::F; N]) {
    let (mut n, mut r) = (x, x);
    for i in 0..N {
        n[i] = simd.round(simd.mul(x[i], simd.splat(std::f32::consts::LOG2_E)));
    }
    for i in 0..N {
        // ln 2 in two parts, the first one exact in few bits.
        r[i] = simd.mul_add(n[i], simd.splat(-0.693_359_4), x[i]);
        r[i] = simd.mul_add(n[i], simd.splat(2.121_944_4e-4), r[i]);
    }
    let mut p = [simd.splat(1.987_569_1e-4); N];
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        for i in 0..N {
            p[i] = simd.mul_add(p[i], r[i], simd.splat(coefficient));
        }
    }
    for i in 0..N {
        p[i] = simd.mul_add(simd.mul(r[i], r[i]), p[i], r[i]);
        n[i] = simd.exp2_integral(n[i]);
    }
    (n, p)
}
