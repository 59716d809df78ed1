//! The waterfall of an ablation: the gain of each optimization alone, from the start to the end, and the gain of the
//! combination.

use harness_abtest::Interval;
use harness_probe::Instrument;
use harness_record::number;

use crate::ablation::{Ablation, Axis};
use crate::charts::Named;
use crate::charts::by_phase::times;
use crate::render::chart::{Bar, Chart, Waterfall};
use crate::{ReportData, figures, provenance};

/// The possible charts, one for each ablation: name and heading.
pub(crate) const CHARTS: [(&str, &str); 2] = [
    ("ablation", "What each optimization is worth"),
    ("ablation-second", "What each optimization is worth, begun elsewhere"),
];

/// The waterfall; none if the two ends were not timed side by side.
pub(crate) fn chart(
    report_data: &ReportData,
    ablation: &Ablation<'_>,
    (name, heading): (&'static str, &'static str),
) -> Option<Named> {
    let row = |phase: &str| report_data.row(ablation.workload, phase);
    let whole = figures::speed(row(ablation.start), row(ablation.end)?).ok()?;
    let mut axes: Vec<(&Axis<'_>, f64, Option<Interval>)> = ablation
        .axes
        .iter()
        .filter_map(|axis| Some((axis, axis.alone.as_ref().ok()?.value, axis.alone.as_ref().ok()?.interval)))
        .collect();
    axes.sort_by(|a, b| b.1.total_cmp(&a.1));
    let known = axes.first().is_some_and(|(_, gain, _)| *gain > 0.0);
    if !known {
        return None;
    }
    let mut at = 1.0;
    let mut bars = Vec::new();
    for (axis, gain, interval) in &axes {
        let to = at * gain;
        let end = axis.at_the_end.as_ref().ok().map(|end| format!(" · {} at the end", number::ratio(end.value)));
        bars.push(Bar {
            name: axis.name.replace('_', " "),
            from: at,
            to,
            interval: interval.map(|ends| Interval { low: at * ends.low, high: at * ends.high, ..ends }),
            place: None,
            label: format!("{} alone{}", number::ratio(*gain), end.unwrap_or_default()),
        });
        at = to;
    }
    let together = whole.value / at;
    bars.push(Bar {
        name: if together >= 1.0 { "only together" } else { "overlap" }.to_owned(),
        from: at,
        to: whole.value,
        interval: None,
        place: None,
        label: number::ratio(together),
    });
    bars.push(Bar {
        name: ablation.end.to_owned(),
        from: 1.0,
        to: whole.value,
        interval: whole.interval,
        place: Some(report_data.place(ablation.end)),
        label: format!("{} {}", number::ratio(whole.value), ablation.start),
    });
    let rows = [ablation.start, ablation.end].into_iter().filter_map(row);
    let (first, gain, _) = axes[0];
    let more = if together >= 1.0 {
        format!("the combination adds {}", times(together))
    } else {
        format!("the gains overlap by {}", times(1.0 / together))
    };
    Some(Named {
        name,
        heading,
        chart: Chart::Waterfall(Waterfall {
            title: format!("{} alone gains most, {}; {more}", first.name.replace('_', " "), times(gain)),
            subtitle: format!(
                "{}, {}; each bar is one optimization alone on {}, with its 95 % interval as a line, or the range of all rounds if there are fewer than six. {}.",
                ablation.workload,
                provenance::conditions(rows, &[Instrument::Clock]),
                ablation.start,
                report_data.provenance_of(Instrument::Clock, [ablation.workload])
            ),
            axis: format!("speed over {}", ablation.start),
            bars,
        }),
    })
}
