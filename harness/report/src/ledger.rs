//! The phase ledger: what each phase is worth against the first one and against the one before it, as the geometric mean over
//! the workloads that were measured in every phase, and workload by workload.

use harness_abtest::{Mean, geometric_mean};
use harness_record::metric::{self, Figure};
use harness_record::{Row, number};

use crate::headline::headline;
use crate::parameters::parameters;
use crate::render::{Cell, Column, Table, Tone};
use crate::{ReportData, Section, figures};

/// What a phase is worth in time or in a count.
type Worth = fn(Option<&Row>, &Row) -> Option<Figure>;

/// The phases of the headline workload in their order, and the workloads that were measured in all of them.
#[derive(Debug)]
pub struct Ladder<'a> {
    /// The phases.
    pub phases: Vec<&'a str>,
    /// The workloads.
    pub workloads: Vec<&'a str>,
}

/// The ladder of a dossier; none if there are not two phases.
pub fn ladder(report_data: &ReportData) -> Option<Ladder<'_>> {
    let record = &report_data.record;
    let headline = headline(record)?;
    let phases: Vec<&str> = record.phases().into_iter().filter(|phase| record.row(headline, phase).is_some()).collect();
    // Sweeps and matrices would outweigh everything else by their number.
    let whole = |workload: &&str| {
        parameters(workload).is_none() && phases.iter().all(|phase| record.row(workload, phase).is_some())
    };
    let workloads = record.workloads().into_iter().filter(whole).collect();
    (phases.len() > 1).then_some(Ladder { phases, workloads })
}

/// The part of the report.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let ladder = ladder(report_data)?;
    let mut section = Section::new("ledger", "Phase ledger");
    let mean = means(report_data, &ladder);
    section.says.extend(verdict(&ladder, &mean));
    section.tables.push(mean);
    section.tables.push(by_workload(report_data, &ladder));
    Some(section)
}

/// The geometric means: a row for each phase.
pub fn means(report_data: &ReportData, ladder: &Ladder<'_>) -> Table {
    let first = ladder.phases[0];
    let columns = vec![
        Column::left("phase", "phase"),
        Column::right("speed_over_first", &format!("speed, x {first}")),
        Column::right("speed_over_before", "speed, x the phase before"),
        Column::right("instructions_over_first", &format!("instructions, x {first}")),
        Column::right("instructions_over_before", "instructions, x the phase before"),
        Column::right("heap_over_first", &format!("heap bytes, x {first}")),
        Column::right("heap_over_before", "heap bytes, x the phase before"),
    ];
    let title = format!("geometric means over {} workloads", ladder.workloads.len());
    let mut table = Table::new(title, columns);
    for (index, phase) in ladder.phases.iter().enumerate() {
        let mut cells = vec![Cell::text(*phase)];
        for worth in [speed as Worth, instructions, bytes] {
            let before = index.checked_sub(1).map(|before| ladder.phases[before]);
            for base in [(index > 0).then_some(first), before] {
                cells.push(base.map_or_else(Cell::missing, |base| cell(report_data, ladder, base, phase, worth)));
            }
        }
        table.rows.push(cells);
    }
    table
        .notes
        .push(format!("Over {}; where fewer of them tell, the cell says how many.", ladder.workloads.join(", ")));
    table.notes.push(
        "[low, high] is the interval that follows from those of the workloads, whose errors do not depend on each other; it says how well these workloads were measured, not how others would fare. There is none where one of them has fewer than six rounds."
            .to_owned(),
    );
    table.notes.push(report_data.provenance(ladder.workloads.iter().copied()));
    super::headline::drop_empty_columns(&mut table);
    table
}

fn cell(report_data: &ReportData, ladder: &Ladder<'_>, base: &str, head: &str, worth: Worth) -> Cell {
    let ratio = |workload: &&str| worth(report_data.row(workload, base), report_data.row(workload, head)?);
    let ratios: Vec<Figure> = ladder.workloads.iter().filter_map(ratio).collect();
    let zeros = ratios.iter().filter(|ratio| ratio.value == 0.0).count();
    if zeros > 0 {
        let text = format!("to nothing in {zeros} of {}", ratios.len());
        return Cell { text, ..Cell::missing() }.toned(Tone::Plain);
    }
    let Some(Mean { value, interval }) =
        geometric_mean(&ratios.iter().map(|r| (r.value, r.interval)).collect::<Vec<_>>())
    else {
        return Cell::missing();
    };
    let told = interval.map_or_else(|| number::ratio(value), |ends| number::ratio_range(value, &ends));
    let few = ratios.len() < ladder.workloads.len();
    Cell::number(value, if few { format!("{told} ({} workloads)", ratios.len()) } else { told })
}

fn speed(base: Option<&Row>, head: &Row) -> Option<Figure> {
    figures::speed(base, head).ok()
}

fn instructions(base: Option<&Row>, head: &Row) -> Option<Figure> {
    figures::ratio(metric::by_name("instructions")?, base, head).ok()
}

fn bytes(base: Option<&Row>, head: &Row) -> Option<Figure> {
    figures::ratio(metric::by_name("bytes-per-token")?, base, head).ok()
}

/// Each workload with the speed of each phase over the first and over the one before.
fn by_workload(report_data: &ReportData, ladder: &Ladder<'_>) -> Table {
    let mut columns = vec![Column::left("workload", "workload"), Column::left("against", "speed against")];
    columns.extend(ladder.phases[1..].iter().map(|phase| Column::right(phase, phase)));
    let mut table = Table::new("workload by workload", columns);
    for workload in &ladder.workloads {
        for (against, first) in [(ladder.phases[0], true), ("the phase before", false)] {
            let mut cells = vec![Cell::text(*workload), Cell::text(against)];
            for (index, phase) in ladder.phases.iter().enumerate().skip(1) {
                let base = if first { ladder.phases[0] } else { ladder.phases[index - 1] };
                let figure =
                    report_data.row(workload, phase).and_then(|head| speed(report_data.row(workload, base), head));
                cells.push(figure.map_or_else(Cell::missing, |figure| {
                    let told = figure.interval.map(|ends| number::ratio_range(figure.value, &ends));
                    Cell::number(figure.value, told.unwrap_or_else(|| number::ratio(figure.value)))
                }));
            }
            table.rows.push(cells);
        }
    }
    table.notes.push(
        "Speed is the median over the rounds that both phases took part in; [low, high] is its 95 % interval, or the span of all rounds where they are fewer than six."
            .to_owned(),
    );
    table.notes.push(report_data.provenance(ladder.workloads.iter().copied()));
    table
}

/// The step that is worth most.
fn verdict(ladder: &Ladder<'_>, means: &Table) -> Option<String> {
    let place = means.columns.iter().position(|column| column.key == "speed_over_before")?;
    let value = |index: &usize| means.rows[*index][place].value.as_f64().unwrap_or(f64::NEG_INFINITY);
    let largest = (1..ladder.phases.len()).max_by(|a, b| value(a).total_cmp(&value(b)))?;
    let told = &means.rows[largest][place].text;
    Some(format!(
        "The largest step is {}: {told} the speed of {}, geometric mean over {} workloads.",
        ladder.phases[largest],
        ladder.phases[largest - 1],
        ladder.workloads.len()
    ))
}
