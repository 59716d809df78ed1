//! A GPT-2 style transformer engine whose naive and optimized implementations are selectable side by side.
//!
//! Every operation has a plain implementation and faster ones behind one signature. A [`Variant`] selects one for each
//! operation, so that each optimization can be switched on alone and measured. The named [`phases`] lead from `naive`
//! to `optimized`. To read the model itself, start with [`naive`]: all of it in one file, in plain loops.
//!
//! ```
//! use engine::{Config, Engine, Overflow, Sampler, Variant, Weights, generate};
//!
//! let weights = Weights::synthetic(&Config::small(), 42)?;
//! let engine = Engine::new(&weights, Variant::phase("optimized")?, 2)?;
//! let mut session = engine.session()?;
//! let mut tokens = Vec::new();
//! generate(&mut session, &[1, 2, 3], 5, &mut Sampler::greedy(), Overflow::Error, |token| tokens.push(token))?;
//! assert_eq!(tokens.len(), 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod aligned;
pub mod attention;
pub mod buffers;
pub mod config;
pub mod embedding;
pub mod gelu;
pub mod isa;
pub mod layer_norm;
pub mod matmul;
pub mod naive;
pub mod qkv;
pub mod random;
pub mod residual;
pub mod simd;
pub mod softmax;
pub mod thread_pool;
pub mod trace;
pub mod variant;
pub mod weights;

mod engine;
mod error;
mod generate;
mod kv_cache;
mod model;
mod sampler;
mod session;
mod streams;

pub use buffers::PoolCounts;
pub use config::{Activation, Config, ConfigError};
pub use engine::Engine;
pub use error::EngineError;
pub use generate::{Overflow, generate};
pub use isa::Isa;
pub use sampler::{Sampler, Sampling, SamplingError};
pub use session::{BatchSession, Session};
pub use streams::generate_streams;
pub use variant::{Phase, UnknownName, Variant, phases};
pub use weights::{CheckpointError, Weights};

#[cfg(test)]
mod oracle;
