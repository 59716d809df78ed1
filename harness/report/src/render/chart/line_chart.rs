//! Line chart: one line per phase with its band on a logarithmic y axis, each named at its end. The x axis is logarithmic
//! for sizes.

use harness_record::metric::Quantity;
use harness_record::number;

use crate::render::chart::axis::{LogAxis, round_up};
use crate::render::chart::canvas::Canvas;
use crate::render::chart::frame::Frame;
use crate::render::chart::header::{AXIS, LABEL, TICK, tick_label};
use crate::render::chart::palette::{self, MUTED};
use crate::render::chart::{Drawing, Layout};

/// A line chart.
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// The title of the x axis, with its unit.
    pub x_axis: String,
    /// True for a logarithmic x axis with a tick and a dot at each size.
    pub sizes: bool,
    /// The title of the y axis, with its unit.
    pub y_axis: String,
    /// The quantity of the y values.
    pub quantity: Quantity,
    /// The lines.
    pub series: Vec<Series>,
    /// Marks on the x axis.
    pub events: Vec<Event>,
}

/// A labelled mark on the x axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its position.
    pub x: f64,
    /// Its label, in a word.
    pub label: String,
}

/// The line of a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The phase.
    pub name: String,
    /// Index of the phase, which selects the colour.
    pub place: usize,
    /// The text at the end of the line.
    pub label: String,
    /// The points, from left to right.
    pub points: Vec<Point>,
}

impl Series {
    /// The line of a phase whose label is its last value and its name.
    pub fn new(name: &str, place: usize, quantity: Quantity, points: Vec<Point>) -> Self {
        let last = points.last().map_or(0.0, |point| point.y);
        Self {
            name: name.to_owned(),
            place,
            label: format!("{} {name}", number::plain(quantity, last)),
            points,
        }
    }
}

/// A point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// On the x axis.
    pub x: f64,
    /// On the y axis.
    pub y: f64,
    /// The band around `y`: its lower and upper edge.
    pub band: Option<(f64, f64)>,
}

const PLOT: f64 = 380.0;
const LINE: f64 = 18.0;

impl Drawing for LineChart {
    fn draw(&self, canvas: &mut Canvas, layout: Layout, top: f64) -> f64 {
        // Above the plot are the title of the y axis and the labels of events.
        let start = top + if self.events.is_empty() { 26.0 } else { 40.0 };
        let plot = if layout.narrow() { 300.0 } else { PLOT };
        let end = start + plot.max(self.series.len() as f64 * (LINE + 4.0));
        if let Some(plot) = self.plot([start, end], layout) {
            canvas.words(
                &format!("{}, logarithmic scale", self.y_axis),
                layout.edge(),
                top + 6.0,
                AXIS,
            );
            plot.axes(canvas, self);
            self.events
                .iter()
                .for_each(|event| plot.event(canvas, event));
            self.series
                .iter()
                .for_each(|series| plot.band(canvas, series));
            self.series
                .iter()
                .for_each(|series| plot.line(canvas, series));
            plot.labels(canvas, &self.series);
        }
        end + 66.0
    }
}

impl LineChart {
    /// The positions between two y coordinates; none if no value is above zero.
    fn plot(&self, ends: [f64; 2], layout: Layout) -> Option<Plot> {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let y = LogAxis::over(points().flat_map(|point| {
            let (low, high) = point.band.unwrap_or((point.y, point.y));
            [point.y, low * 0.9, high * 1.1]
        }))?;
        let scaled = points().map(|point| if self.sizes { point.x.ln() } else { point.x });
        let (low, high) = scaled.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        let ticks: Vec<String> = y
            .ticks(7)
            .into_iter()
            .map(|tick| tick_label(self.quantity, tick))
            .collect();
        let left = layout.edge()
            + TICK.widest(ticks.iter().map(String::as_str), 30.0, f64::INFINITY)
            + 12.0;
        let label_room = if layout.narrow() { 130.0 } else { 280.0 };
        let labels = LABEL.widest(
            self.series.iter().map(|series| series.label.as_str()),
            60.0,
            label_room,
        );
        let right = layout.width() - layout.edge() - labels - 34.0;
        let x = if high > low {
            (low, high)
        } else {
            (low - 0.5, low + 0.5)
        };
        Some(Plot {
            frame: Frame::new(layout, [left, right], ends),
            x,
            sizes: self.sizes,
            y,
        })
    }

    /// The distinct sizes, in order.
    fn sizes(&self) -> Vec<f64> {
        let mut sizes: Vec<f64> = self
            .series
            .iter()
            .flat_map(|series| &series.points)
            .map(|point| point.x)
            .collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        sizes
    }
}

/// The positions of points.
struct Plot {
    frame: Frame,
    /// The ends of the x axis; their logarithms if it is logarithmic.
    x: (f64, f64),
    sizes: bool,
    y: LogAxis,
}

impl Plot {
    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let Frame {
            left,
            right,
            top,
            bottom,
            ..
        } = self.frame;
        let x = if self.sizes { x.ln() } else { x };
        let across = (x - self.x.0) / (self.x.1 - self.x.0);
        (
            left + 10.0 + across * (right - left - 10.0),
            bottom - self.y.place(y) * (bottom - top),
        )
    }

    fn axes(&self, canvas: &mut Canvas, chart: &LineChart) {
        let ticks = self.y.ticks(7).into_iter();
        self.frame.y_axis(
            canvas,
            ticks.map(|tick| (self.place(1.0, tick).1, tick_label(chart.quantity, tick))),
        );
        let bottom = self.frame.bottom;
        for tick in if self.sizes {
            chart.sizes()
        } else {
            even_ticks(self.x.0, self.x.1)
        } {
            let (x, _) = self.place(tick, 1.0);
            canvas.line(&[(x, bottom), (x, bottom + 5.0)], MUTED, 1.0);
            canvas.words(&format!("{tick}"), x, bottom + 16.0, TICK.centred());
        }
        canvas.words(&chart.x_axis, self.frame.left, bottom + 40.0, AXIS);
    }

    /// Draws a thin vertical line with its label above.
    fn event(&self, canvas: &mut Canvas, event: &Event) {
        let (x, _) = self.place(event.x, 1.0);
        canvas.line(&[(x, self.frame.top), (x, self.frame.bottom)], MUTED, 1.0);
        canvas.words(&event.label, x, self.frame.top - 8.0, TICK.centred());
    }

    fn band(&self, canvas: &mut Canvas, series: &Series) {
        let edges = || {
            series
                .points
                .iter()
                .filter_map(|point| Some((point.x, point.band?)))
        };
        let upper = edges().map(|(x, (_, high))| self.place(x, high));
        let lower = edges().rev().map(|(x, (low, _))| self.place(x, low));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        if outline.len() > 2 {
            canvas.band(&outline, palette::look(series.place).colour);
        }
    }

    fn line(&self, canvas: &mut Canvas, series: &Series) {
        let look = palette::look(series.place);
        let path: Vec<(f64, f64)> = series
            .points
            .iter()
            .map(|point| self.place(point.x, point.y))
            .collect();
        match path.as_slice() {
            [(x, y)] => canvas.dot(*x, *y, 4.0, look),
            path if look.hollow && self.sizes => canvas.line(path, look.colour, 1.0),
            path if look.hollow => canvas.dashes(path, look.colour, 2.0),
            path => canvas.line(path, look.colour, 2.0),
        }
        for (x, y) in path.into_iter().filter(|_| self.sizes) {
            canvas.dot(x, y, 4.0, look);
        }
    }

    /// Draws the names at the ends of their lines, moved apart where they would touch, each connected to its line.
    fn labels(&self, canvas: &mut Canvas, series: &[Series]) {
        let Frame {
            layout,
            right,
            top,
            bottom,
            ..
        } = self.frame;
        let end = |series: &'_ Series| {
            series
                .points
                .last()
                .map(|point| self.place(point.x, point.y).1)
        };
        let mut ends: Vec<(f64, &Series)> = series
            .iter()
            .filter_map(|one| Some((end(one)?, one)))
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted: Vec<f64> = ends.iter().map(|(y, _)| *y).collect();
        for ((end, series), y) in ends.iter().zip(spread(&wanted, top, bottom)) {
            let look = palette::look(series.place);
            canvas.line(&[(right + 3.0, *end), (right + 16.0, y)], look.colour, 1.0);
            canvas.dot(right + 20.0, y, 4.5, look);
            let label = LABEL.shorten(&series.label, layout.width() - layout.edge() - right - 30.0);
            canvas.words(&label, right + 30.0, y, LABEL);
        }
    }
}

/// Returns positions at least one line apart and close to the wanted ones, which are sorted. Neighbours that are too close form
/// a group around their common middle.
fn spread(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let within = |middle: f64, n: usize| {
        let half = LINE * (n as f64 - 1.0) / 2.0;
        middle.min(bottom - half).max(top + half)
    };
    let mut groups: Vec<(f64, usize)> = Vec::new();
    for &y in wanted {
        groups.push((within(y, 1), 1));
        while let [.., (above, m), (below, n)] = groups[..] {
            if below - above >= LINE * (m + n) as f64 / 2.0 {
                break;
            }
            let middle = (above * m as f64 + below * n as f64) / (m + n) as f64;
            groups.truncate(groups.len() - 2);
            groups.push((within(middle, m + n), m + n));
        }
    }
    let spaced = |&(middle, n): &(f64, usize)| {
        (0..n).map(move |i| middle + LINE * (i as f64 - (n as f64 - 1.0) / 2.0))
    };
    groups.iter().flat_map(spaced).collect()
}

/// About six evenly spaced whole numbers from `low` to `high`.
fn even_ticks(low: f64, high: f64) -> Vec<f64> {
    let step = round_up(((high - low) / 6.0).max(1.0));
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|index| index as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_whole_and_even() {
        assert_eq!(even_ticks(1.0, 49.0), [10.0, 20.0, 30.0, 40.0]);
        assert_eq!(even_ticks(0.0, 4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
    }

    proptest! {
        #[test]
        fn labels_never_touch(mut wanted in prop::collection::vec(0.0..400.0f64, 1..13)) {
            wanted.sort_by(f64::total_cmp);
            let places = spread(&wanted, 0.0, 400.0);
            prop_assert_eq!(places.len(), wanted.len());
            for pair in places.windows(2) {
                prop_assert!(pair[1] - pair[0] >= LINE - 1e-6, "{:?}", places);
            }
            prop_assert!(places.iter().all(|y| (-1e-6..=400.0 + 1e-6).contains(y)), "{:?}", places);
        }
    }
}
