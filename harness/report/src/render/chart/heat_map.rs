//! Heat map: a number for each row and column, shown as text and as a shade on a logarithmic scale. Darker is more. Columns that
//! do not fit beside each other continue in a second block.

use crate::render::chart::Drawing;
use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::{Canvas, EDGE, ROOM, WIDTH, Words};
use crate::render::chart::header::{AXIS, LINE, TICK};
use crate::render::chart::palette::{Colour, DARKEST};

/// A heat map.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
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

/// Height of a cell.
const CELL: f64 = 24.0;
/// Least width of a cell.
const LEAST: f64 = 52.0;
const TEXT: Words = TICK.centred().coloured(Colour::Ink);
const NAME: Words = Words::new(12.5, Colour::Ink);

impl Drawing for HeatMap {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let grid = self.grid();
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let mut y = top;
        for columns in all.chunks(grid.most.max(1)) {
            y = self.block(canvas, &grid, columns, y) + 10.0;
        }
        self.key(canvas, y)
    }
}

/// The sizes of the cells.
struct Grid {
    /// Width of the names at the left of the cells; none if each name is above its cells.
    names: Option<f64>,
    /// Width of a column.
    column: f64,
    /// Number of columns beside each other.
    most: usize,
    axis: Option<LogAxis>,
}

impl HeatMap {
    fn grid(&self) -> Grid {
        let cells = || self.rows.iter().flat_map(|(_, cells)| cells);
        let least = TEXT.widest(
            cells().map(|cell| cell.text.as_str()),
            LEAST - 8.0,
            ROOM / 2.0,
        ) + 8.0;
        let names = NAME.widest(self.rows.iter().map(|(name, _)| name.as_str()), 0.0, ROOM) + 8.0;
        let count = self.columns.len().max(1);
        let names = (names + least * count as f64 <= ROOM).then_some(names);
        let room = ROOM - names.unwrap_or(0.0);
        let most = ((room / least) as usize).clamp(1, count);
        Grid {
            names,
            column: room / most as f64,
            most,
            axis: LogAxis::over(cells().filter_map(|cell| cell.value)),
        }
    }

    /// Draws some of the columns. Returns the y coordinate below them.
    fn block(&self, canvas: &mut Canvas, grid: &Grid, columns: &[usize], top: f64) -> f64 {
        let left = EDGE + grid.names.unwrap_or(0.0);
        let mut y = self.heads(canvas, grid, columns, left, top);
        for (name, cells) in &self.rows {
            let middle = match grid.names {
                Some(_) => y + CELL / 2.0,
                None => y + LINE / 2.0,
            };
            canvas.words(&NAME.shorten(name, ROOM), EDGE, middle, NAME);
            if grid.names.is_none() {
                y += LINE;
            }
            for (place, &index) in columns.iter().enumerate() {
                if let Some(cell) = cells.get(index) {
                    let x = left + place as f64 * grid.column;
                    let title = format!("{name}, {}: {}", self.columns[index], cell.text);
                    canvas.described(&title, |canvas| grid.cell(canvas, cell, x, y));
                }
            }
            y += CELL + if grid.names.is_none() { 4.0 } else { 0.0 };
        }
        y
    }

    /// Draws the names of columns. If a word is wider than its column, every second name is in a line of its own above the
    /// others, so that each may be half a column wider. Returns the y coordinate below.
    fn heads(
        &self,
        canvas: &mut Canvas,
        grid: &Grid,
        columns: &[usize],
        left: f64,
        top: f64,
    ) -> f64 {
        let names = || columns.iter().map(|&index| self.columns[index].as_str());
        let words = names().flat_map(|name| name.split([' ', '-', '/', '@']));
        let is_staggered = TEXT.widest(words, 0.0, ROOM) > grid.column - 6.0;
        let room = grid.column * if is_staggered { 1.5 } else { 1.0 } - 6.0;
        let heads: Vec<Vec<String>> = names()
            .map(|name| TEXT.wrap_within(name, room, 3))
            .collect();
        let tier = |index: usize| if is_staggered { index % 2 } else { 0 };
        let mut y = top;
        // The upper tier has the odd columns, which are never at the left edge.
        for upper in [1, 0] {
            let of_tier = || (0..heads.len()).filter(|&index| tier(index) == upper);
            let most = of_tier().map(|index| heads[index].len()).max().unwrap_or(0) as f64;
            for index in of_tier() {
                let lines = &heads[index];
                let widest = TEXT.widest(lines.iter().map(String::as_str), 0.0, room) / 2.0;
                let x = (left + (index as f64 + 0.5) * grid.column)
                    .min(WIDTH - EDGE - widest)
                    .max(EDGE + widest);
                let first = y + LINE * (most - lines.len() as f64 + 0.5);
                canvas.lines(lines, x, first, LINE, TEXT);
            }
            y += most * LINE;
        }
        y + 3.0
    }

    /// Draws the legend, from the lightest shade to the darkest.
    fn key(&self, canvas: &mut Canvas, top: f64) -> f64 {
        const STEP: f64 = 6.0;
        let width = STEP * (DARKEST + 1) as f64;
        for step in 0..=DARKEST {
            let x = EDGE + step as f64 * STEP;
            canvas.block((x, top + 2.0), (x + STEP, top + 14.0), Colour::Shade(step));
        }
        canvas.border((EDGE, top + 2.0), (EDGE + width, top + 14.0), Colour::Muted);
        let words = format!("{}, from less to more, logarithmic scale", self.axis);
        let lines = AXIS.wrap(&words, ROOM - width - 8.0);
        canvas.lines(&lines, EDGE + width + 8.0, top + 8.0, LINE, AXIS);
        top + LINE * lines.len() as f64 + 6.0
    }
}

impl Grid {
    fn cell(&self, canvas: &mut Canvas, cell: &HeatCell, x: f64, y: f64) {
        let share = cell
            .value
            .zip(self.axis)
            .map(|(value, axis)| if value > 0.0 { axis.place(value) } else { 0.0 });
        let corners = [(x + 1.0, y + 1.0), (x + self.column - 1.0, y + CELL - 1.0)];
        let colour = match share.map(Colour::of_share) {
            Some(Colour::Shade(step)) => {
                canvas.block(corners[0], corners[1], Colour::Shade(step));
                Colour::OnShade(step)
            }
            _ => Colour::Muted,
        };
        // The border shows the extent of a cell whose shade is close to the background.
        canvas.border(corners[0], corners[1], Colour::Muted);
        let text = TEXT.shorten(&cell.text, self.column - 6.0);
        let words = TEXT.coloured(colour);
        canvas.words(&text, x + self.column / 2.0, y + CELL / 2.0, words);
    }
}
