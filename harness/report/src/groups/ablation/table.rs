//! The table of an ablation: a row for each axis, one for the product of the single effects, and one for all together.

use harness_record::metric::Figure;
use harness_record::number;

use super::{ALONE, AT_THE_END, Ablation, Axis, Change, ChangeOf};
use crate::evidence::{count_change, time_change};
use crate::render::{Cell, Table, Tone};
use crate::{ReportData, problems};

/// A row of the table.
enum Line<'a> {
    Axis(&'a Axis<'a>),
    Product,
    Together(&'a Change<'a>),
}

impl Line<'_> {
    fn speed(&self, ablation: &Ablation<'_>, of: ChangeOf) -> Option<Cell> {
        let speed = match self {
            Self::Axis(axis) => of(axis).speed(),
            Self::Product => ablation.product(of),
            Self::Together(change) => change.speed(),
        };
        speed.map(|figure| speed_cell(&figure))
    }

    fn count(&self, metric: &str, of: ChangeOf) -> Option<Cell> {
        let change = match self {
            Self::Axis(axis) => of(axis),
            Self::Product => return None,
            Self::Together(change) => change,
        };
        change.count(metric).map(count_change)
    }

    /// The places where an effect was shown: alone, at the end, or nowhere.
    fn shown(&self) -> Option<&'static str> {
        let Self::Axis(axis) = self else { return None };
        let is_shown = |change: &Change<'_>| change.shown_speed().is_some();
        Some(match (is_shown(&axis.alone), is_shown(&axis.at_the_end)) {
            (true, true) => "alone and at the end",
            (true, false) => "alone",
            (false, true) => "at the end",
            (false, false) => "no effect shown",
        })
    }
}

pub(super) fn table(report_data: &ReportData, ablation: &Ablation<'_>) -> Table {
    let Ablation {
        workload,
        start,
        end,
        axes,
        together,
    } = ablation;
    let lines = axes
        .iter()
        .map(Line::Axis)
        .chain([Line::Product, Line::Together(together)]);
    let mut table = Table::of(format!("{workload}, one axis at a time"), lines)
        .left("axis", "axis", |line| match line {
            Line::Axis(axis) => axis.name.to_owned(),
            Line::Product => "product of the single effects".to_owned(),
            Line::Together(_) => format!("all together, {start} to {end}"),
        })
        .left("choice", "choice", |line| match line {
            Line::Axis(axis) => axis.choice.unwrap_or("-"),
            Line::Product | Line::Together(_) => "-",
        })
        .right("alone", &format!("speed alone, on {start}"), |line| {
            line.speed(ablation, ALONE)
        })
        .right(
            "at_the_end",
            &format!("speed at the end, in {end}"),
            |line| line.speed(ablation, AT_THE_END),
        )
        .left("effect_shown", "effect shown", |line| {
            line.shown().map_or_else(Cell::missing, Cell::text)
        });
    for (key, name, metric) in [
        ("instructions", "instructions", "instructions"),
        ("bytes", "heap bytes", "bytes-per-unit"),
    ] {
        table = table
            .right(&format!("{key}_alone"), &format!("{name} alone"), |line| {
                line.count(metric, ALONE)
            })
            .right(
                &format!("{key}_at_the_end"),
                &format!("{name} at the end"),
                |line| line.count(metric, AT_THE_END),
            );
    }
    table
        .notes(notes(report_data, ablation))
        .without_empty_columns()
}

fn notes(report_data: &ReportData, ablation: &Ablation<'_>) -> Vec<String> {
    let Ablation {
        workload,
        start,
        end,
        ..
    } = ablation;
    let record = &report_data.record;
    let rows = record.rows.iter().filter(|row| row.workload == *workload);
    let explanation = [
        format!(
            "Alone: {start} with one axis changed to the choice of {end}, compared with the unchanged phase. At the end: {end} compared with the same phase with that one axis reset to its plain choice. A dash: the start already has that choice, or it was not measured."
        ),
        "[low, high] is the 95 % interval. An effect is shown if its interval excludes no change; the others are not ranked. The interval of the product adds the logarithmic half-widths of its factors, because their errors are not independent."
            .to_owned(),
    ];
    let band = ablation.noise_band().map(|(low, high)| {
        format!(
            "Noise band, the span of the intervals that contain no change: {} to {}.",
            number::percent(low),
            number::percent(high)
        )
    });
    let problems = problems::of(rows);
    problems
        .into_iter()
        .chain(explanation)
        .chain(band)
        .chain(outweighed(ablation))
        .chain([report_data.provenance([*workload])])
        .collect()
}

fn speed_cell(figure: &Figure) -> Cell {
    Cell::number(figure.value, time_change(figure)).toned(Tone::of_speed(figure))
}

/// An axis with at least this speedup alone hides the gains of all others in the time.
const OUTWEIGHS: f64 = 4.0;

/// The note on axes that hide the gains of the others in the time of the start.
fn outweighed(ablation: &Ablation<'_>) -> Option<String> {
    let large = ablation.axes.iter().filter(|axis| {
        axis.alone
            .shown_speed()
            .is_some_and(|gain| gain.value >= OUTWEIGHS)
    });
    let large: Vec<&str> = large.map(|axis| axis.name).collect();
    let counted = ablation
        .axes
        .iter()
        .any(|axis| axis.alone.count("instructions").is_some());
    (!large.is_empty() && counted).then(|| {
        format!(
            "On {}, nearly all of the time is spent in code that {} would speed up: the gains of the other axes alone are visible in instructions, not in time.",
            ablation.start,
            large.join(" or ")
        )
    })
}
