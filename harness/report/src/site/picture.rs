//! A trend as a small SVG without text: a line over the records, with a dot at each change point and at the newest value.

use std::fmt::Write;

use harness_record::history::TIME_NOISE;

use super::{Origin, Site, Trend};

/// Size of the picture in pixels.
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 40.0;
/// Distance of the line from the edges, so that no dot is cut.
const EDGE: f64 = 4.0;
/// Width of the columns that points are merged in. A column keeps its lowest and its highest value.
const COLUMN: f64 = 2.0;
/// Smallest range of times that fills the height, as a share of their middle.
const SMALLEST_RANGE: f64 = 10.0 * TIME_NOISE;

/// Draws the trend. All trends of one origin have the same horizontal axis.
pub(super) fn svg(site: &Site, trend: &Trend) -> String {
    let points = &trend.series.points;
    let last_moment = site.moments(trend.origin).len().saturating_sub(1);
    let values = || points.iter().map(|point| point.value);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let middle = (low + high) / 2.0;
    // Otherwise the noise of times would fill the height.
    let smallest = if trend.measure.is_count() {
        0.0
    } else {
        SMALLEST_RANGE * middle
    };
    let range = (high - low).max(smallest);
    let x = |moment: usize| {
        let share = moment as f64 / last_moment.max(1) as f64;
        EDGE + share * (WIDTH - 2.0 * EDGE)
    };
    let y = |value: f64| {
        let share = if range > 0.0 {
            (value - middle) / range
        } else {
            0.0
        };
        // Rounded as it is written, so that equal heights are equal.
        (10.0 * (HEIGHT / 2.0 - share * (HEIGHT - 2.0 * EDGE))).round() / 10.0
    };
    let place = |index: usize| (x(points[index].moment), y(points[index].value));
    let what = match trend.origin {
        Origin::Records => "records",
        Origin::Baselines => "states of the baseline",
    };
    let show = |value| trend.measure.show(value);
    let mut svg = format!(
        r#"<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{} {what}, from {} to {}, now {}">"#,
        points.len(),
        show(low),
        show(high),
        points
            .last()
            .map_or_else(String::new, |point| show(point.value)),
    );
    let line = merged((0..points.len()).map(place));
    let mut path = String::new();
    for (index, (x, y)) in line.into_iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{x:.1} {y:.1}");
    }
    let _ = write!(svg, r#"<path d="{path}"/>"#);
    let mut dot = |class: &str, (x, y): (f64, f64)| {
        let _ = write!(
            svg,
            r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="3"/>"#
        );
    };
    dot("newest", place(points.len() - 1));
    for jump in &trend.series.jumps {
        let worse = trend.measure.metric.worse(jump.from, jump.to) > 0.0;
        dot(if worse { "bad" } else { "good" }, place(jump.point));
    }
    svg.push_str("</svg>");
    svg
}

/// Merges the points of each column into its lowest and its highest point, in their order. Points within a level line are
/// left out.
fn merged(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::new();
    let mut column: Option<(f64, Extremes)> = None;
    for (index, point) in points.enumerate() {
        let start = (point.0 / COLUMN).floor();
        match &mut column {
            Some((known, extremes)) if *known == start => extremes.add(index, point),
            _ => {
                line.extend(
                    column
                        .take()
                        .into_iter()
                        .flat_map(|(_, extremes)| extremes.line()),
                );
                column = Some((start, Extremes::of(index, point)));
            }
        }
    }
    line.extend(column.into_iter().flat_map(|(_, extremes)| extremes.line()));
    let ends = |index: usize| index == 0 || index + 1 == line.len();
    let is_level =
        |index: usize| line[index - 1].1 == line[index].1 && line[index].1 == line[index + 1].1;
    let kept = (0..line.len()).filter(|&index| ends(index) || !is_level(index));
    kept.map(|index| line[index]).collect()
}

/// The lowest and the highest point of a column, with their indices.
struct Extremes {
    low: (usize, (f64, f64)),
    high: (usize, (f64, f64)),
}

impl Extremes {
    fn of(index: usize, point: (f64, f64)) -> Self {
        Self {
            low: (index, point),
            high: (index, point),
        }
    }

    fn add(&mut self, index: usize, point: (f64, f64)) {
        if point.1 < self.low.1.1 {
            self.low = (index, point);
        }
        if point.1 > self.high.1.1 {
            self.high = (index, point);
        }
    }

    fn line(self) -> Vec<(f64, f64)> {
        let mut both = vec![self.low, self.high];
        both.sort_by_key(|(index, _)| *index);
        both.dedup_by_key(|(index, _)| *index);
        both.into_iter().map(|(_, point)| point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_its_extremes_in_their_order() {
        let points = [(0.0, 5.0), (0.5, 9.0), (1.0, 1.0), (1.9, 4.0), (2.0, 7.0)];
        assert_eq!(
            merged(points.into_iter()),
            [(0.5, 9.0), (1.0, 1.0), (2.0, 7.0)]
        );
        let many = (0..10_000).map(|index| (f64::from(index) / 100.0, f64::from(index % 7)));
        assert_eq!(merged(many).len(), 2 * 50);
        let level =
            (0..100).map(|index| (f64::from(index) * 3.0, if index < 50 { 1.0 } else { 2.0 }));
        assert_eq!(
            merged(level),
            [(0.0, 1.0), (147.0, 1.0), (150.0, 2.0), (297.0, 2.0)]
        );
        assert_eq!(merged(std::iter::empty()), []);
    }
}
