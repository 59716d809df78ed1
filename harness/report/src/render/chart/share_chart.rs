//! Share chart: stacked bars, one per row, whose parts add up to the whole.

use plotters::style::RGBColor;

use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::frame::{Frame, LEGEND, legend};
use crate::render::chart::palette::{self, INK};
use crate::render::chart::{Drawing, Layout};

/// A share chart.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareChart {
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
const HEADING_WORDS: Words = Words::new(14.0, INK).bold();

impl Drawing for ShareChart {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        let (edge, middle) = (layout.edge(), top + LEGEND / 2.0 - 4.0);
        legend(
            canvas,
            edge,
            middle,
            self.parts.iter().map(|part| part.name.as_str()),
            |canvas, index, x| {
                canvas.block(
                    x,
                    middle - 6.0,
                    x + 12.0,
                    middle + 6.0,
                    colour(&self.parts[index]),
                );
            },
        );
        let top = top + LEGEND;
        let (places, height) = self.rows();
        let texts = self
            .bars
            .iter()
            .map(|bar| (bar.name.as_str(), bar.label.as_str()));
        let frame = Frame::of_rows(layout, [top, height], texts, false);
        let x = |share: f64| frame.left + share.clamp(0.0, 1.0) * (frame.right - frame.left);
        let ticks =
            [0.0, 0.25, 0.5, 0.75, 1.0].map(|tick| (x(tick), format!("{:.0} %", 100.0 * tick)));
        frame.x_axis(canvas, ticks, &self.axis);
        for (index, (bar, place)) in self.bars.iter().zip(places).enumerate() {
            let y = top + place;
            if self.begins_group(index) {
                let heading = HEADING_WORDS.shorten(&bar.group, layout.width() - 2.0 * edge);
                canvas.words_on_paper(
                    &heading,
                    edge,
                    y - ROW / 2.0 - HEADING / 2.0 + 3.0,
                    HEADING_WORDS,
                );
            }
            let row = frame.row(canvas, &bar.name, y);
            let mut from = 0.0;
            for (part, share) in self.parts.iter().zip(&bar.shares) {
                if *share > 0.0 {
                    canvas.block(x(from), y - HALF, x(from + share), y + HALF, colour(part));
                }
                from += share;
            }
            frame.label(canvas, &row, &bar.label, frame.right, INK);
        }
        frame.bottom + 62.0
    }
}

impl ShareChart {
    /// The middle of each row, and the total height.
    fn rows(&self) -> (Vec<f64>, f64) {
        let mut height = 0.0;
        let middle = |index: usize| {
            height += if self.begins_group(index) {
                HEADING + ROW
            } else {
                ROW
            };
            height - ROW / 2.0
        };
        let middles = (0..self.bars.len()).map(middle).collect();
        (middles, height)
    }

    fn begins_group(&self, index: usize) -> bool {
        let group = &self.bars[index].group;
        !group.is_empty()
            && index
                .checked_sub(1)
                .is_none_or(|before| self.bars[before].group != *group)
    }
}

fn colour(part: &Part) -> RGBColor {
    part.place
        .map_or(palette::IDLE, |place| palette::look(place).colour)
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
            axis: String::new(),
            parts: Vec::new(),
            bars: groups.iter().map(|group| bar(group)).collect(),
        };
        assert_eq!(chart(&["", ""]).rows(), (vec![16.0, 48.0], 64.0));
        assert_eq!(
            chart(&["a", "a", "b"]).rows(),
            (vec![42.0, 74.0, 132.0], 148.0)
        );
        assert_eq!(chart(&[]).rows(), (Vec::new(), 0.0));
    }
}
