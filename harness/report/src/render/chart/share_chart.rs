//! Share chart: stacked bars, one per row, whose parts add up to the whole.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::header::{AXIS, LABEL, TICK, header, header_height};
use crate::render::chart::palette::{self, INK, MUTED, RULE};
use crate::render::chart::{Drawing, Layout, font};

/// A share chart.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareChart {
    /// The finding.
    pub title: String,
    /// The measurement: workload, conditions, provenance.
    pub subtitle: String,
    /// The title of the axis: the whole that the bars divide.
    pub axis: String,
    /// The parts of every bar, from left to right.
    pub parts: Vec<Part>,
    /// The bars, from top to bottom.
    pub bars: Vec<ShareBar>,
}

/// A part of every bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Index of its colour in the palette of phases; none for grey.
    pub place: Option<usize>,
}

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareBar {
    /// Its group: a heading above the first bar of the group; no heading if empty.
    pub group: String,
    /// Its name.
    pub name: String,
    /// The share of each part, 0 to 1.
    pub shares: Vec<f64>,
    /// The text beside it.
    pub label: String,
}

const ROW: f64 = 32.0;
const HALF: f64 = 10.0;
/// Height of the heading of a group.
const HEADING: f64 = 26.0;
const LEGEND: f64 = 30.0;
const NAME: Words = Words::new(14.0, INK).ending();
const HEADING_WORDS: Words = Words::new(14.0, INK).bold();

impl Drawing for ShareChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn height(&self, layout: Layout) -> f64 {
        header_height(&self.title, &self.subtitle, layout) + LEGEND + self.rows().1 + 62.0
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, layout: Layout) {
        let top = header(canvas, &self.title, &self.subtitle, layout);
        let (width, edge) = (layout.width(), layout.edge());
        // Largest width of the text at each side of the bars.
        let room = width * 0.3;
        self.legend(canvas, edge, top + LEGEND / 2.0 - 4.0);
        let top = top + LEGEND;
        let (places, height) = self.rows();
        let bottom = top + height;
        let names = self.bars.iter().map(|bar| font::width(&bar.name, NAME.size, false));
        let left = edge + names.fold(60.0, f64::max).min(room) + 14.0;
        let labels = self.bars.iter().map(|bar| font::width(&bar.label, LABEL.size, false));
        let right = width - edge - labels.fold(40.0, f64::max).min(room) - 14.0;
        let x = |share: f64| left + share.clamp(0.0, 1.0) * (right - left);
        for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            canvas.line(&[(x(tick), top), (x(tick), bottom)], RULE, 1.0);
            canvas.words(&format!("{:.0} %", 100.0 * tick), x(tick), bottom + 14.0, TICK.centred());
        }
        canvas.line(&[(left, bottom), (right, bottom)], MUTED, 1.0);
        canvas.words(&self.axis, left, bottom + 38.0, AXIS);
        for (index, (bar, place)) in self.bars.iter().zip(places).enumerate() {
            let y = top + place;
            if self.begins_group(index) {
                let heading = font::shorten(&bar.group, NAME.size, true, width - 2.0 * edge);
                canvas.words_on_paper(&heading, edge, y - ROW / 2.0 - HEADING / 2.0 + 3.0, HEADING_WORDS);
            }
            let name = font::shorten(&bar.name, NAME.size, false, left - 14.0 - edge);
            canvas.words(&name, left - 12.0, y, NAME);
            let mut from = 0.0;
            for (part, share) in self.parts.iter().zip(&bar.shares) {
                if *share > 0.0 {
                    canvas.block(x(from), y - HALF, x(from + share), y + HALF, colour(part));
                }
                from += share;
            }
            let label = font::shorten(&bar.label, LABEL.size, false, width - edge - right - 12.0);
            canvas.words(&label, right + 12.0, y, LABEL);
        }
    }
}

impl ShareChart {
    /// The middle of each row, and the total height.
    fn rows(&self) -> (Vec<f64>, f64) {
        let mut height = 0.0;
        let middle = |index: usize| {
            height += if self.begins_group(index) { HEADING + ROW } else { ROW };
            height - ROW / 2.0
        };
        let middles = (0..self.bars.len()).map(middle).collect();
        (middles, height)
    }

    fn begins_group(&self, index: usize) -> bool {
        let group = &self.bars[index].group;
        !group.is_empty() && index.checked_sub(1).is_none_or(|before| self.bars[before].group != *group)
    }

    fn legend<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, edge: f64, y: f64) {
        let mut x = edge;
        for part in &self.parts {
            canvas.block(x, y - 6.0, x + 12.0, y + 6.0, colour(part));
            canvas.words(&part.name, x + 18.0, y, LABEL);
            x += 18.0 + font::width(&part.name, LABEL.size, false) + 24.0;
        }
    }
}

fn colour(part: &Part) -> RGBColor {
    part.place.map_or(palette::IDLE, |place| palette::look(place).colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_has_room_for_its_heading() {
        let bar = |group: &str| ShareBar {
            group: group.to_owned(),
            name: String::new(),
            shares: Vec::new(),
            label: String::new(),
        };
        let chart = |groups: &[&str]| ShareChart {
            title: String::new(),
            subtitle: String::new(),
            axis: String::new(),
            parts: Vec::new(),
            bars: groups.iter().map(|group| bar(group)).collect(),
        };
        assert_eq!(chart(&["", ""]).rows(), (vec![16.0, 48.0], 64.0));
        assert_eq!(chart(&["a", "a", "b"]).rows(), (vec![42.0, 74.0, 132.0], 148.0));
        assert_eq!(chart(&[]).rows(), (Vec::new(), 0.0));
    }
}
