//! Registers of f32 lanes, so that one generic kernel body serves every instruction set.
//!
//! Pattern of a kernel:
//! ```
//! use engine::isa::Isa;
//! use engine::simd::{Kernel, Simd};
//!
//! struct Scale<'a> { values: &'a mut [f32], by: f32 }
//!
//! impl Kernel for Scale<'_> {
//!     type Output = ();
//!     #[inline(always)] // the body must end up inside the entry point that enables the instructions
//!     fn run<S: Simd>(self, simd: S) {
//!         let by = simd.splat(self.by);
//!         let mut chunks = self.values.chunks_exact_mut(S::LANES);
//!         for chunk in &mut chunks {
//!             simd.store(chunk, simd.mul(simd.load(chunk), by));
//!         }
//!         let rest = chunks.into_remainder();
//!         simd.store_part(rest, simd.mul(simd.load_part(rest, 0.0), by));
//!     }
//! }
//!
//! let level = Isa::detect().level().unwrap(); // once, when the engine is built
//! let mut values = vec![1.0; 11];
//! level.run(Scale { values: &mut values, by: 3.0 });
//! assert_eq!(values, [3.0; 11]);
//! ```
//! Every function that a body calls has to be `#[inline(always)]` too, and a body should not use closures: a function
//! that is not inlined is compiled without the wide instructions. Intrinsics are only in the files of their instruction
//! set.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod int8;
mod lanes;
mod level;
mod math;
mod plain;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub use int8::SimdInt8;
pub use lanes::Simd;
pub use level::{Kernel, Level};
pub use math::{exp, exp_each, gelu_tanh, tanh};
pub use plain::Plain;

#[cfg(test)]
mod tests;
