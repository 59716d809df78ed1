//! The quality of a run: time that other programs and other guests of the host took, the clock rate, and the figures with wide
//! intervals.

use harness_record::machine::{Disturbance, share_of};
use harness_record::metric::{self, Figure, Metric};
use harness_record::{Record, Row};

use super::status::Status;
use crate::render::Tone;

/// An interval is wide if it reaches further than this share of the value on average of both sides.
const WIDE: f64 = 0.1;

/// More stolen time, or more load of other programs, than this share of all CPU time needs attention.
const DISTURBED: f64 = 0.02;

/// The answer.
pub(super) fn quality(record: &Record) -> Status {
    let status = Status {
        key: "quality",
        topic: "Run quality",
        ..Status::default()
    };
    let (with_interval, wide) = intervals(record);
    let disturbance = record.machine.as_ref().map(|machine| machine.disturbance);
    let details: Vec<String> = match disturbance {
        Some(disturbance) => described(&disturbance),
        None => vec!["state of the machine not recorded".to_owned()],
    };
    if with_interval == 0 {
        return Status {
            finding: "no time with an interval".to_owned(),
            tone: Tone::Notice,
            details,
            ..status
        };
    }
    let (compared, apart) = disagreements(record);
    let details = match apart.len() {
        0 => details,
        count => {
            let line = format!("criterion and clock disagree in {count} of {compared} cases");
            details.into_iter().chain([line]).collect()
        }
    };
    let quiet = disturbance.is_none_or(|disturbance| !disturbed(&disturbance));
    Status {
        tone: match quiet && wide.is_empty() {
            true => Tone::Good,
            false => Tone::Notice,
        },
        finding: match wide.len() {
            0 => format!("all {with_interval} timings within 10 %"),
            count => format!("{count} of {with_interval} timings wider than 10 %"),
        },
        details,
        folded: wide.into_iter().chain(apart).collect(),
        ..status
    }
}

/// The number of times with an interval, and the names of those with a wide one.
fn intervals(record: &Record) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut wide = Vec::new();
    for row in &record.rows {
        let timed = metric::all().iter().filter(|metric| !metric.portable());
        for (metric, figure) in timed.filter_map(|metric| Some((metric, metric.figure(row)?))) {
            let Some(width) = relative_width(&figure) else {
                continue;
            };
            count += 1;
            if width > WIDE {
                wide.push(name(metric, row));
            }
        }
    }
    (count, wide)
}

/// The number of cases that criterion timed, too, and those in which its estimate is outside the interval of the clock by
/// more than [`WIDE`]. Criterion measures one process at another time, so it meets other disturbances and another layout
/// of memory.
fn disagreements(record: &Record) -> (usize, Vec<String>) {
    let [by_clock, by_criterion] = ["time", "criterion-time"].map(metric::by_name);
    let mut count = 0;
    let mut apart = Vec::new();
    for row in &record.rows {
        let figure = |metric: Option<&Metric>| metric?.figure(row);
        let Some((clock, criterion)) = figure(by_clock).zip(figure(by_criterion)) else {
            continue;
        };
        count += 1;
        let ends = clock.interval.map(|ends| (ends.low, ends.high));
        let (low, high) = ends.unwrap_or((clock.value, clock.value));
        if !(low / (1.0 + WIDE)..=high * (1.0 + WIDE)).contains(&criterion.value) {
            apart.push(format!(
                "{}, {}: time by criterion",
                row.workload, row.phase
            ));
        }
    }
    (count, apart)
}

fn name(metric: &Metric, row: &Row) -> String {
    format!(
        "{}, {}: {}",
        row.workload,
        row.phase,
        metric.title_per(&row.unit.name)
    )
}

/// Half of the interval's width as a share of the value; none without an interval.
fn relative_width(figure: &Figure) -> Option<f64> {
    let ends = figure.interval?;
    Some((ends.high - ends.low) / 2.0 / figure.value)
}

fn disturbed(disturbance: &Disturbance) -> bool {
    let over = |share: Option<f64>| share.is_some_and(|share| share > DISTURBED);
    over(disturbance.stolen) || over(disturbance.others) || disturbance.is_throttled()
}

fn described(disturbance: &Disturbance) -> Vec<String> {
    let share = |share: Option<f64>, what: &str| {
        share.map_or_else(
            || format!("{what} unknown"),
            |share| format!("{} {what}", share_of(share)),
        )
    };
    let mut lines = vec![
        share(disturbance.stolen, "stolen by the host"),
        share(disturbance.others, "used by other programs"),
    ];
    if let Some(throttled) = disturbance.throttled.filter(|share| *share > 0.0) {
        lines.push(format!(
            "quota used up in {} of its periods",
            share_of(throttled)
        ));
    }
    lines.push(disturbance.megahertz.map_or_else(
        || "clock rate unknown".to_owned(),
        |(low, high)| {
            let [low, high] = [low, high].map(|rate| format!("{:.1}", rate / 1e3));
            match low == high {
                true => format!("{low} GHz"),
                false => format!("{low} to {high} GHz"),
            }
        },
    ));
    lines
}

#[cfg(test)]
mod tests {
    use harness_record::machine::{Circumstances, MachineState};
    use harness_record::sample::{clock, record, row};
    use harness_record::{Data, Reading};

    use super::*;

    #[test]
    fn a_wide_interval_is_counted_and_named() {
        let steady = clock("s", &[1000, 1001, 1002, 1001, 1000, 1002, 1001, 1000]);
        let wild = clock("s", &[1000, 3000, 500, 2500, 900, 4000, 700, 2000]);
        let quality = quality(&record(vec![
            row("w", "steady", vec![steady]),
            row("w", "wild", vec![wild]),
        ]));
        assert_eq!(quality.tone, Tone::Notice);
        assert!(!quality.folded.is_empty());
        assert!(
            quality
                .folded
                .iter()
                .all(|line| line.starts_with("w, wild: ")),
            "{:?}",
            quality.folded
        );
        assert!(quality.details[0].contains("not recorded"));
    }

    #[test]
    fn an_estimate_of_criterion_far_from_the_clock_is_named() {
        let case = |phase: &str, picoseconds: u64| {
            let mut row = row("w", phase, vec![clock("s", &[1000, 1001, 1002, 1001])]);
            let data = Data::Criterion {
                samples: Vec::new(),
                estimate_picoseconds: picoseconds,
                lower_picoseconds: picoseconds,
                upper_picoseconds: picoseconds,
                confidence_permille: 950,
            };
            row.readings.push(Reading {
                data,
                ..row.readings[0].clone()
            });
            row
        };
        let near = case("near", 1_050_000);
        let quality = quality(&record(vec![near, case("far", 1_830_000)]));
        assert_eq!(quality.folded, ["w, far: time by criterion"]);
        let named = |line: &String| line.contains("1 of 2 cases");
        assert!(quality.details.iter().any(named), "{:?}", quality.details);
    }

    #[test]
    fn a_disturbed_machine_needs_attention() {
        let steady = clock("s", &[1000, 1001, 1002, 1001, 1000, 1002, 1001, 1000]);
        let mut record = record(vec![row("w", "steady", vec![steady])]);
        assert_eq!(quality(&record).tone, Tone::Good);
        record.machine = Some(Circumstances {
            state: MachineState::default(),
            disturbance: Disturbance {
                stolen: Some(0.3),
                ..Disturbance::default()
            },
        });
        let quality = quality(&record);
        assert_eq!(quality.tone, Tone::Notice);
        assert_eq!(quality.details[0], "30.0 % stolen by the host");
    }
}
