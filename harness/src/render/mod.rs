//! Renders what others have worked out: it never computes, and the formats only punctuate.

mod table;

pub use table::{Align, Cell, Column, Table, Tone};
