//! The chart of an ablation: each effect alone and at the end, around the noise band.

use harness_probe::Instrument;
use harness_record::Row;
use harness_record::metric::Figure;

use super::{ALONE, AT_THE_END, Ablation, is_shown, label};
use crate::ReportData;
use crate::charts::{Named, times};
use crate::render::chart::{Chart, Effect, EffectChart, EffectKind, EffectRow};

/// The possible charts, one for each ablation: name and heading.
pub(super) const CHARTS: [(&str, &str); 2] = [
    ("ablation", "What each optimization is worth"),
    (
        "ablation-second",
        "What each optimization is worth, begun elsewhere",
    ),
];

pub(in super::super) fn chart_names() -> impl Iterator<Item = &'static str> {
    CHARTS.into_iter().map(|(name, _)| name)
}

/// The chart; none if no effect was timed.
pub(super) fn chart(
    report_data: &ReportData,
    ablation: &Ablation<'_>,
    (name, heading): (&'static str, &'static str),
) -> Option<Named> {
    let Ablation {
        workload,
        start,
        end,
        axes,
        together,
    } = ablation;
    let whole = together.speed();
    let single = axes.iter().map(|axis| {
        row(
            axis.name.replace('_', " "),
            [axis.alone.speed(), axis.at_the_end.speed()],
        )
    });
    let totals = [
        row(
            "product".to_owned(),
            [ablation.product(ALONE), ablation.product(AT_THE_END)],
        ),
        row("all together".to_owned(), [whole, None]),
    ];
    let mut rows: Vec<EffectRow> = single.chain(totals).collect();
    rows.retain(|row| row.effects.iter().any(Option::is_some));
    rows.first()?;
    let kind = |phase: &str, words: &str| EffectKind {
        name: format!("{words} {phase}"),
        place: report_data.place(phase),
    };
    let gain = match ablation.largest(ALONE) {
        Some((name, effect)) => format!(
            "{} alone gains most, {}",
            name.replace('_', " "),
            times(effect.value)
        ),
        None => "No optimization alone has a shown effect".to_owned(),
    };
    let title = match whole {
        Some(whole) => format!("{gain}; all together gain {}", times(whole.value)),
        None => gain,
    };
    let remark = "; lines are 95 % intervals, grey: no effect shown";
    let measured: Vec<&Row> = together.0.into_iter().chain(together.1).collect();
    let subtitle = report_data.subtitle(workload, &measured, Instrument::Clock, remark);
    let effects = EffectChart {
        axis: "speed with the optimization over speed without it".to_owned(),
        kinds: vec![kind(start, "alone, on"), kind(end, "at the end, in")],
        band: ablation.noise_band(),
        rows,
    };
    Some(Named {
        name,
        heading,
        chart: Chart::new(title, subtitle, effects),
    })
}

/// The row of an axis or of a total: its effects alone and at the end.
fn row(name: String, effects: [Option<Figure>; 2]) -> EffectRow {
    let [alone, at_the_end] = effects;
    let words: Vec<String> = [alone, at_the_end].iter().flatten().map(label).collect();
    let effect = |figure: Figure| Effect {
        factor: figure.value,
        interval: figure.interval,
        is_shown: is_shown(&figure),
    };
    EffectRow {
        name,
        effects: effects.map(|figure| figure.map(effect)).to_vec(),
        label: words.join(" · "),
    }
}
