//! Ablation: the gain of each optimization alone, added to a starting phase, and at the end, taken out of the last phase. The
//! starting phase has no optimizations, or it is the one that forecasts refer to. A phase `BASE,axis=value` is BASE with one
//! axis changed.

use harness_abtest::Interval;
use harness_record::metric::{self, Figure};
use harness_record::{Row, number};

use crate::figures::{self, Absent};
use crate::render::{Cell, Column, Table, Tone};
use crate::roadmap::change;
use crate::{ReportData, Section, charts, problems};

/// Two phases of a workload, and the axes that were changed in them.
#[derive(Debug, Clone)]
pub struct Ablation<'a> {
    /// The workload.
    pub workload: &'a str,
    /// The phase that single optimizations are added to.
    pub start: &'a str,
    /// The phase that single optimizations are taken out of.
    pub end: &'a str,
    /// The axes that were changed.
    pub axes: Vec<Axis<'a>>,
}

/// An axis that was changed.
#[derive(Debug, Clone)]
pub struct Axis<'a> {
    /// Its name.
    pub name: &'a str,
    /// The choice of the last phase; empty if the start was not measured with it.
    pub choice: &'a str,
    /// Speedup of the start with it, or the reason why it is missing.
    pub alone: Result<Figure, Absent>,
    /// Speedup of the end over the end without it, or the reason why it is missing.
    pub at_the_end: Result<Figure, Absent>,
    /// Instructions with it over those without it, alone and at the end.
    pub instructions: [Option<f64>; 2],
    /// Heap bytes with it over those without it, alone and at the end.
    pub bytes: [Option<f64>; 2],
}

/// Splits the name of a phase with one axis changed into base, axis and value.
fn parts(phase: &str) -> Option<(&str, &str, &str)> {
    let (base, change) = phase.split_once(',')?;
    let (axis, value) = change.split_once('=')?;
    (!value.contains(',')).then_some((base, axis, value))
}

/// Returns one ablation for each workload that has two phases with single axes changed, in the order of their starting phases.
pub fn ablations(report_data: &ReportData) -> Vec<Ablation<'_>> {
    let mut all: Vec<_> =
        report_data.record.workloads().into_iter().filter_map(|workload| of(report_data, workload)).collect();
    all.sort_by_key(|ablation| report_data.place(ablation.start));
    all
}

fn of<'a>(report_data: &'a ReportData, workload: &'a str) -> Option<Ablation<'a>> {
    let phases: Vec<&str> =
        report_data.record.rows.iter().filter(|row| row.workload == workload).map(|row| row.phase.as_str()).collect();
    let changed: Vec<(&str, &str, &str)> = phases.iter().filter_map(|phase| parts(phase)).collect();
    let bases =
        harness_record::distinct::distinct(changed.iter().map(|(base, ..)| *base).filter(|base| phases.contains(base)));
    let (&start, &end) = (bases.first()?, bases.last()?);
    // Both ends need several axes: a kernel in one of its implementations is not an ablation.
    let axes_of = |wanted: &str| {
        harness_record::distinct::distinct(
            changed.iter().filter(|(base, ..)| *base == wanted).map(|(_, axis, _)| *axis),
        )
    };
    let (at_start, at_end) = (axes_of(start), axes_of(end));
    if start == end || at_start.len() < 3 || at_end.len() < 3 {
        return None;
    }
    let row = |phase: &str| report_data.row(workload, phase);
    let axes = at_end.iter().map(|&axis| {
        // If several choices were tried, the first is that of the last phase.
        let choice = changed.iter().find(|(base, name, _)| *base == start && *name == axis).map(|(.., value)| *value);
        let with = choice.map(|choice| format!("{start},{axis}={choice}"));
        let without = changed.iter().find(|(base, name, _)| *base == end && *name == axis);
        let without = without.map(|(base, axis, value)| format!("{base},{axis}={value}"));
        let (with, without) = (with.and_then(|phase| row(&phase)), without.and_then(|phase| row(&phase)));
        Axis {
            name: axis,
            choice: choice.unwrap_or_default(),
            alone: speed(row(start), with),
            at_the_end: speed(without, row(end)),
            instructions: counted("instructions", [(row(start), with), (without, row(end))]),
            bytes: counted("bytes-per-token", [(row(start), with), (without, row(end))]),
        }
    });
    Some(Ablation { workload, start, end, axes: axes.collect() })
}

fn speed(base: Option<&Row>, head: Option<&Row>) -> Result<Figure, Absent> {
    figures::speed(base, head.ok_or(Absent::NotMeasured)?)
}

/// The ratio of a count in the second row of each pair to that in the first.
fn counted(metric: &str, pairs: [(Option<&Row>, Option<&Row>); 2]) -> [Option<f64>; 2] {
    pairs.map(|(base, head)| Some(figures::ratio(metric::by_name(metric)?, base, head?).ok()?.value))
}

/// The section of the report. Without measurements it has the command that takes them.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let mut section = Section::new("ablation", "Ablation");
    let ablations = ablations(report_data);
    for (ablation, named) in ablations.iter().zip(charts::ablation::CHARTS) {
        section.says.push(verdict(ablation));
        section.says.push(format!(
            "Alone: {} with one axis changed to the choice of {}, compared with the unchanged phase. At the end: {} compared with the same phase with that one axis reset to its plain choice.",
            ablation.start, ablation.end, ablation.end
        ));
        section.says.extend(outweighed(ablation));
        section.charts.extend(charts::ablation::chart(report_data, ablation, named));
        section.tables.push(table(report_data, ablation));
    }
    let against = report_data.roadmap.as_ref().map(|roadmap| roadmap.against.as_str());
    let missing = match against {
        _ if ablations.is_empty() => Some("The gain of each optimization is".to_owned()),
        Some(against) if ablations.iter().all(|ablation| ablation.start != against) => {
            Some(format!("The gain of each optimization alone on {against} is"))
        }
        _ => None,
    };
    section.missing.extend(missing.map(|what| Section::not_measured(&what, &report_data.commands.ablation)));
    Some(section)
}

/// The axis with the largest gain, and that gain.
fn largest<'a>(ablation: &Ablation<'a>, of: fn(&Axis<'_>) -> Option<f64>) -> Option<(&'a str, f64)> {
    let known = ablation.axes.iter().filter_map(|axis| Some((axis.name, of(axis)?)));
    known.max_by(|a, b| a.1.total_cmp(&b.1))
}

fn alone(axis: &Axis<'_>) -> Option<f64> {
    axis.alone.as_ref().ok().map(|figure| figure.value)
}

/// The sentence on the largest gains, alone and at the end.
fn verdict(ablation: &Ablation<'_>) -> String {
    let alone = largest(ablation, alone);
    let end = largest(ablation, |axis| axis.at_the_end.as_ref().ok().map(|figure| figure.value));
    let text = |(name, value): (&str, f64)| format!("{name} ({})", number::ratio(value));
    let Ablation { workload, start, end: last, .. } = ablation;
    match (alone, end) {
        (Some(alone), Some(end)) => {
            format!(
                "Largest speedup alone: {}; at the end: {}; from {start} to {last} in {workload}.",
                text(alone),
                text(end)
            )
        }
        (Some(axis), None) | (None, Some(axis)) => format!("Largest speedup: {} in {workload}.", text(axis)),
        (None, None) => format!("No speed was measured of {workload}."),
    }
}

/// An axis with at least this speedup alone hides the gains of all others in the time.
const OUTWEIGHS: f64 = 4.0;

/// The sentence on axes that hide the gains of the others in the time of the start.
fn outweighed(ablation: &Ablation<'_>) -> Option<String> {
    let large = ablation.axes.iter().filter(|axis| alone(axis).is_some_and(|gain| gain >= OUTWEIGHS));
    let large: Vec<&str> = large.map(|axis| axis.name).collect();
    let counted = ablation.axes.iter().any(|axis| axis.instructions[0].is_some());
    (!large.is_empty() && counted).then(|| {
        format!(
            "On {}, nearly all of the time is spent in code that {} would speed up: the gains of the other axes alone are visible in instructions, not in time.",
            ablation.start,
            large.join(" or ")
        )
    })
}

fn table(report_data: &ReportData, ablation: &Ablation<'_>) -> Table {
    let columns = vec![
        Column::left("axis", "axis"),
        Column::left("choice", "choice"),
        Column::right("alone", &format!("speed alone, on {}", ablation.start)),
        Column::right("at_the_end", &format!("speed at the end, in {}", ablation.end)),
        Column::right("instructions_alone", "instructions alone"),
        Column::right("instructions_at_the_end", "instructions at the end"),
        Column::right("bytes_alone", "heap bytes alone"),
        Column::right("bytes_at_the_end", "heap bytes at the end"),
    ];
    let mut table = Table::new(format!("{}, one axis at a time", ablation.workload), columns);
    for axis in &ablation.axes {
        let counts = axis.instructions.into_iter().chain(axis.bytes).map(|ratio| match ratio {
            None => Cell::missing(),
            Some(0.0) => Cell::number(0.0, "zero"),
            Some(ratio) => Cell::number(ratio, change(ratio, None)),
        });
        let cells = vec![
            Cell::text(axis.name),
            Cell::text(if axis.choice.is_empty() { "-" } else { axis.choice }),
            speed_cell(&axis.alone),
            speed_cell(&axis.at_the_end),
        ];
        table.rows.push(cells.into_iter().chain(counts).collect());
    }
    let rows = report_data.record.rows.iter().filter(|row| row.workload == ablation.workload);
    table.notes = problems::of(rows).iter().map(ToString::to_string).collect();
    table.notes.push(
        "[low, high] is the 95 % interval over the rounds in which both ran, or the range of all rounds if there are fewer than six. Coloured if it excludes no change. A dash: the start already has that choice, or it was not measured."
            .to_owned(),
    );
    table.notes.push(report_data.provenance([ablation.workload]));
    super::headline::drop_empty_columns(&mut table);
    table
}

fn speed_cell(speed: &Result<Figure, Absent>) -> Cell {
    let Ok(figure) = speed else { return Cell::missing() };
    let sure = |ends: &Interval| ends.excludes(1.0, metric::LEVEL);
    let tone = match figure.interval.filter(sure) {
        Some(_) if figure.value > 1.0 => Tone::Good,
        Some(_) => Tone::Bad,
        None => Tone::Plain,
    };
    Cell::number(figure.value, change(figure.value, figure.interval)).toned(tone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_phase_with_one_axis_changed_is_split() {
        assert_eq!(parts("optimized,softmax=three-loops"), Some(("optimized", "softmax", "three-loops")));
        assert_eq!(parts("optimized"), None);
        assert_eq!(parts("optimized,softmax=three-loops,gelu=scalar"), None);
        assert_eq!(parts("a,b"), None);
    }
}
