//! Rendering of computed results: tables in several formats, charts, flame graphs and numbers. Nothing is computed here.

pub mod chart;
mod csv;
mod fit;
mod flame_graph;
mod flame_page;
mod format;
pub(crate) mod html;
mod json;
mod markdown;
mod profile;
mod sparkline;
mod table;
mod terminal;

pub use flame_graph::{Colours, FlameGraph};
pub use flame_page::{Framed, flame_page};
pub use format::{Audience, Format, Renderer};
pub use markdown::escape as escape_markdown;
pub use profile::{Exported, ProfileFormat};
pub use sparkline::BARS;
pub use sparkline::sparkline;
pub use table::{Align, Cell, Column, Table, TableOf, Tone};
pub(crate) use terminal::fitted_to;
pub use terminal::wrapped_to;

/// The registry of output formats, in the order of the help. A new format needs its file, its `mod` line, and a line here.
const FORMATS: &[Format] = &[
    Format(&terminal::Terminal),
    Format(&json::Json),
    Format(&csv::Csv),
    Format(&markdown::Markdown),
];
