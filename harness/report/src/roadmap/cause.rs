//! One sentence on the cause of a missed target, from the counts of the phase and of the reference phase.

use harness_judge::roadmap::TargetStatus;
use harness_judge::shortfall::{Cause, cause};
use harness_record::metric::{self, Better};
use harness_record::number;
use harness_record::roadmap::Roadmap;

use super::Progress;
use crate::{ReportData, figures};

/// The cause of a target that is missed or unclear; none for any other target, and for one that was not measured.
pub(super) fn sentence(
    report_data: &ReportData,
    roadmap: &Roadmap,
    one: &Progress<'_>,
) -> Option<String> {
    if !matches!(one.standing?, TargetStatus::Missed | TargetStatus::Unclear) {
        return None;
    }
    let (phase, against, metric) = (&one.phase.name, &roadmap.against, one.target.metric);
    let (mut wanted, mut measured) = (
        one.target.range.near,
        one.measured.as_ref().ok()?.figure.value,
    );
    if !one.target.range.relative {
        let base = figures::figure(metric, report_data.row(&roadmap.workload, against)).ok()?;
        (wanted, measured) = (wanted / base.value, measured / base.value);
    }
    if metric.portable() {
        return Some(format!(
            "{}: {phase} has {} of {against}'s, and {} is the target",
            report_data.title(metric, &roadmap.workload),
            part(measured),
            part(wanted)
        ));
    }
    if metric.better() == Better::Higher {
        (wanted, measured) = (1.0 / wanted, 1.0 / measured);
    }
    let counted = counted(report_data, roadmap, phase);
    let place = match &counted {
        Some((workload, _)) if *workload != roadmap.workload => format!(" in {workload}"),
        _ => String::new(),
    };
    Some(
        match cause(wanted, measured, counted.map(|(_, ratio)| ratio)) {
            Cause::NotCounted => {
                format!("unknown: the instructions of {phase} and {against} were not counted")
            }
            Cause::Work { instructions } => format!(
                "{phase} executes {} instructions than {against}{place}: if an instruction takes the same time, it needs {} of the time of \
             {against}, and {} is the target",
                change(instructions),
                part(instructions),
                part(wanted)
            ),
            Cause::Rate {
                instructions,
                slower,
            } => format!(
                "{phase} executes {} instructions than {against}{place}, enough for the target, but each takes {} as long",
                change(instructions),
                part(slower)
            ),
        },
    )
}

/// The ratio of instructions of a phase to the reference phase, with the workload that was counted; none without counts.
fn counted<'a>(
    report_data: &ReportData,
    roadmap: &'a Roadmap,
    phase: &str,
) -> Option<(&'a str, f64)> {
    let metric = metric::by_name("instructions")?;
    let workloads = [Some(roadmap.workload.as_str()), roadmap.counted.as_deref()];
    workloads.into_iter().flatten().find_map(|workload| {
        let base = report_data.row(workload, &roadmap.against);
        let ratio = figures::ratio(metric, base, report_data.row(workload, phase)?).ok()?;
        Some((workload, ratio.value))
    })
}

/// A ratio as a share: `99 %`; large ones as a factor.
fn part(ratio: f64) -> String {
    match ratio {
        0.1..3.0 => format!(
            "{:.*} %",
            usize::from((ratio - 1.0).abs() < 0.02),
            ratio * 100.0
        ),
        _ => number::ratio(ratio),
    }
}

/// A ratio of counts in words: `0.7 % fewer`, `3.1 % more`, `as many`.
fn change(ratio: f64) -> String {
    let percent = number::percent(ratio);
    match percent.split_at_checked(1) {
        Some(("-", size)) => format!("{size} fewer"),
        Some(("+", size)) => format!("{size} more"),
        _ => "no fewer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_written_as_words() {
        assert_eq!(
            [0.993, 1.031, 1.0].map(change),
            ["0.70 % fewer", "3.1 % more", "no fewer"]
        );
        assert_eq!([0.993, 0.8, 1.5].map(part), ["99.3 %", "80 %", "150 %"]);
    }
}
