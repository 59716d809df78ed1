//! Operations on int8 values: products of bytes and of pairs of i16, summed in i32 lanes.
//!
//! They are a trait of their own, with one file per instruction set, so that [`Simd`] stays a list of f32 operations. A
//! kernel that needs them is generic over `S: SimdInt8` instead of `S: Simd`.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

use super::Simd;

/// The int8 operations of an instruction set.
pub trait SimdInt8: Simd {
    /// A register of [`Simd::LANES`] i32 lanes.
    type I: Copy;
    /// Four i8 in every lane, in the form that [`SimdInt8::dot_i8`] multiplies by.
    type Q: Copy;

    /// Number of operands of [`SimdInt8::dot_operands`] that hold four i8 of a lane: 1 or 2.
    const OPERANDS: usize;

    /// The amount by which [`SimdInt8::weight_operands`] exceed the weights. A sum of products with them exceeds the
    /// product of the values by this multiple of the sum of the inputs.
    const WEIGHT_OFFSET: i32;

    /// `[0, 0, ...]` as integers.
    fn zero_i32(self) -> Self::I;

    /// Loads `4 * LANES` i8, four to a lane.
    ///
    /// # Safety
    /// `source` must be readable for that many values (no alignment needed).
    unsafe fn load_i8_quads(self, source: *const i8) -> Self::I;

    /// The same four i8 in every lane, ready to be multiplied by.
    ///
    /// # Safety
    /// `quad` must be readable for 4 values (no alignment needed).
    unsafe fn splat_i8_quad(self, quad: *const i8) -> Self::Q;

    /// `sum + w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3` per lane, of the four i8 that each lane of `weights` and of `quad`
    /// holds. Exact as long as none of them is -128 and the sum fits an i32.
    fn dot_i8(self, weights: Self::I, quad: Self::Q, sum: Self::I) -> Self::I;

    /// Four weights of each lane as operands, of which the first [`SimdInt8::OPERANDS`] count.
    fn weight_operands(self, quads: Self::I) -> [Self::I; 2];

    /// Four inputs of each lane as operands, of which the first [`SimdInt8::OPERANDS`] count.
    fn input_operands(self, quads: Self::I) -> [Self::I; 2];

    /// Adds the products of an operand of the weights and the same operand of the inputs to `sum`, lane by lane. Exact
    /// as long as no value is -128 and the sum fits an i32.
    fn dot_operands(self, weights: Self::I, inputs: Self::I, sum: Self::I) -> Self::I;

    /// An integer in every lane.
    fn set_i32(self, value: i32) -> Self::I;

    /// Loads a register as [`SimdInt8::store_i32`] stores it.
    ///
    /// # Safety
    /// `source` must be readable for `LANES` values (no alignment needed).
    unsafe fn load_i32(self, source: *const i32) -> Self::I;

    /// The value at `source` in every lane.
    ///
    /// # Safety
    /// `source` must be readable (no alignment needed).
    unsafe fn splat_i32(self, source: *const i32) -> Self::I;

    /// Stores a register.
    ///
    /// # Safety
    /// `target` must be writable for `LANES` values (no alignment needed).
    unsafe fn store_i32(self, target: *mut i32, value: Self::I);

    /// Integers to f32, rounded to nearest.
    fn i32_to_f32(self, a: Self::I) -> Self::F;

    /// Rounds to the nearest integers, ties to even, and stores them as i8. Values beyond the range of i8 give an
    /// unspecified result.
    ///
    /// # Safety
    /// `target` must be writable for `LANES` values.
    unsafe fn store_as_i8(self, target: *mut i8, value: Self::F);
}
