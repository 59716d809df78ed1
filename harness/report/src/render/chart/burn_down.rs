//! Burn-down chart: target and measurement of each stage, as a share of the initial cost. Lower is better.

use harness_abtest::Interval;
use plotters::prelude::DrawingBackend;

use crate::render::chart::axis::LogAxis;
use crate::render::chart::canvas::{Canvas, Words};
use crate::render::chart::header::{AXIS, TICK, header, header_height, ratio_label};
use crate::render::chart::palette::{self, INK, MUTED, RULE};
use crate::render::chart::{Drawing, Layout, font};

/// A burn-down chart.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnDown {
    /// The finding.
    pub title: String,
    /// The measurement: workload, conditions, provenance.
    pub subtitle: String,
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
    fn title(&self) -> &str {
        &self.title
    }

    fn height(&self, layout: Layout) -> f64 {
        let lines = self.axis_lines(layout).len() as f64;
        header_height(&self.title, &self.subtitle, layout)
            + plot(layout)
            + 87.0
            + 15.0 * name_lines(layout) as f64
            + 17.0 * lines
    }

    fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, layout: Layout) {
        let top = header(canvas, &self.title, &self.subtitle, layout);
        let lines = self.axis_lines(layout);
        let after = top + 17.0 * lines.len() as f64;
        let Some(frame) = Frame::new(self, after + 33.0, layout) else { return };
        for (index, line) in lines.iter().enumerate() {
            canvas.words(line, layout.edge(), top + 6.0 + 17.0 * index as f64, AXIS);
        }
        key(canvas, layout.edge(), after + 9.0);
        frame.axes(canvas, self);
        frame.targets(canvas, self);
        for (index, stage) in self.stages.iter().enumerate() {
            frame.stage(canvas, index, stage);
        }
    }
}

impl BurnDown {
    /// The title of the y axis, wrapped into lines.
    fn axis_lines(&self, layout: Layout) -> Vec<String> {
        let words = format!("{}, logarithmic scale; lower is better", self.axis);
        font::wrap(&words, AXIS.size, false, (layout.width() - 2.0 * layout.edge()) * 0.95)
    }
}

fn plot(layout: Layout) -> f64 {
    if layout.narrow() { 260.0 } else { 300.0 }
}

/// Most lines of a name.
fn name_lines(layout: Layout) -> usize {
    if layout.narrow() { 3 } else { 2 }
}

/// Splits words that are wider than a line, at a hyphen if possible.
fn hyphenated(text: &str, size: f64, room: f64) -> String {
    let fits = |part: &str| font::width(part, size, false) <= room;
    let mut parted = String::new();
    for word in text.split(' ') {
        let mut rest = word;
        while !fits(rest) {
            let ends = rest.char_indices().map(|(at, _)| at).skip(2).filter(|&end| rest.len() - end >= 2);
            let with_mark = |end: usize| {
                let mark = if rest[..end].ends_with('-') { "" } else { "-" };
                Some(format!("{}{mark}", &rest[..end])).filter(|part| fits(part)).map(|part| (end, part))
            };
            let all: Vec<(usize, String)> = ends.filter_map(with_mark).collect();
            let own = all.iter().rev().find(|(end, _)| rest[..*end].ends_with('-'));
            let Some((end, part)) = own.or(all.last()) else { break };
            parted += &format!("{part} ");
            rest = &rest[*end..];
        }
        parted += &format!("{rest} ");
    }
    parted.trim_end().to_owned()
}

/// The legend of the two kinds of marks.
fn key<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, x: f64, y: f64) {
    canvas.band(&[(x, y - 5.0), (x + 26.0, y - 5.0), (x + 26.0, y + 5.0), (x, y + 5.0)], MUTED);
    canvas.line(&[(x, y - 5.0), (x + 26.0, y - 5.0)], MUTED, 2.0);
    canvas.words("target", x + 34.0, y, AXIS);
    canvas.dot(x + 104.0, y, 5.0, palette::look(0));
    canvas.words("measured, with its interval", x + 116.0, y, AXIS);
}

/// The positions of the elements.
struct Frame {
    layout: Layout,
    left: f64,
    right: f64,
    top: f64,
    /// Lower end of the logarithmic axis; the space for zero is below it.
    end: f64,
    bottom: f64,
    axis: LogAxis,
    stages: usize,
}

impl Frame {
    fn new(chart: &BurnDown, top: f64, layout: Layout) -> Option<Self> {
        let wanted = chart.stages.iter().filter_map(|stage| stage.wanted).flat_map(|wanted| [wanted.near, wanted.far]);
        let reached = chart.stages.iter().filter_map(|stage| stage.reached).flat_map(|(value, interval)| {
            let ends = interval.map_or((value, value), |ends| (ends.low, ends.high));
            // Leave space below the lowest dot.
            [value * 0.8, ends.0, ends.1]
        });
        let axis = LogAxis::over(wanted.chain(reached).chain([1.0]))?;
        let zero = chart.stages.iter().any(|stage| stage.reached.is_some_and(|(value, _)| value <= 0.0));
        let bottom = top + plot(layout);
        Some(Self {
            layout,
            left: layout.edge() + 52.0,
            right: layout.width() - layout.edge(),
            top,
            end: bottom - if zero { ZERO } else { 0.0 },
            bottom,
            axis,
            stages: chart.stages.len().max(1),
        })
    }

    fn column(&self) -> f64 {
        (self.right - self.left) / self.stages as f64
    }

    fn x(&self, index: usize) -> f64 {
        self.left + (index as f64 + 0.5) * self.column()
    }

    fn y(&self, value: f64) -> f64 {
        if value > 0.0 { self.end - self.axis.place(value) * (self.end - self.top) } else { self.bottom - 8.0 }
    }

    fn axes<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, chart: &BurnDown) {
        for tick in self.axis.ticks(6) {
            let y = self.y(tick);
            canvas.line(&[(self.left, y), (self.right, y)], RULE, 1.0);
            canvas.words(&ratio_label(tick), self.left - 8.0, y, TICK.ending());
        }
        if self.end < self.bottom {
            canvas.words("none", self.left - 8.0, self.y(0.0), TICK.ending());
        }
        canvas.line(&[(self.left, self.bottom), (self.right, self.bottom)], MUTED, 1.0);
        for (index, stage) in chart.stages.iter().enumerate() {
            let words = |text: &str, y: f64, canvas: &mut Canvas<'_, B>, words: Words| {
                let room = self.column() - 6.0;
                let lines = font::wrap(&hyphenated(text, words.size, room), words.size, false, room);
                let lines = &lines[..lines.len().min(name_lines(self.layout))];
                for (line, text) in lines.iter().enumerate() {
                    canvas.words(text, self.x(index), y + 15.0 * line as f64, words);
                }
                lines.len() as f64 * 15.0
            };
            let after = words(&stage.name, self.bottom + 16.0, canvas, LABEL);
            words(&stage.when, self.bottom + 18.0 + after, canvas, Words { size: 11.0, ..TICK.centred() });
        }
    }

    /// Draws the targets as boxes, with a line from each near end to the next.
    fn targets<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, chart: &BurnDown) {
        let half = self.column() * 0.38;
        let wanted = chart.stages.iter().enumerate().filter_map(|(index, stage)| Some((index, stage.wanted?)));
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
            canvas.band(&[(x - half, near), (x + half, near), (x + half, far), (x - half, far)], MUTED);
            canvas.line(&[(x - half, near), (x + half, near)], MUTED, 2.0);
        }
    }

    fn stage<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, index: usize, stage: &Stage) {
        let x = self.x(index);
        let room = self.column() - 4.0;
        let Some((value, interval)) = stage.reached else {
            let lines = font::wrap(&stage.label, 11.0, false, room);
            for (line, text) in lines.iter().take(3).enumerate() {
                let y = self.end - 34.0 + 14.0 * line as f64;
                canvas.words(text, x, y, Words { colour: MUTED, size: 11.0, ..LABEL });
            }
            return;
        };
        let look = palette::look(stage.place);
        let y = self.y(value);
        let mut above = y;
        let mut below = y;
        if let Some(ends) = interval {
            let (low, high) = (self.y(ends.low), self.y(ends.high));
            canvas.line(&[(x, low), (x, high)], look.colour, 2.0);
            for end in [low, high] {
                canvas.line(&[(x - 5.0, end), (x + 5.0, end)], look.colour, 2.0);
            }
            (above, below) = (above.min(high), below.max(low));
        }
        canvas.dot(x, y, 6.0, look);
        let label = font::shorten(&stage.label, LABEL.size, false, room);
        let width = font::width(&label, LABEL.size, false);
        // A short label goes beside the dot, off the line of the target. A long one goes above it, or below if there is no space.
        let fits = x + 11.0 + width <= self.layout.width() - self.layout.edge();
        let (left, place) = if width <= 36.0 && fits {
            (x + 11.0, y)
        } else {
            let place = if above - 24.0 < self.top { below + 17.0 } else { above - 17.0 };
            let most = self.layout.width() - self.layout.edge() - width;
            ((x - width / 2.0).min(most).max(self.layout.edge()), place)
        };
        let words = Words::new(LABEL.size, INK);
        canvas.words_on_paper(&label, left, place, words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_split_at_their_hyphens_or_anywhere() {
        let room = font::width("optimi-", 13.0, false) + 1.0;
        assert_eq!(hyphenated("Full optimization", 13.0, room), "Full optimi- zation");
        assert_eq!(hyphenated("KV-cache", 13.0, room), "KV- cache");
        assert_eq!(hyphenated("Quick wins", 13.0, room), "Quick wins");
        assert_eq!(hyphenated("abc", 13.0, 1.0), "abc", "no room at all");
        assert_eq!(hyphenated("", 13.0, room), "");
    }
}
