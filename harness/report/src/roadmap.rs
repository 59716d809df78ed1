//! Progress on the roadmap: for each target, the measurement with its interval, the status, and the change that remains.

use harness_judge::roadmap::{Measured, TargetStatus, measure, stand};
use harness_record::metric::{Better, Metric};
use harness_record::number;
use harness_record::roadmap::{Phase, Roadmap, Target};

use crate::figures::{self, Absent};
use crate::render::{Cell, Column, Table, Tone};
use crate::section::counted;
use crate::{ReportData, Section, charts};

/// A target and its measurement.
#[derive(Debug, Clone)]
pub struct Progress<'a> {
    /// The phase.
    pub phase: &'a Phase,
    /// The target.
    pub target: &'a Target,
    /// The ratio to the reference phase of the roadmap, or the figure itself; or the reason why it is missing.
    pub measured: Result<Measured, Absent>,
    /// The status; none if nothing was measured.
    pub standing: Option<TargetStatus>,
}

/// Returns every target of a roadmap with its measurement, in order.
pub fn progress<'a>(report_data: &ReportData, roadmap: &'a Roadmap) -> Vec<Progress<'a>> {
    let targets = roadmap.phases.iter().flat_map(|phase| phase.targets.iter().map(move |target| (phase, target)));
    targets
        .map(|(phase, target)| {
            let measured = measured(report_data, roadmap, &phase.name, target.metric, target.range.relative);
            let standing =
                measured.as_ref().ok().map(|measured| stand(measured, &target.range, target.metric.better()));
            Progress { phase, target, measured, standing }
        })
        .collect()
}

/// The measurement of a phase: a ratio, or the figure itself.
fn measured(
    report_data: &ReportData,
    roadmap: &Roadmap,
    phase: &str,
    metric: &'static dyn Metric,
    relative: bool,
) -> Result<Measured, Absent> {
    let row = report_data.row(&roadmap.workload, phase);
    let figure = match (relative, row) {
        (true, Some(row)) => figures::ratio(metric, report_data.row(&roadmap.workload, &roadmap.against), row)?,
        (_, row) => figures::figure(metric, row)?,
    };
    if row.is_some_and(|row| !figures::trusted(row)) {
        return Err(Absent::AnswerNotRight);
    }
    Ok(measure(figure, metric))
}

/// The section of the report; none without a roadmap.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let roadmap = report_data.roadmap.as_ref()?;
    let mut section = Section::new("roadmap", "Roadmap progress");
    let progress = progress(report_data, roadmap);
    section.says.push(verdict(&progress));
    section.says.push(format!(
        "The targets come from {}. Changes are relative to the phase {}, measured with the same workload, {}.",
        roadmap.source, roadmap.against, roadmap.workload
    ));
    section.charts = charts::roadmap::charts(report_data, roadmap);
    section.tables.push(table(report_data, roadmap, &progress));
    if progress.iter().any(|one| one.measured.is_err()) {
        section.missing.push(Section::not_measured("Some targets are", "cargo harness run"));
    }
    Some(section)
}

/// One sentence that counts the targets by status.
pub fn verdict(progress: &[Progress<'_>]) -> String {
    let count = |wanted: Option<TargetStatus>| progress.iter().filter(|one| one.standing == wanted).count();
    if progress.is_empty() {
        return "The roadmap has no targets.".to_owned();
    }
    let counts = [
        (count(Some(TargetStatus::Ahead)), "ahead"),
        (count(Some(TargetStatus::Met)), "met"),
        (count(Some(TargetStatus::Missed)), "missed"),
        (count(Some(TargetStatus::Unclear)), "unclear"),
        (count(None), "not measured"),
    ];
    counted("targets", &counts)
}

/// A row for each target.
pub fn table(report_data: &ReportData, roadmap: &Roadmap, progress: &[Progress<'_>]) -> Table {
    let columns = vec![
        Column::left("phase", "phase"),
        Column::left("when", "when"),
        Column::left("metric", "metric"),
        Column::right("target", "target"),
        Column::right("measured", "measured"),
        Column::right("figure", "value"),
        Column::left("standing", "status"),
        Column::right("remains", "still needed"),
        Column::left("stated", "figure in the source"),
    ];
    let mut table = Table::new(format!("{}, targets and measurements", roadmap.workload), columns);
    for one in progress {
        let metric = one.target.metric;
        let row = report_data.row(&roadmap.workload, &one.phase.name);
        let figure = figures::figure(metric, row).ok();
        table.rows.push(vec![
            Cell::text(&one.phase.title),
            Cell::text(&one.phase.when),
            Cell::text(metric.title()),
            Cell::number(one.target.range.near, one.target.range.text(metric)),
            measured_cell(one),
            figure.map_or_else(Cell::missing, |figure| {
                Cell::number(figure.value, number::figure(metric.quantity(), &figure))
            }),
            standing_cell(one),
            remains(one),
            Cell::text(&one.target.stated),
        ]);
    }
    table.notes = vec![
        format!(
            "Measured: the change relative to {}, with its interval. Ahead: the whole interval is better than the target's far end. Met: the whole interval reaches the near end. Missed: the whole interval falls short of the near end. Unclear: the near end lies inside the interval, or there were fewer than six rounds.",
            roadmap.against
        ),
        "Figures in the source come from another machine and engine. They are shown, never compared.".to_owned(),
        report_data.provenance([roadmap.workload.as_str()]),
    ];
    table.notes.retain(|note| !note.is_empty());
    table
}

fn measured_cell(one: &Progress<'_>) -> Cell {
    let metric = one.target.metric;
    match &one.measured {
        Err(absent) => Cell { text: absent.to_string(), ..Cell::missing() }.toned(Tone::Notice),
        Ok(Measured { figure, .. }) if one.target.range.relative => {
            Cell::number(figure.value, change(figure.value, figure.interval))
        }
        Ok(Measured { figure, .. }) => Cell::number(figure.value, number::figure(metric.quantity(), figure)),
    }
}

/// A ratio as a change with the ends of its interval: `+34 % [+30 %, +41 %]`; a factor below 0.1 or above 3.
pub(super) fn change(value: f64, interval: Option<harness_abtest::Interval>) -> String {
    if !(0.1..=3.0).contains(&value) {
        return interval.map_or_else(|| number::ratio(value), |ends| number::ratio_range(value, &ends));
    }
    let percent = |value: f64| format!("{:+.1} %", (value - 1.0) * 100.0);
    match interval {
        Some(ends) => format!("{} [{}, {}]", percent(value), percent(ends.low), percent(ends.high)),
        None => number::percent(value),
    }
}

fn standing_cell(one: &Progress<'_>) -> Cell {
    match one.standing {
        None => Cell::text("not measured").toned(Tone::Notice),
        Some(standing) => Cell::text(standing.name()).toned(match standing {
            TargetStatus::Ahead | TargetStatus::Met => Tone::Good,
            TargetStatus::Missed => Tone::Bad,
            TargetStatus::Unclear => Tone::Notice,
        }),
    }
}

/// The change of the measured figure that reaches the near end of the target.
fn remains(one: &Progress<'_>) -> Cell {
    let Ok(Measured { figure, .. }) = &one.measured else { return Cell::missing() };
    let near = one.target.range.near;
    let short = match one.target.metric.better() {
        Better::Higher => figure.value < near,
        Better::Lower => figure.value > near,
    };
    if short { Cell::number(near / figure.value, number::percent(near / figure.value)) } else { Cell::text("nothing") }
}

/// The progress as a separate Markdown page; none without a roadmap section.
pub fn page(report_data: &ReportData, sections: &[Section]) -> Option<String> {
    use crate::render::{Format, escape_markdown};
    let section = sections.iter().find(|section| section.id == "roadmap")?;
    let mut page =
        format!("# Roadmap progress, measured {}\n", escape_markdown(&super::provenance::created(&report_data.record)));
    let audit = sections.iter().find(|section| section.id == "forecasts");
    for (index, section) in std::iter::once(section).chain(audit).enumerate() {
        if index > 0 {
            page += &format!("\n## {}\n", section.title);
        }
        for sentence in section.says.iter().chain(&section.missing) {
            page += &format!("\n{}\n", escape_markdown(sentence));
        }
        for named in &section.charts {
            let finding = escape_markdown(named.chart.title());
            page += &format!("\n![{finding}](charts/{}.svg)\n", named.name);
        }
        page += &format!("\n{}", Format::MARKDOWN.render(&section.tables));
    }
    Some(page)
}
