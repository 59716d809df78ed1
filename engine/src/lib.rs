//! A GPT-2 style transformer engine whose naive and optimized implementations live side by side.

pub mod variant;

pub use variant::{UnknownName, Variant};
