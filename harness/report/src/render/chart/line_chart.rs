//! Line chart: one line per phase with its intervals on a logarithmic y axis, each named at its end. The x axis is logarithmic
//! for sizes.

use harness_abtest::Interval;
use harness_record::metric::{Figure, LEVEL, Quantity};
use harness_record::number;

use crate::render::chart::Drawing;
use crate::render::chart::axis::{LogAxis, round_up};
use crate::render::chart::canvas::{Canvas, EDGE, Place, Stroke, WIDTH, Words};
use crate::render::chart::header::{LABEL, LINE, TICK, fitting, remark, spread, tick_label};
use crate::render::chart::palette::{self, Colour, Look};

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
    /// Number of measurements behind each point, if it is the same for all.
    pub n: Option<usize>,
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
            n: None,
        }
    }

    /// The same line, with `n` measurements behind each point.
    #[must_use]
    pub fn over(self, n: usize) -> Self {
        Self { n: Some(n), ..self }
    }

    /// Name, position, value with its interval, and sample size of some points.
    fn description(&self, points: &[&Point], quantity: Quantity) -> String {
        let point = |point: &&Point| {
            let interval = point.band.map(|(low, high)| Interval {
                low,
                high,
                level: LEVEL,
            });
            let figure = Figure {
                interval,
                ..Figure::exact(point.y)
            };
            format!("at {}: {}", point.x, number::figure(quantity, &figure))
        };
        let points: Vec<String> = points.iter().map(point).collect();
        let n = self.n.map(|n| format!("; n = {n}")).unwrap_or_default();
        format!("{} {}{n}", self.name, points.join(", "))
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

/// Least height of the plot.
const PLOT: f64 = 250.0;
/// Greatest width of the labels at the ends of the lines.
const LABELS: f64 = 150.0;
/// Distance from the end of a line to its label, for the line that connects them.
const LEADER: f64 = 26.0;
/// Distance of the first and the last point from the sides of the plot.
const INSET: f64 = 8.0;
const EVENT: Words = TICK.centred();

impl Drawing for LineChart {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let labels = self.labels();
        let height: f64 = labels.iter().map(|lines| label_height(lines)).sum();
        let title = format!("{}, logarithmic scale", self.y_axis);
        // Drawn only if there is a plot.
        let mut heading = Canvas::default();
        let mut start = remark(&mut heading, &title, top) + 8.0;
        if !self.events.is_empty() {
            start += 2.0 * LINE;
        }
        let end = start + height.max(PLOT);
        let Some(plot) = self.plot(&labels, [start, end]) else {
            return top;
        };
        remark(canvas, &title, top);
        let bottom = plot.axes(canvas, self);
        plot.events(canvas, &self.events);
        for series in &self.series {
            plot.series(canvas, series, self.quantity);
        }
        plot.labels(canvas, &self.series, labels);
        bottom
    }
}

fn label_height(lines: &[String]) -> f64 {
    LINE * lines.len() as f64 + 2.0
}

impl LineChart {
    /// The lines of text at the end of each series.
    fn labels(&self) -> Vec<Vec<String>> {
        let lines = |series: &Series| LABEL.wrap_within(&series.label, LABELS, 3);
        self.series.iter().map(lines).collect()
    }

    /// The positions between two y coordinates; none if no value is above zero.
    fn plot(&self, labels: &[Vec<String>], [top, bottom]: [f64; 2]) -> Option<Plot> {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let y = LogAxis::over(points().flat_map(|point| {
            let (low, high) = point.band.unwrap_or((point.y, point.y));
            [point.y, low * 0.97, high * 1.03]
        }))?;
        let scaled = points()
            .map(|point| if self.sizes { point.x.ln() } else { point.x })
            .filter(|x| x.is_finite());
        let (low, high) = scaled.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        let ticks: Vec<(f64, String)> = y
            .ticks(6)
            .into_iter()
            .map(|tick| (tick, tick_label(self.quantity, tick)))
            .collect();
        let left = TICK.widest(ticks.iter().map(|(_, label)| label.as_str()), 20.0, WIDTH);
        let labels = labels.iter().flatten().map(String::as_str);
        let right = LABEL.widest(labels, 20.0, LABELS) + LEADER;
        Some(Plot {
            left: EDGE + left + 7.0,
            right: WIDTH - EDGE - right,
            top,
            bottom,
            x: match high - low {
                0.0.. if high > low => (low, high),
                _ if low.is_finite() => (low - 0.5, low + 0.5),
                _ => return None,
            },
            sizes: self.sizes,
            y,
            ticks,
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
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// The ends of the x axis; their logarithms if it is logarithmic.
    x: (f64, f64),
    sizes: bool,
    y: LogAxis,
    /// The ticks of the y axis with their labels.
    ticks: Vec<(f64, String)>,
}

impl Plot {
    fn x(&self, x: f64) -> f64 {
        let x = if self.sizes { x.ln() } else { x };
        let across = (x - self.x.0) / (self.x.1 - self.x.0);
        let (from, to) = (self.left + INSET, self.right - INSET);
        from + across.clamp(0.0, 1.0) * (to - from)
    }

    /// The height of a value; the bottom for one that is not above zero.
    fn y(&self, y: f64) -> f64 {
        let up = if y > 0.0 { self.y.place(y) } else { 0.0 };
        self.bottom - up.clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    fn place(&self, point: &Point) -> Place {
        (self.x(point.x), self.y(point.y))
    }

    /// Draws the axes with their ticks and the title of the x axis. Returns the y coordinate below.
    fn axes(&self, canvas: &mut Canvas, chart: &LineChart) -> f64 {
        let (left, right, bottom) = (self.left, self.right, self.bottom);
        let rules = self.ticks.iter().map(|(tick, _)| {
            let y = self.y(*tick);
            [(left, y), (right, y)]
        });
        canvas.strokes(rules.collect(), Colour::Rule, 1.0);
        let mut above = f64::INFINITY;
        for (tick, label) in &self.ticks {
            let y = self.y(*tick);
            if above - y >= LINE {
                canvas.words(label, left - 5.0, y, TICK.ending());
                above = y;
            }
        }
        let ticks = if self.sizes {
            chart.sizes()
        } else {
            even_ticks(self.x.0, self.x.1)
        };
        // The label of the lowest value may be at the left of the axis.
        let ticks = fitting(
            ticks
                .into_iter()
                .map(|tick| (self.x(tick), format!("{tick}"))),
        );
        let mut strokes = vec![[(left, bottom), (right, bottom)]];
        strokes.extend(
            ticks
                .iter()
                .map(|tick| [(tick.x, bottom), (tick.x, bottom + 4.0)]),
        );
        canvas.strokes(strokes, Colour::Muted, 1.0);
        for tick in &ticks {
            canvas.words(&tick.label, tick.middle, bottom + 17.0, EVENT);
        }
        remark(canvas, &chart.x_axis, bottom + 28.0) + 6.0
    }

    /// Draws a thin vertical line for each event, with its label above, moved aside where labels would touch.
    fn events(&self, canvas: &mut Canvas, events: &[Event]) {
        let mut events: Vec<&Event> = events.iter().collect();
        events.sort_by(|a, b| a.x.total_cmp(&b.x));
        let most = (WIDTH - 2.0 * EDGE) / events.len().max(1) as f64 - 8.0;
        let labels = events.iter().map(|event| TICK.shorten(&event.label, most));
        let labels: Vec<String> = labels.collect();
        let wanted = events
            .iter()
            .zip(&labels)
            .map(|(event, label)| (self.x(event.x), TICK.width(label) + 8.0));
        let places = spread(&wanted.collect::<Vec<_>>(), EDGE, WIDTH - EDGE);
        let (y, top) = (self.top - 1.5 * LINE - 2.0, self.top - 4.0);
        for ((event, label), middle) in events.iter().zip(&labels).zip(places) {
            let x = self.x(event.x);
            canvas.words(label, middle, y, EVENT);
            let path = vec![(middle, y + 11.0), (x, top), (x, self.bottom)];
            canvas.line(path, Stroke::new(Colour::Muted, 1.0));
        }
    }

    fn series(&self, canvas: &mut Canvas, series: &Series, quantity: Quantity) {
        let look = palette::look(series.place);
        let points: Vec<&Point> = series.points.iter().collect();
        let [first, .., last] = points.as_slice() else {
            return self.points(canvas, series, look, quantity);
        };
        let description = series.description(&[*first, *last], quantity);
        canvas.described(&description, |canvas| {
            if !self.sizes {
                self.band(canvas, series, look.colour);
            }
            let path = simplified(
                &points
                    .iter()
                    .map(|point| self.place(point))
                    .collect::<Vec<_>>(),
            );
            let stroke = Stroke {
                dashed: look.hollow,
                ..Stroke::new(look.colour, 2.0)
            };
            canvas.line(path, stroke);
        });
        if self.sizes {
            self.points(canvas, series, look, quantity);
        }
    }

    /// Draws each point with its interval.
    fn points(&self, canvas: &mut Canvas, series: &Series, look: Look, quantity: Quantity) {
        for point in &series.points {
            let (x, y) = self.place(point);
            canvas.described(&series.description(&[point], quantity), |canvas| {
                canvas.dot(x, y, 3.5, look);
                if let Some((low, high)) = point.band {
                    let ends = [(x, self.y(low)), (x, self.y(high))];
                    canvas.interval(ends, (5.0, 0.0), look.colour);
                }
            });
        }
    }

    /// Draws the intervals of points that are close together as one area.
    fn band(&self, canvas: &mut Canvas, series: &Series, colour: Colour) {
        let edges = || {
            series
                .points
                .iter()
                .filter_map(|point| Some((point.x, point.band?)))
        };
        let upper: Vec<Place> = edges()
            .map(|(x, (_, high))| (self.x(x), self.y(high)))
            .collect();
        let lower: Vec<Place> = edges()
            .rev()
            .map(|(x, (low, _))| (self.x(x), self.y(low)))
            .collect();
        canvas.area([simplified(&upper), simplified(&lower)].concat(), colour);
    }

    /// Draws the names at the ends of their lines, moved apart where they would touch, each connected to its line.
    fn labels(&self, canvas: &mut Canvas, series: &[Series], labels: Vec<Vec<String>>) {
        let end = |series: &Series| series.points.last().map(|point| self.place(point));
        let mut ends: Vec<(Place, &Series, Vec<String>)> = series
            .iter()
            .zip(labels)
            .filter_map(|(one, lines)| Some((end(one)?, one, lines)))
            .collect();
        ends.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
        let wanted: Vec<(f64, f64)> = ends
            .iter()
            .map(|((_, y), _, lines)| (*y, label_height(lines)))
            .collect();
        let right = self.right;
        for (((x, end), series, lines), y) in
            ends.iter().zip(spread(&wanted, self.top, self.bottom))
        {
            let look = palette::look(series.place);
            let leader = vec![
                (*x, *end),
                (right + 2.0, *end),
                (right + 14.0, y),
                (right + 18.0, y),
            ];
            canvas.line(leader, Stroke::new(look.colour, 0.8));
            canvas.dot(right + 18.0, y, 3.5, look);
            let first = y - LINE * (lines.len() as f64 - 1.0) / 2.0;
            canvas.lines(lines, right + LEADER, first, LINE, LABEL);
        }
    }
}

/// The path without the points that are less than a sixth of a unit away from the line between their neighbours: the algorithm
/// of Ramer, Douglas and Peucker.
fn simplified(path: &[Place]) -> Vec<Place> {
    const LEAST: f64 = 1.0 / 6.0;
    let [first, inside @ .., last] = path else {
        return path.to_vec();
    };
    let (dx, dy) = (last.0 - first.0, last.1 - first.1);
    let length = dx.hypot(dy).max(1e-9);
    let distance =
        |place: &Place| (dx * (place.1 - first.1) - dy * (place.0 - first.0)).abs() / length;
    let farthest = inside
        .iter()
        .map(distance)
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match farthest {
        Some((index, far)) if far >= LEAST => {
            let mut kept = simplified(&path[..index + 2]);
            kept.pop();
            kept.extend(simplified(&path[index + 1..]));
            kept
        }
        _ => vec![*first, *last],
    }
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
    use super::*;

    #[test]
    fn ticks_are_whole_and_even() {
        assert_eq!(even_ticks(1.0, 49.0), [10.0, 20.0, 30.0, 40.0]);
        assert_eq!(even_ticks(0.0, 4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn a_simplified_path_keeps_its_corners() {
        let path: Vec<Place> = (0..100)
            .map(|x| (f64::from(x), if x == 40 { 5.0 } else { 0.0 }))
            .collect();
        let kept = simplified(&path);
        assert_eq!(
            kept,
            [
                (0.0, 0.0),
                (39.0, 0.0),
                (40.0, 5.0),
                (41.0, 0.0),
                (99.0, 0.0)
            ]
        );
        assert_eq!(simplified(&path[..2]), path[..2]);
    }
}
