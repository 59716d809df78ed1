//! Progress on the roadmap: for each target, the measurement with its interval, the verdict, the gap and its cause; the
//! schedule with its decisions; and the room that is left.

mod cause;
mod ceilings;
mod over_time;

pub use over_time::{Reached, over_time};

use harness_judge::roadmap::{Measured, TargetStatus, measure, stand};
use harness_record::metric::{Better, Metric};
use harness_record::number;
use harness_record::roadmap::{Phase, Roadmap, Target};

use crate::figures::{self, Absent};
use crate::render::{Cell, Table, Tone};
use crate::section::Outcomes;
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

/// Returns every target of a roadmap with its measurement: the missed ones first, then the unclear and the unmeasured ones,
/// then those that are met, each in the order of the roadmap.
pub fn progress<'a>(report_data: &ReportData, roadmap: &'a Roadmap) -> Vec<Progress<'a>> {
    let targets = roadmap
        .phases
        .iter()
        .flat_map(|phase| phase.targets.iter().map(move |target| (phase, target)));
    let mut all: Vec<Progress<'a>> = targets
        .map(|(phase, target)| {
            let measured = measured(
                report_data,
                roadmap,
                &phase.name,
                target.metric,
                target.range.relative,
            );
            let standing = measured
                .as_ref()
                .ok()
                .map(|measured| stand(measured, &target.range, target.metric.better()));
            Progress {
                phase,
                target,
                measured,
                standing,
            }
        })
        .collect();
    all.sort_by_key(|one| match one.standing {
        Some(TargetStatus::Missed) => 0,
        Some(TargetStatus::Unclear) => 1,
        None => 2,
        Some(TargetStatus::Met | TargetStatus::Ahead) => 3,
    });
    all
}

/// The measurement of a phase: a ratio, or the figure itself.
fn measured(
    report_data: &ReportData,
    roadmap: &Roadmap,
    phase: &str,
    metric: &'static Metric,
    relative: bool,
) -> Result<Measured, Absent> {
    let row = report_data.row(&roadmap.workload, phase);
    let figure = match (relative, row) {
        (true, Some(row)) => figures::ratio(
            metric,
            report_data.row(&roadmap.workload, &roadmap.against),
            row,
        )?,
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
    let mut section = Section {
        id: "roadmap",
        title: "Roadmap progress",
        ..Section::default()
    };
    let progress = progress(report_data, roadmap);
    section.says.push(verdict(&progress));
    section.says.push(format!(
        "The claims come from {}, and changes are relative to the phase {} of the workload {}.",
        roadmap.source, roadmap.against, roadmap.workload
    ));
    section.charts = charts::roadmap::charts(report_data, roadmap, &progress);
    section.tables.push(table(report_data, roadmap, &progress));
    section.tables.push(over_time::table(report_data, roadmap));
    section.tables.extend(ceilings::table(report_data, roadmap));
    if progress.iter().any(|one| one.measured.is_err()) {
        section
            .missing
            .push(Section::not_measured("Some targets are", "harness run"));
    }
    section
        .missing
        .extend(ceilings::not_measured(report_data, roadmap));
    Some(section)
}

/// One sentence that counts the targets by status.
pub fn verdict(progress: &[Progress<'_>]) -> String {
    if progress.is_empty() {
        return "The roadmap has no targets.".to_owned();
    }
    OUTCOMES.counted(
        "targets",
        &progress.iter().map(|one| one.standing).collect::<Vec<_>>(),
    )
}

const OUTCOMES: Outcomes<TargetStatus> = Outcomes {
    all: [
        (TargetStatus::Ahead, "ahead", Tone::Good),
        (TargetStatus::Met, "met", Tone::Good),
        (TargetStatus::Missed, "missed", Tone::Bad),
        (TargetStatus::Unclear, "unclear", Tone::Notice),
    ],
    missing: "not measured",
};

/// A row for each target.
pub fn table(report_data: &ReportData, roadmap: &Roadmap, progress: &[Progress<'_>]) -> Table {
    let value = |one: &Progress<'_>| {
        let row = report_data.row(&roadmap.workload, &one.phase.name);
        figures::figure(one.target.metric, row)
            .ok()
            .map(|figure| Cell::figure(one.target.metric, &figure))
    };
    let notes = [
        format!(
            "Measured: the change relative to {}, with its interval. Ahead: the whole interval is better than the far end of the claim. Met: the whole interval reaches the near end. Missed: the whole interval falls short of the near end. Unclear: the near end lies inside the interval, or there were too few rounds for an interval. Gap: the change of the measured figure that reaches the near end.",
            roadmap.against
        ),
        "Figures in the source come from another machine and engine. They are shown, never compared.".to_owned(),
        report_data.provenance([roadmap.workload.as_str()]),
    ];
    Table::of(
        format!("{}, claims and measurements", roadmap.workload),
        progress,
    )
    .left("phase", "phase", |one| &one.phase.title)
    .left("metric", "metric", |one| {
        report_data.title(one.target.metric, &roadmap.workload)
    })
    .left("standing", "verdict", |one| OUTCOMES.cell(one.standing))
    .right("target", "claimed", |one| {
        Cell::number(
            one.target.range.near,
            one.target.range.text(one.target.metric),
        )
    })
    .right("measured", "measured", |one| measured_cell(one))
    .right("remains", "gap", |one| remains(one))
    .left("cause", "cause", |one| {
        cause::sentence(report_data, roadmap, one).map(Cell::text)
    })
    .right("figure", "value", |one| value(one))
    .left("when", "due", |one| &one.phase.when)
    .left("stated", "figure in the source", |one| &one.target.stated)
    .notes(notes.into_iter().filter(|note| !note.is_empty()))
}

fn measured_cell(one: &Progress<'_>) -> Cell {
    match &one.measured {
        Err(absent) => Cell::no_number(absent.to_string()).toned(Tone::Notice),
        Ok(Measured { figure, .. }) if one.target.range.relative => {
            Cell::number(figure.value, change(figure.value, figure.interval))
        }
        Ok(Measured { figure, .. }) => Cell::figure(one.target.metric, figure),
    }
}

/// A ratio as a change with the ends of its interval: `+34 % [+30 %, +41 %]`; a factor below 0.1 or above 3.
pub(super) fn change(value: f64, interval: Option<harness_abtest::Interval>) -> String {
    if value != 0.0 && !(0.1..=3.0).contains(&value) {
        return interval.map_or_else(
            || number::ratio(value),
            |ends| number::ratio_range(value, &ends),
        );
    }
    let percent = |value: f64| format!("{:+.1} %", (value - 1.0) * 100.0);
    match interval {
        Some(ends) => format!(
            "{} [{}, {}]",
            percent(value),
            percent(ends.low),
            percent(ends.high)
        ),
        None => number::percent(value),
    }
}

/// The change of the measured figure that reaches the near end of the target.
fn remains(one: &Progress<'_>) -> Option<Cell> {
    let (value, near) = (
        one.measured.as_ref().ok()?.figure.value,
        one.target.range.near,
    );
    let short = match one.target.metric.better() {
        Better::Higher => value < near,
        Better::Lower => value > near,
    };
    Some(if short {
        Cell::number(near / value, number::percent(near / value))
    } else {
        Cell::text("none")
    })
}

/// The progress as a separate Markdown page; none without a roadmap section.
pub fn page(report_data: &ReportData, sections: &[Section]) -> Option<String> {
    use crate::render::{Format, escape_markdown};
    let section = sections.iter().find(|section| section.id == "roadmap")?;
    let mut page = format!(
        "# Roadmap progress, measured {}\n",
        escape_markdown(&super::provenance::created(&report_data.record))
    );
    let audit = sections.iter().find(|section| section.id == "forecasts");
    for (index, section) in std::iter::once(section).chain(audit).enumerate() {
        if index > 0 {
            page += &format!("\n## {}\n", section.title);
        }
        let missing = section.missing.iter().map(ToString::to_string);
        for sentence in section.says.iter().cloned().chain(missing) {
            page += &format!("\n{}\n", escape_markdown(&sentence));
        }
        for named in &section.charts {
            let finding = escape_markdown(named.chart.title());
            page += &format!("\n![{finding}](charts/{}.svg)\n", named.name);
        }
        page += &format!("\n{}", Format::MARKDOWN.render(&section.tables));
    }
    Some(page)
}

#[cfg(test)]
mod tests;
