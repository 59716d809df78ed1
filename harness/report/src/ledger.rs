//! The speedup of each phase over the first phase and over the previous one: geometric means over the workloads that were
//! measured in every phase, and each workload alone.

use harness_abtest::{Mean, geometric_mean};
use harness_record::Row;
use harness_record::metric::{self, Figure};

use crate::groups::parameters;
use crate::headline::headline;
use crate::render::{Cell, Table, Tone};
use crate::{ReportData, Section, figures};

/// The ratio of a phase to another one, in speed or in a count.
type RatioOf = fn(Option<&Row>, &Row) -> Option<Figure>;

/// The phases of the headline workload in their order, and the workloads that were measured in all of them.
#[derive(Debug)]
pub struct Ladder<'a> {
    /// The phases.
    pub phases: Vec<&'a str>,
    /// The workloads.
    pub workloads: Vec<&'a str>,
}

/// Returns the phases and their common workloads; none if there are fewer than two phases.
pub fn ladder(report_data: &ReportData) -> Option<Ladder<'_>> {
    let record = &report_data.record;
    let headline = headline(record)?;
    let phases: Vec<&str> = record
        .phases()
        .into_iter()
        .filter(|phase| record.row(headline, phase).is_some())
        .collect();
    // Sweeps and matrices have so many workloads that they would dominate the mean.
    let whole = |workload: &&str| {
        parameters(workload).is_none()
            && phases
                .iter()
                .all(|phase| record.row(workload, phase).is_some())
    };
    let workloads = record.workloads().into_iter().filter(whole).collect();
    (phases.len() > 1).then_some(Ladder { phases, workloads })
}

/// The section of the report; none if there are fewer than two phases.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let ladder = ladder(report_data)?;
    let mut section = Section {
        id: "ledger",
        title: "Speedup by phase",
        ..Section::default()
    };
    let means = means(report_data, &ladder);
    section.says.extend(verdict(&ladder, &means));
    section
        .tables
        .extend([means, by_workload(report_data, &ladder)]);
    Some(section)
}

/// The table of geometric means, one row for each phase.
pub fn means(report_data: &ReportData, ladder: &Ladder<'_>) -> Table {
    let first = ladder.phases[0];
    let title = format!("geometric means over {} workloads", ladder.workloads.len());
    let rows = ladder.phases.iter().enumerate().map(|(index, phase)| {
        let before = index.checked_sub(1).map(|before| ladder.phases[before]);
        (*phase, before.map(|_| first), before)
    });
    let mut table = Table::of(title, rows).left("phase", "phase", |(phase, ..)| *phase);
    let quantities: [(&str, &str, RatioOf); 3] = [
        ("speed", "speed", speed),
        ("instructions", "instructions", |base, head| {
            count("instructions", base, head)
        }),
        ("heap", "heap bytes", |base, head| {
            count("bytes-per-token", base, head)
        }),
    ];
    for (key, name, ratio_of) in quantities {
        let mean =
            |base: Option<&str>, head: &str| mean(report_data, ladder, base?, head, ratio_of);
        table = table
            .right(
                &format!("{key}_over_first"),
                &format!("{name}, x {first}"),
                |(phase, first, _)| mean(*first, phase),
            )
            .right(
                &format!("{key}_over_before"),
                &format!("{name}, x previous phase"),
                |(phase, _, before)| mean(*before, phase),
            );
    }
    let notes = [
        format!("Mean over {}; a cell over fewer workloads gives their number.", ladder.workloads.join(", ")),
        "[low, high] is the confidence interval of the mean, computed from those of the workloads, whose errors are independent. It covers the error of measuring these workloads and does not predict others. It is missing if a workload has fewer than six rounds."
            .to_owned(),
        report_data.provenance(ladder.workloads.iter().copied()),
    ];
    table.notes(notes).without_empty_columns()
}

fn mean(
    report_data: &ReportData,
    ladder: &Ladder<'_>,
    base: &str,
    head: &str,
    ratio_of: RatioOf,
) -> Option<Cell> {
    let ratio = |workload: &&str| {
        ratio_of(
            report_data.row(workload, base),
            report_data.row(workload, head)?,
        )
    };
    let ratios: Vec<Figure> = ladder.workloads.iter().filter_map(ratio).collect();
    let zeros = ratios.iter().filter(|ratio| ratio.value == 0.0).count();
    if zeros > 0 {
        let text = format!("zero in {zeros} of {}", ratios.len());
        return Some(Cell::no_number(text).toned(Tone::Plain));
    }
    let Mean { value, interval } = geometric_mean(
        &ratios
            .iter()
            .map(|ratio| (ratio.value, ratio.interval))
            .collect::<Vec<_>>(),
    )?;
    let mut cell = Cell::ratio(Figure::with_interval(value, interval));
    if ratios.len() < ladder.workloads.len() {
        cell.text += &format!(" ({} workloads)", ratios.len());
    }
    Some(cell)
}

fn speed(base: Option<&Row>, head: &Row) -> Option<Figure> {
    figures::speed(base, head).ok()
}

fn count(metric: &str, base: Option<&Row>, head: &Row) -> Option<Figure> {
    figures::ratio(metric::by_name(metric)?, base, head).ok()
}

/// The table of workloads, each with the speed of each phase over the first and over the previous one.
fn by_workload(report_data: &ReportData, ladder: &Ladder<'_>) -> Table {
    let rows = ladder
        .workloads
        .iter()
        .flat_map(|workload| [(*workload, true), (*workload, false)]);
    let mut table = Table::of("workload by workload", rows)
        .left("workload", "workload", |(workload, _)| *workload)
        .left("against", "speed over", |(_, first)| {
            if *first {
                ladder.phases[0]
            } else {
                "previous phase"
            }
        });
    for pair in ladder.phases.windows(2) {
        let [before, phase] = [pair[0], pair[1]];
        table = table.right(phase, phase, |(workload, first)| {
            let base = if *first { ladder.phases[0] } else { before };
            speed(
                report_data.row(workload, base),
                report_data.row(workload, phase)?,
            )
            .map(Cell::ratio)
        });
    }
    table.notes([
        "Speed is the median ratio over the rounds in which both phases ran. [low, high] is its 95 % interval, or the range of all rounds if there are fewer than six."
            .to_owned(),
        report_data.provenance(ladder.workloads.iter().copied()),
    ])
}

/// The sentence on the largest step.
fn verdict(ladder: &Ladder<'_>, means: &Table) -> Option<String> {
    let place = means
        .columns
        .iter()
        .position(|column| column.key == "speed_over_before")?;
    let value = |index: &usize| {
        means.rows[*index][place]
            .value
            .as_f64()
            .unwrap_or(f64::NEG_INFINITY)
    };
    let largest = (1..ladder.phases.len()).max_by(|a, b| value(a).total_cmp(&value(b)))?;
    let ratio = &means.rows[largest][place].text;
    Some(format!(
        "The largest step is {}: {ratio} the speed of {}, geometric mean over {} workloads.",
        ladder.phases[largest],
        ladder.phases[largest - 1],
        ladder.workloads.len()
    ))
}
