//! Burn-up chart: a panel for each target with its measurements over time, from the starting point up to the target, and the
//! planned date.

use crate::render::chart::Drawing;
use crate::render::chart::bullet_chart::Wanted;
use crate::render::chart::canvas::{Canvas, Place, Stroke};
use crate::render::chart::columns::{COLUMN, Columns};
use crate::render::chart::header::{LINE, TICK, legend, remark};
use crate::render::chart::palette::{self, Colour};

/// A burn-up chart.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnUp {
    /// The starting point and the direction of the vertical axis, in a sentence.
    pub axis: String,
    /// First and last time of the horizontal axis, in seconds since any moment, each with its date.
    pub ends: [(f64, String); 2],
    /// The panels, in reading order.
    pub panels: Vec<BurnUpPanel>,
}

/// A target over time. All values are changes for the better since the starting point.
#[derive(Debug, Clone, PartialEq)]
pub struct BurnUpPanel {
    /// The phase and the metric.
    pub name: String,
    /// The text below the name.
    pub label: String,
    /// Index of the phase, which selects the colour.
    pub place: usize,
    /// The target.
    pub wanted: Wanted,
    /// Time at which it is planned to be reached.
    pub planned: Option<f64>,
    /// The measurements from the oldest to the newest.
    pub points: Vec<BurnUpPoint>,
}

/// A measurement at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnUpPoint {
    /// The time.
    pub time: f64,
    /// The change for the better.
    pub value: f64,
    /// The ends of its interval.
    pub ends: Option<(f64, f64)>,
}

/// Height of the plot of a panel.
const PLOT: f64 = 56.0;
/// Distance of the marks from the sides of a panel.
const INSET: f64 = 6.0;
/// Share of the height of a plot that is below the starting point, for changes for the worse.
const WORSE: f64 = 0.12;

impl Drawing for BurnUp {
    fn draw(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let names = ["measured", "target", "planned date"];
        let top = legend(canvas, top, names, |canvas, index, x, y| match index {
            0 => canvas.dot(x + 12.0, y, 3.5, palette::look(6)),
            1 => canvas.strokes(vec![[(x, y), (x + 24.0, y)]], Colour::Muted, 2.0),
            _ => canvas.line(vec![(x + 12.0, y - 7.0), (x + 12.0, y + 7.0)], PLANNED),
        });
        let top = remark(canvas, &self.axis, top) + 8.0;
        let columns = Columns {
            label_lines: 3,
            above: 6.0,
            below: PLOT + LINE + 26.0,
        };
        columns.draw(
            canvas,
            top,
            &self.panels,
            |panel| (&panel.name, &panel.label),
            |canvas, panel, left, top| self.plot(panel, left, top).draw(canvas, panel, self),
        )
    }
}

/// The line of a planned date.
const PLANNED: Stroke = Stroke {
    colour: Colour::Phase(5),
    width: 1.5,
    dashed: true,
};

/// The place and the scale of a panel.
struct Plot {
    left: f64,
    top: f64,
    start: f64,
    seconds: f64,
    /// The change at the top.
    most: f64,
}

impl BurnUp {
    fn plot(&self, panel: &BurnUpPanel, left: f64, top: f64) -> Plot {
        let (start, end) = (self.ends[0].0, self.ends[1].0);
        let target = panel.wanted.near.abs().max(panel.wanted.far.abs());
        let values = panel.points.iter().map(|point| point.value.abs());
        let most = match target > 0.0 {
            true => target,
            false => values.filter(|value| value.is_finite()).fold(0.0, f64::max),
        };
        Plot {
            left,
            top,
            start,
            seconds: if end > start { end - start } else { 1.0 },
            most: if most > 0.0 { 1.25 * most } else { 1.0 },
        }
    }
}

impl Plot {
    fn x(&self, time: f64) -> f64 {
        let share = ((time - self.start) / self.seconds).clamp(0.0, 1.0);
        self.left + INSET + share * (COLUMN - 2.0 * INSET)
    }

    fn y(&self, change: f64) -> f64 {
        let share = WORSE + (1.0 - WORSE) * (change / self.most);
        self.top + PLOT - share.clamp(0.0, 1.0) * PLOT
    }

    fn draw(&self, canvas: &mut Canvas, panel: &BurnUpPanel, chart: &BurnUp) {
        let (from, to) = (self.left, self.left + COLUMN);
        let across = |y: f64| [(from, y), (to, y)];
        canvas.strokes(vec![across(self.y(0.0))], Colour::Rule, 1.0);
        let (near, far) = (self.y(panel.wanted.near), self.y(panel.wanted.far));
        if far < near - 2.0 {
            let [a, b] = across(near);
            let [d, c] = across(far);
            canvas.area(vec![a, b, c, d], Colour::Muted);
        }
        canvas.strokes(vec![across(near)], Colour::Muted, 2.0);
        let base = self.top + PLOT + 5.0;
        canvas.strokes(vec![across(base)], Colour::Muted, 1.0);
        if let Some(planned) = panel.planned {
            let x = self.x(planned);
            canvas.line(vec![(x, self.top), (x, base)], PLANNED);
        }
        let [(_, first), (_, last)] = &chart.ends;
        canvas.words(first, from, base + 12.0, TICK);
        canvas.words(last, to, base + 12.0, TICK.ending());
        let look = palette::look(panel.place);
        let is_finite = |point: &&BurnUpPoint| point.time.is_finite() && point.value.is_finite();
        let points: Vec<&BurnUpPoint> = panel.points.iter().filter(is_finite).collect();
        let place = |point: &&BurnUpPoint| -> Place { (self.x(point.time), self.y(point.value)) };
        canvas.described(&format!("{}: {}", panel.name, panel.label), |canvas| {
            canvas.line(
                points.iter().map(place).collect(),
                Stroke::new(look.colour, 1.0),
            );
            for point in &points {
                let (x, y) = place(point);
                canvas.dot(x, y, 3.0, look);
                if let Some((low, high)) = point.ends {
                    canvas.interval(
                        [(x, self.y(low)), (x, self.y(high))],
                        (4.0, 0.0),
                        Colour::Ink,
                    );
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_has_its_target_below_the_top_and_every_mark_inside() {
        let panel = |near: f64, far: f64| BurnUpPanel {
            name: String::new(),
            label: String::new(),
            place: 0,
            wanted: Wanted { near, far },
            planned: None,
            points: Vec::new(),
        };
        let chart = BurnUp {
            axis: String::new(),
            ends: [(10.0, "a".to_owned()), (20.0, "b".to_owned())],
            panels: Vec::new(),
        };
        let plot = chart.plot(&panel(0.25, 0.5), 0.0, 0.0);
        assert!(plot.y(0.5) > 0.0 && plot.y(0.5) < plot.y(0.25));
        assert!(plot.y(0.25) < plot.y(0.0) && plot.y(0.0) < PLOT);
        assert_eq!(plot.y(1e9), 0.0);
        assert_eq!((plot.x(0.0), plot.x(99.0)), (INSET, COLUMN - INSET));
        assert!(chart.plot(&panel(0.0, 0.0), 0.0, 0.0).y(0.0).is_finite());
    }
}
