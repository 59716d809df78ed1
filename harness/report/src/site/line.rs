//! A trend as a line of a table: newest value, changes and picture.

use serde::Serialize;

use super::picture::svg;
use super::{Site, Trend};
use crate::render::Tone;

/// The cells of a trend, for the templates.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) phase: String,
    pub(super) newest: String,
    /// Number of values.
    pub(super) values: usize,
    /// Number of values that do not compare with the newest one.
    pub(super) left_out: usize,
    pub(super) since_first: Share,
    pub(super) since_last: Share,
    /// SVG.
    pub(super) picture: String,
}

/// A change in percent, with the tone of a regression or an improvement if a change point is the reason.
#[derive(Debug, Serialize)]
pub(super) struct Share {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Line {
    pub(super) fn of(site: &Site, trend: &Trend) -> Self {
        let series = &trend.series;
        let last = series.points.len() - 1;
        let value = |index: usize| series.points[index].value;
        let share = |from: usize, is_step: bool| {
            if last == 0 {
                return Share {
                    text: "-".to_owned(),
                    tone: Tone::Quiet,
                };
            }
            let (from, to) = (value(from), value(last));
            Share {
                text: trend.measure.change(from, to),
                tone: if is_step {
                    Tone::of_change(trend.measure.metric, to - from)
                } else {
                    Tone::Quiet
                },
            }
        };
        let step_at_end = series.jumps.last().is_some_and(|jump| jump.point == last);
        Self {
            phase: series.phase.clone(),
            newest: trend.measure.show(value(last)),
            values: series.points.len(),
            left_out: series.redefined,
            since_first: share(0, !series.jumps.is_empty()),
            since_last: share(last.saturating_sub(1), step_at_end),
            picture: svg(site, trend),
        }
    }
}
