//! Run-time dispatch: decided once, when a [`Level`] is created; after that it costs one predictable branch per call.

#[cfg(target_arch = "x86_64")]
use super::{Avx2, Avx512};
use super::{Plain, Simd, SimdInt8};
use crate::isa::Isa;

/// A kernel body, generic over the instruction set it is compiled for.
pub trait Kernel {
    /// Return type of the kernel.
    type Output;

    /// The body. Must be `#[inline(always)]`, so that it becomes part of the entry point that enables the
    /// instructions of `S`.
    ///
    /// An implementation without int8 operations declares `run<S: Simd>`.
    fn run<S: SimdInt8>(self, simd: S) -> Self::Output;
}

/// An instruction set that this CPU is known to have; runs kernels compiled for it.
#[derive(Clone, Copy, Debug)]
pub struct Level(Proof);

#[derive(Clone, Copy, Debug)]
enum Proof {
    Plain(Plain),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Level {
    /// Returns the level if the CPU has `isa`, else `None`.
    pub fn new(isa: Isa) -> Option<Level> {
        match isa {
            Isa::Plain => Some(Level(Proof::Plain(Plain))),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Avx2::new().map(|proof| Level(Proof::Avx2(proof))),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Avx512::new().map(|proof| Level(Proof::Avx512(proof))),
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 | Isa::Avx512 => None,
        }
    }

    /// The instruction set.
    pub fn isa(self) -> Isa {
        match self.0 {
            Proof::Plain(_) => Isa::Plain,
            #[cfg(target_arch = "x86_64")]
            Proof::Avx2(_) => Isa::Avx2,
            #[cfg(target_arch = "x86_64")]
            Proof::Avx512(_) => Isa::Avx512,
        }
    }

    /// Number of f32 lanes of a register.
    pub fn lanes(self) -> usize {
        match self.0 {
            Proof::Plain(_) => Plain::LANES,
            #[cfg(target_arch = "x86_64")]
            Proof::Avx2(_) => Avx2::LANES,
            #[cfg(target_arch = "x86_64")]
            Proof::Avx512(_) => Avx512::LANES,
        }
    }

    /// Rows of a matrix tile that is two registers wide, see [`Simd::TILE_ROWS`].
    pub fn tile_rows(self) -> usize {
        match self.0 {
            Proof::Plain(_) => Plain::TILE_ROWS,
            #[cfg(target_arch = "x86_64")]
            Proof::Avx2(_) => Avx2::TILE_ROWS,
            #[cfg(target_arch = "x86_64")]
            Proof::Avx512(_) => Avx512::TILE_ROWS,
        }
    }

    /// Runs `kernel` with this instruction set.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Proof::Plain(proof) => kernel.run(proof),
            #[cfg(target_arch = "x86_64")]
            Proof::Avx2(proof) => proof.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Proof::Avx512(proof) => proof.run(kernel),
        }
    }
}
