//! A GPT-2 style transformer engine whose naive and optimized implementations live side by side.

pub mod isa;
pub mod matmul;
pub mod simd;
pub mod team;
pub mod variant;

pub use variant::{UnknownName, Variant};
