//! Burn-down chart: target and measurement of each stage, as a share of the initial cost. Lower is better.

use harness_abtest::Interval;

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::frame::Frame;
use crate::render::chart::header::{AXIS, TICK, ratio_label};
use crate::render::chart::palette::{self, INK, MUTED};
use crate::render::chart::{Drawing, Layout};

/// A burn-down chart.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnDown {
    /// The title of the y axis.
    pub axis: String,
    /// The stages, from first to last.
    pub stages: Vec<Stage>,
}

/// A stage: target and measurement, both as ratios to the initial cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its phase.
    pub name: String,
    /// Its due date.
    pub when: String,
    /// Index of its phase, which selects the colour.
    pub place: usize,
    /// The target, if there is one.
    pub wanted: Option<Wanted>,
    /// The measured ratio, with its interval.
    pub reached: Option<(f64, Option<Interval>)>,
    /// The text beside the dot, or in its place.
    pub label: String,
}

/// A target: at most `near`, at best `far`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// The end that must be reached.
    pub near: f64,
    /// The better end.
    pub far: f64,
}

const LABEL: Words = Words::new(12.0, INK).centred();
/// Height of the extra space for zero, which a logarithmic axis lacks.
const ZERO: f64 = 34.0;

impl Drawing for BurnDown {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        let axis = format!("{}, logarithmic scale; lower is better", self.axis);
        let lines = AXIS.wrap(&axis, layout.line_width());
        let after = top + 17.0 * lines.len() as f64;
        let start = after + 33.0;
        let end = start + if layout.narrow() { 260.0 } else { 300.0 };
        if let Some(plot) = self.plot([start, end], layout) {
            canvas.lines(&lines, layout.edge(), top + 6.0, 17.0, AXIS);
            key(canvas, layout.edge(), after + 9.0);
            plot.axes(canvas, self);
            plot.targets(canvas, self);
            for (index, stage) in self.stages.iter().enumerate() {
                plot.stage(canvas, index, stage);
            }
        }
        end + 54.0 + 15.0 * name_lines(layout) as f64
    }
}

impl BurnDown {
    /// The positions between two y coordinates; none if no value is above zero.
    fn plot(&self, ends: [f64; 2], layout: Layout) -> Option<Plot> {
        let wanted = self
            .stages
            .iter()
            .filter_map(|stage| stage.wanted)
            .flat_map(|wanted| [wanted.near, wanted.far]);
        let reached = self
            .stages
            .iter()
            .filter_map(|stage| stage.reached)
            .flat_map(|(value, interval)| {
                let ends = interval.map_or((value, value), |ends| (ends.low, ends.high));
                // Leave space below the lowest dot.
                [value * 0.8, ends.0, ends.1]
            });
        let axis = LogAxis::over(wanted.chain(reached).chain([1.0]))?;
        let zero = self
            .stages
            .iter()
            .any(|stage| stage.reached.is_some_and(|(value, _)| value <= 0.0));
        let frame = Frame::new(
            layout,
            [layout.edge() + 52.0, layout.width() - layout.edge()],
            ends,
        );
        let end = frame.bottom - if zero { ZERO } else { 0.0 };
        let column = (frame.right - frame.left) / self.stages.len().max(1) as f64;
        Some(Plot {
            frame,
            end,
            axis,
            column,
        })
    }
}

/// Most lines of a name.
fn name_lines(layout: Layout) -> usize {
    if layout.narrow() { 3 } else { 2 }
}

/// Splits words that are wider than a line, at a hyphen if possible.
fn hyphenated(text: &str, words: Words, room: f64) -> String {
    let fits = |part: &str| words.width(part) <= room;
    let mut parted = String::new();
    for word in text.split(' ') {
        let mut rest = word;
        while !fits(rest) {
            let ends = rest
                .char_indices()
                .map(|(at, _)| at)
                .skip(2)
                .filter(|&end| rest.len() - end >= 2);
            let with_mark = |end: usize| {
                let mark = if rest[..end].ends_with('-') { "" } else { "-" };
                Some(format!("{}{mark}", &rest[..end]))
                    .filter(|part| fits(part))
                    .map(|part| (end, part))
            };
            let all: Vec<(usize, String)> = ends.filter_map(with_mark).collect();
            let own = all
                .iter()
                .rev()
                .find(|(end, _)| rest[..*end].ends_with('-'));
            let Some((end, part)) = own.or(all.last()) else {
                break;
            };
            parted += &format!("{part} ");
            rest = &rest[*end..];
        }
        parted += &format!("{rest} ");
    }
    parted.trim_end().to_owned()
}

/// The legend of the two kinds of marks.
fn key(canvas: &mut Canvas, x: f64, y: f64) {
    canvas.band(
        &[
            (x, y - 5.0),
            (x + 26.0, y - 5.0),
            (x + 26.0, y + 5.0),
            (x, y + 5.0),
        ],
        MUTED,
    );
    canvas.line(&[(x, y - 5.0), (x + 26.0, y - 5.0)], MUTED, 2.0);
    canvas.words("target", x + 34.0, y, AXIS);
    canvas.dot(x + 104.0, y, 5.0, palette::look(0));
    canvas.words("measured, with its interval", x + 116.0, y, AXIS);
}

/// The positions of the elements.
struct Plot {
    frame: Frame,
    /// Lower end of the logarithmic axis; the space for zero is below it.
    end: f64,
    axis: LogAxis,
    /// Width of a stage.
    column: f64,
}

impl Plot {
    fn x(&self, index: usize) -> f64 {
        self.frame.left + (index as f64 + 0.5) * self.column
    }

    fn y(&self, value: f64) -> f64 {
        match value > 0.0 {
            true => self.end - self.axis.place(value) * (self.end - self.frame.top),
            false => self.frame.bottom - 8.0,
        }
    }

    fn axes(&self, canvas: &mut Canvas, chart: &BurnDown) {
        let Frame {
            layout,
            left,
            bottom,
            ..
        } = self.frame;
        self.frame.y_axis(
            canvas,
            self.axis
                .ticks(6)
                .into_iter()
                .map(|tick| (self.y(tick), ratio_label(tick))),
        );
        if self.end < bottom {
            canvas.words("none", left - 8.0, self.y(0.0), TICK.ending());
        }
        let room = self.column - 6.0;
        for (index, stage) in chart.stages.iter().enumerate() {
            let mut words = |text: &str, y: f64, words: Words| {
                let mut lines = words.wrap(&hyphenated(text, words, room), room);
                lines.truncate(name_lines(layout));
                canvas.lines(&lines, self.x(index), y, 15.0, words);
                lines.len() as f64 * 15.0
            };
            let after = words(&stage.name, bottom + 16.0, LABEL);
            words(
                &stage.when,
                bottom + 18.0 + after,
                Words {
                    size: 11.0,
                    ..TICK.centred()
                },
            );
        }
    }

    /// Draws the targets as boxes, with a line from each near end to the next.
    fn targets(&self, canvas: &mut Canvas, chart: &BurnDown) {
        let half = self.column * 0.38;
        let wanted = chart
            .stages
            .iter()
            .enumerate()
            .filter_map(|(index, stage)| Some((index, stage.wanted?)));
        let wanted: Vec<(usize, Wanted)> = wanted.collect();
        for pair in wanted.windows(2) {
            let ends = [
                (self.x(pair[0].0) + half, self.y(pair[0].1.near)),
                (self.x(pair[1].0) - half, self.y(pair[1].1.near)),
            ];
            canvas.line(&ends, MUTED, 1.0);
        }
        for (index, wanted) in wanted {
            let (x, near, far) = (self.x(index), self.y(wanted.near), self.y(wanted.far));
            // The band spans from the near end to the far end, at least 6 units.
            let far = far.max(near + 6.0);
            canvas.band(
                &[
                    (x - half, near),
                    (x + half, near),
                    (x + half, far),
                    (x - half, far),
                ],
                MUTED,
            );
            canvas.line(&[(x - half, near), (x + half, near)], MUTED, 2.0);
        }
    }

    fn stage(&self, canvas: &mut Canvas, index: usize, stage: &Stage) {
        let x = self.x(index);
        let room = self.column - 4.0;
        let Some((value, interval)) = stage.reached else {
            let words = Words {
                colour: MUTED,
                size: 11.0,
                ..LABEL
            };
            let lines = words.wrap(&stage.label, room);
            return canvas.lines(
                &lines[..lines.len().min(3)],
                x,
                self.end - 34.0,
                14.0,
                words,
            );
        };
        let look = palette::look(stage.place);
        let y = self.y(value);
        let (mut above, mut below) = (y, y);
        if let Some(ends) = interval {
            let (low, high) = (self.y(ends.low), self.y(ends.high));
            canvas.interval([(x, low), (x, high)], (5.0, 0.0), look.colour, 2.0);
            (above, below) = (above.min(high), below.max(low));
        }
        canvas.dot(x, y, 6.0, look);
        let label = LABEL.shorten(&stage.label, room);
        let width = LABEL.width(&label);
        // A short label goes beside the dot, off the line of the target. A long one goes above it, or below if there is no space.
        let Frame {
            layout, right, top, ..
        } = self.frame;
        let fits = x + 11.0 + width <= right;
        let (left, place) = if width <= 36.0 && fits {
            (x + 11.0, y)
        } else {
            let place = if above - 24.0 < top {
                below + 17.0
            } else {
                above - 17.0
            };
            (
                (x - width / 2.0).min(right - width).max(layout.edge()),
                place,
            )
        };
        canvas.words_on_paper(&label, left, place, Words::new(LABEL.size, INK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Words = Words::new(13.0, INK);

    #[test]
    fn long_words_are_split_at_their_hyphens_or_anywhere() {
        let room = WORDS.width("optimi-") + 1.0;
        assert_eq!(
            hyphenated("Full optimization", WORDS, room),
            "Full optimi- zation"
        );
        assert_eq!(hyphenated("KV-cache", WORDS, room), "KV- cache");
        assert_eq!(hyphenated("Quick wins", WORDS, room), "Quick wins");
        assert_eq!(hyphenated("abc", WORDS, 1.0), "abc", "no room at all");
        assert_eq!(hyphenated("", WORDS, room), "");
    }
}
