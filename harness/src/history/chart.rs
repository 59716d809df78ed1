//! The history of a metric as a chart.

use super::table::day;
use super::{Jump, Moment, Question, Series};
use crate::metric::Quantity;
use crate::render::chart::{self, Chart, Event, LineChart};
use crate::render::number;

/// So many lines can be told apart.
const MOST_LINES: usize = 7;

/// A line for each series, those that changed before those that did not; the largest changes are marked. None where no line has
/// two points above zero, which a logarithmic axis cannot show.
pub fn chart(series: &[Series], moments: &[Moment], question: &Question<'_>) -> Option<Chart> {
    let is_shown = |one: &&Series| one.points.iter().filter(|point| point.value > 0.0).count() > 1;
    let mut shown: Vec<&Series> = series.iter().filter(is_shown).collect();
    shown.sort_by_key(|one| one.jumps.is_empty());
    let beyond = shown.len().saturating_sub(MOST_LINES);
    shown.truncate(MOST_LINES);
    let (first, last) = (moments.first()?, moments.last()?);
    let line = |(place, one): (usize, &&Series)| {
        let points = one.points.iter().filter(|point| point.value > 0.0);
        let label = format!("{} {}", question.show(one.points[one.points.len() - 1].value), one.workload);
        chart::Series {
            name: one.workload.clone(),
            place,
            label,
            points: points
                .map(|point| chart::Point { x: point.moment as f64 + 1.0, y: point.value, band: None })
                .collect(),
        }
    };
    if shown.is_empty() {
        return None;
    }
    let jumps = jumps(&shown);
    let mut events: Vec<Event> = Vec::new();
    for (one, jump) in &jumps {
        let moment = one.points[jump.point].moment;
        let x = moment as f64 + 1.0;
        if events.len() < 4 && events.iter().all(|event| event.x != x) {
            let label = moments[moment]
                .commit
                .as_ref()
                .map_or_else(|| day(&moments[moment]), |commit| commit.short().to_owned());
            events.push(Event { x, label });
        }
    }
    let left_out = if beyond > 0 { format!("; {beyond} more workloads are not drawn") } else { String::new() };
    Some(Chart::Lines(LineChart {
        title: title(&jumps, moments, question, series.len()),
        subtitle: format!("{}{left_out}.", question.title()),
        x_axis: format!("states, from {} to {}", day(first), day(last)),
        y_axis: question.metric.title().to_owned(),
        quantity: if question.metric.portable() { question.metric.quantity() } else { Quantity::Blocks },
        series: shown.iter().enumerate().map(line).collect(),
        events,
    }))
}

/// Every change, the largest first.
fn jumps<'a>(series: &[&'a Series]) -> Vec<(&'a Series, &'a Jump)> {
    let size = |jump: &Jump| (jump.to.ln_1p() - jump.from.ln_1p()).abs();
    let mut jumps: Vec<(&Series, &Jump)> =
        series.iter().flat_map(|one| one.jumps.iter().map(move |jump| (*one, jump))).collect();
    jumps.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    jumps
}

fn title(jumps: &[(&Series, &Jump)], moments: &[Moment], question: &Question<'_>, count: usize) -> String {
    let metric = question.metric.title();
    let Some((one, jump)) = jumps.first() else {
        let plural = if count == 1 { "workload" } else { "workloads" };
        return format!("No change of {metric} in {count} {plural} over {} states", moments.len());
    };
    let moment = &moments[one.points[jump.point].moment];
    let place = moment.commit.as_ref().map_or_else(|| day(moment), |commit| format!("{:?}", commit.subject));
    let verb = if jump.to < jump.from { "fell" } else { "rose" };
    let by = match jump.from {
        0.0 => format!("from 0 to {}", question.show(jump.to)),
        from => format!("by {}", number::percent(jump.to / from).trim_start_matches(['+', '-'])),
    };
    format!("{}: {metric} {verb} {by} with {place}", one.workload)
}
