//! The instruction set of the kernels: detected at run time, or forced by name.
//!
//! A build for one CPU (`target-cpu=native`) would crash on another machine and under valgrind. So every kernel is
//! compiled for each instruction set, and one is selected when an engine is built. Records contain the instruction set,
//! because two instruction sets execute different numbers of instructions for the same work.

use std::fmt;
use std::str::FromStr;

use crate::UnknownName;
use crate::simd::Level;

/// The environment variable that forces an instruction set (see [`Isa::NAMES`]).
pub const ISA_VARIABLE: &str = "ENGINE_ISA";

/// An instruction set the kernels are compiled for, from the most portable to the widest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// The baseline of the target (SSE2 on x86-64, NEON on aarch64): runs everywhere.
    Plain,
    /// AVX2 with FMA and F16C: 8 lanes of f32.
    Avx2,
    /// AVX-512 (F, BW, DQ, VL, VNNI): 16 lanes of f32.
    Avx512,
}

/// Reasons why an instruction set cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IsaError {
    /// The name is none of [`Isa::NAMES`].
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// The name is known, but this CPU (or this build's target) does not have it.
    #[error("this CPU does not have the instruction set '{isa}'; available here: {available}")]
    Unavailable {
        /// The requested instruction set.
        isa: Isa,
        /// The instruction sets of this CPU, separated by commas.
        available: String,
    },
}

impl Isa {
    /// Every instruction set, the most portable first.
    pub const ALL: [Isa; 3] = [Isa::Plain, Isa::Avx2, Isa::Avx512];

    /// The names of [`Isa::ALL`], in the same order.
    pub const NAMES: [&'static str; 3] = ["plain", "avx2", "avx512"];

    /// The name used on the command line, in [`ISA_VARIABLE`] and in records.
    pub fn name(self) -> &'static str {
        Isa::NAMES[self as usize]
    }

    /// Returns true if this CPU can run it.
    pub fn is_available(self) -> bool {
        Level::new(self).is_some()
    }

    /// Every instruction set this CPU can run, the most portable first (never empty).
    pub fn available() -> Vec<Isa> {
        Isa::ALL
            .into_iter()
            .filter(|isa| isa.is_available())
            .collect()
    }

    /// The widest instruction set this CPU can run.
    pub fn detect() -> Isa {
        Isa::ALL
            .into_iter()
            .rev()
            .find(|isa| isa.is_available())
            .unwrap_or(Isa::Plain)
    }

    /// The instruction set of that name.
    ///
    /// # Errors
    /// Returns an error if the name is unknown, or this CPU does not have it.
    pub fn forced(name: &str) -> Result<Isa, IsaError> {
        let isa: Isa = name.parse()?;
        isa.level().map(|_| isa)
    }

    /// Returns the instruction set that [`ISA_VARIABLE`] forces, or [`Isa::detect`] if it is unset or empty.
    ///
    /// # Errors
    /// Same as for [`Isa::forced`].
    pub fn from_environment() -> Result<Isa, IsaError> {
        match std::env::var_os(ISA_VARIABLE) {
            Some(name) if !name.is_empty() => Isa::forced(&name.to_string_lossy()),
            _ => Ok(Isa::detect()),
        }
    }

    /// Returns the proof that this CPU has the instruction set; every kernel needs one.
    ///
    /// # Errors
    /// Returns an error if this CPU does not have it.
    pub fn level(self) -> Result<Level, IsaError> {
        Level::new(self).ok_or_else(|| IsaError::Unavailable {
            isa: self,
            available: Isa::available()
                .iter()
                .map(|isa| isa.name())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Isa {
    type Err = IsaError;

    fn from_str(name: &str) -> Result<Isa, IsaError> {
        Isa::ALL
            .into_iter()
            .find(|isa| isa.name() == name)
            .ok_or_else(|| UnknownName::new("instruction set", name, &Isa::NAMES).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_plain_is_always_there() {
        for isa in Isa::ALL {
            assert_eq!(isa.to_string().parse::<Isa>(), Ok(isa));
        }
        assert_eq!(Isa::forced("plain"), Ok(Isa::Plain));
        assert_eq!(Isa::available()[0], Isa::Plain);
    }

    #[test]
    fn detection_returns_the_widest_available() {
        assert_eq!(Some(&Isa::detect()), Isa::available().last());
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let message = Isa::forced("sse9").unwrap_err().to_string();
        assert!(
            message.contains("sse9") && message.contains("avx512"),
            "{message}"
        );
    }

    #[test]
    fn unavailable_instruction_sets_are_refused_by_name() {
        for isa in Isa::ALL.into_iter().filter(|isa| !isa.is_available()) {
            println!("not available here: {isa}");
            assert!(
                Isa::forced(isa.name())
                    .unwrap_err()
                    .to_string()
                    .contains(isa.name())
            );
        }
    }
}
