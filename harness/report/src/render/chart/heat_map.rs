//! Heat map: a number for each row and column, shown as text and as a shade on a logarithmic scale. Darker is more.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::header::{AXIS, TICK, header, header_height};
use crate::render::chart::palette::{self, INK, MUTED};
use crate::render::chart::{Drawing, Layout, font};

/// A heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// The finding.
    pub title: String,
    /// The measurement: workload, conditions, provenance.
    pub subtitle: String,
    /// The quantity that the shade shows, with its unit.
    pub axis: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The names of the rows with their cells, as many as there are columns.
    pub rows: Vec<(String, Vec<HeatCell>)>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatCell {
    /// The number; none if it is missing.
    pub value: Option<f64>,
    /// The text of the cell.
    pub text: String,
}

const ROW: f64 = 28.0;

impl Drawing for HeatMap {
    fn title(&self) -> &str {
        &self.title
    }

    fn height(&self, layout: Layout) -> f64 {
        header_height(&self.title, &self.subtitle, layout)
            + self.rows.len() as f64 * row(layout)
            + heads(self, layout) * 14.0
            + 74.0
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, layout: Layout) {
        let mut top = header(canvas, &self.title, &self.subtitle, layout);
        let values = self.rows.iter().flat_map(|(_, cells)| cells).filter_map(|cell| cell.value);
        let axis = LogAxis::over(values);
        let (left, column) = columns(self, layout);
        let size = if layout.narrow() { 10.5 } else { 12.0 };
        let lines = heads(self, layout);
        for (index, name) in self.columns.iter().enumerate() {
            let x = left + (index as f64 + 0.5) * column;
            let wrapped = font::wrap(name, size, false, column - 4.0);
            for (line, text) in wrapped.iter().enumerate() {
                let y = top + 14.0 * (lines - wrapped.len() as f64 + line as f64) + 7.0;
                canvas.words(text, x, y, Words { size, colour: INK, ..TICK.centred() });
            }
        }
        top += lines * 14.0 + 8.0;
        for (index, (name, cells)) in self.rows.iter().enumerate() {
            let y = top + index as f64 * row(layout);
            if layout.narrow() {
                canvas.words(name, left, y + 9.0, Words { size: 11.5, colour: INK, ..TICK });
            } else {
                let name = font::shorten(name, 13.0, false, left - layout.edge() - 10.0);
                canvas.words(&name, left - 10.0, y + ROW / 2.0, Words::new(13.0, INK).ending());
            }
            let y = y + row(layout) - ROW;
            for (place, cell) in cells.iter().enumerate() {
                let x = left + place as f64 * column;
                let share = cell.value.zip(axis).map(|(value, axis)| if value > 0.0 { axis.place(value) } else { 0.0 });
                let (fill, ink) = share.map_or((palette::RULE, MUTED), palette::shade);
                canvas.block(x + 1.0, y + 1.0, x + column - 1.0, y + ROW - 1.0, fill);
                let text = font::shorten(&cell.text, size, false, column - 4.0);
                canvas.words(&text, x + column / 2.0, y + ROW / 2.0, Words { size, colour: ink, ..TICK.centred() });
            }
        }
        let end = top + self.rows.len() as f64 * row(layout) + 18.0;
        self.key(canvas, layout, end);
    }
}

impl HeatMap {
    /// Draws the legend, from the lightest shade to the darkest.
    fn key<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, layout: Layout, y: f64) {
        const STEPS: usize = 12;
        let left = layout.edge();
        for step in 0..STEPS {
            let x = left + step as f64 * 10.0;
            let fill: RGBColor = palette::shade(step as f64 / (STEPS - 1) as f64).0;
            canvas.block(x, y - 6.0, x + 10.0, y + 6.0, fill);
        }
        let words = format!("{}, from less to more, logarithmic scale", self.axis);
        let room = layout.width() - 2.0 * left - 134.0;
        for (line, text) in font::wrap(&words, AXIS.size, false, room).iter().take(2).enumerate() {
            canvas.words(text, left + 130.0, y + 16.0 * line as f64, AXIS);
        }
    }
}

/// Height of a row. On a phone, the name of a row is above it.
fn row(layout: Layout) -> f64 {
    if layout.narrow() { ROW + 18.0 } else { ROW }
}

/// The left edge of the first column, and the width of each column.
fn columns(chart: &HeatMap, layout: Layout) -> (f64, f64) {
    let names = chart.rows.iter().map(|(name, _)| font::width(name, 13.0, false)).fold(40.0, f64::max).min(300.0);
    let left = layout.edge() + if layout.narrow() { 0.0 } else { names + 14.0 };
    (left, (layout.width() - layout.edge() - left) / chart.columns.len().max(1) as f64)
}

/// The number of lines of the longest column name.
fn heads(chart: &HeatMap, layout: Layout) -> f64 {
    let size = if layout.narrow() { 10.5 } else { 12.0 };
    let column = columns(chart, layout).1;
    let lines = chart.columns.iter().map(|name| font::wrap(name, size, false, column - 4.0).len());
    lines.max().unwrap_or(1) as f64
}
