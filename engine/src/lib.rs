//! A GPT-2 style transformer engine whose naive and optimized implementations live side by side.

pub mod attention;
pub mod buffers;
pub mod config;
pub mod embedding;
pub mod gelu;
pub mod isa;
pub mod layer_norm;
pub mod matmul;
pub mod qkv;
pub mod random;
pub mod residual;
pub mod simd;
pub mod softmax;
pub mod team;
pub mod variant;
pub mod weights;

pub use config::{Activation, Config, ConfigError};
pub use isa::Isa;
pub use variant::{Phase, UnknownName, Variant, phases};
pub use weights::{CheckpointError, Weights};

#[cfg(test)]
mod oracle;
