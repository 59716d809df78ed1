//! Renders what others have worked out: it never computes, and the formats only punctuate.

mod csv;
mod format;
mod json;
mod markdown;
pub mod number;
mod table;
mod terminal;

pub use format::{Format, Renderer};
pub use table::{Align, Cell, Column, Table, Tone};
