//! Readings of many records as one Parquet file, so that existing engines can query the history of a project.
//!
//! The crate is built with the feature `write` only, which `harness --features parquet` has. The columns are described in
//! `docs/formats.md`.

#[cfg(feature = "write")]
mod columns;
#[cfg(all(test, feature = "write"))]
mod tests;
#[cfg(feature = "write")]
mod writer;

#[cfg(feature = "write")]
pub use columns::{LAYOUT, Reading};
#[cfg(feature = "write")]
pub use parquet::errors::ParquetError;
#[cfg(feature = "write")]
pub use writer::{ROWS_IN_GROUP, Writer};
