//! Rendering of computed results: tables in several formats, charts, flame graphs and numbers. Nothing is computed here.

pub mod chart;
mod csv;
mod flame_graph;
mod format;
mod json;
mod markdown;
mod sparkline;
mod table;
mod terminal;

pub(crate) use csv::exact;
pub use flame_graph::FlameGraph;
pub use format::Format;
pub use markdown::escape as escape_markdown;
pub use sparkline::BARS;
pub use sparkline::sparkline;
pub use table::{Align, Cell, Column, Table, TableOf, Tone};
