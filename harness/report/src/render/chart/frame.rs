//! The frame of a chart: the area of the data with its rules, labels of ticks, and rows.

use plotters::style::RGBColor;

use crate::render::chart::Layout;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::header::{AXIS, LABEL, TICK};
use crate::render::chart::palette::{INK, MUTED, RULE};

/// The name of a row.
pub(super) const NAME: Words = Words::new(14.0, INK).ending();
/// Height of a legend above the data.
pub(super) const LEGEND: f64 = 30.0;

/// The area of the data.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) layout: Layout,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// True if the name and the label of a row are above its data, as on a phone.
    above: bool,
}

/// The positions of a row.
pub(super) struct Row {
    /// The middle of its data.
    pub(super) y: f64,
    /// The middle of its text.
    text_y: f64,
    /// The end of its name, if name and label are above the data.
    after_name: Option<f64>,
}

impl Frame {
    /// An area between two pairs of edges.
    pub(super) fn new(layout: Layout, [left, right]: [f64; 2], [top, bottom]: [f64; 2]) -> Self {
        Self {
            layout,
            left,
            right,
            top,
            bottom,
            above: false,
        }
    }

    /// An area of rows of some height, each with a name and a label, with space for both beside the data or `above` it.
    pub(super) fn of_rows<'a>(
        layout: Layout,
        [top, height]: [f64; 2],
        rows: impl Iterator<Item = (&'a str, &'a str)>,
        above: bool,
    ) -> Self {
        let (names, labels): (Vec<&str>, Vec<&str>) = rows.unzip();
        let most = layout.width() * 0.35;
        let (left, right) = match above {
            true => (4.0, 10.0),
            false => (
                NAME.widest(names, 60.0, most) + 16.0,
                LABEL.widest(labels, 60.0, most) + 18.0,
            ),
        };
        let sides = [layout.edge() + left, layout.width() - layout.edge() - right];
        Self {
            above,
            ..Self::new(layout, sides, [top, top + height])
        }
    }

    /// Draws a vertical rule with a label below it for each tick, and the horizontal axis with its title.
    pub(super) fn x_axis(
        &self,
        canvas: &mut Canvas,
        ticks: impl IntoIterator<Item = (f64, String)>,
        title: &str,
    ) {
        for (x, label) in ticks {
            canvas.line(&[(x, self.top), (x, self.bottom)], RULE, 1.0);
            canvas.words(&label, x, self.bottom + 14.0, TICK.centred());
        }
        self.base(canvas);
        canvas.words(title, self.left, self.bottom + 38.0, AXIS);
    }

    /// Draws a horizontal rule with a label at its left for each tick, and the horizontal axis.
    pub(super) fn y_axis(
        &self,
        canvas: &mut Canvas,
        ticks: impl IntoIterator<Item = (f64, String)>,
    ) {
        for (y, label) in ticks {
            canvas.line(&[(self.left, y), (self.right, y)], RULE, 1.0);
            canvas.words(&label, self.left - 8.0, y, TICK.ending());
        }
        self.base(canvas);
    }

    fn base(&self, canvas: &mut Canvas) {
        canvas.line(
            &[(self.left, self.bottom), (self.right, self.bottom)],
            MUTED,
            1.0,
        );
    }

    /// Draws the name of a row.
    pub(super) fn row(&self, canvas: &mut Canvas, name: &str, middle: f64) -> Row {
        if self.above {
            let name = NAME.shorten(name, self.layout.width() / 2.0);
            canvas.words_on_paper(&name, self.left, middle - 9.0, Words::new(NAME.size, INK));
            let after_name = self.left + NAME.width(&name) + 12.0;
            return Row {
                y: middle + 9.0,
                text_y: middle - 9.0,
                after_name: Some(after_name),
            };
        }
        let name = NAME.shorten(name, self.left - 14.0 - self.layout.edge());
        canvas.words(&name, self.left - 14.0, middle, NAME);
        Row {
            y: middle,
            text_y: middle,
            after_name: None,
        }
    }

    /// Draws the label of a row after its name or right of `x`, shortened to the available width.
    pub(super) fn label(
        &self,
        canvas: &mut Canvas,
        row: &Row,
        text: &str,
        x: f64,
        colour: RGBColor,
    ) {
        let x = row.after_name.unwrap_or(x + 14.0);
        let text = LABEL.shorten(text, self.layout.width() - self.layout.edge() - x);
        canvas.words_on_paper(&text, x, row.text_y, Words { colour, ..LABEL });
    }
}

/// Draws the names of a legend, each right of its symbol, which `symbol` draws at the given x.
pub(super) fn legend<'a>(
    canvas: &mut Canvas,
    mut x: f64,
    y: f64,
    names: impl IntoIterator<Item = &'a str>,
    symbol: impl Fn(&mut Canvas, usize, f64),
) {
    for (index, name) in names.into_iter().enumerate() {
        symbol(canvas, index, x);
        canvas.words(name, x + 18.0, y, LABEL);
        x += 18.0 + LABEL.width(name) + 24.0;
    }
}
