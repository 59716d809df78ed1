//! Costs beside gains: peak heap and time to first token of the last phase against those of the first anchor.

use harness_abtest::Interval;
use harness_record::metric::{self, Better, Figure, LEVEL, Metric};
use harness_record::number;

use super::ladder::COSTS;
use super::status::Status;
use crate::ReportData;
use crate::charts::{Finding, finding};
use crate::headline::{headline, unit};
use crate::render::Tone;

/// The answer; none without a figure of any cost in both phases.
pub(super) fn costs(report_data: &ReportData) -> Option<Status> {
    let workload = headline(&report_data.record)?;
    let unit = unit(&report_data.record, workload);
    let found: Vec<(&Metric, Finding<'_>)> = COSTS
        .into_iter()
        .filter_map(metric::by_name)
        .filter_map(|metric| {
            let (record, anchors) = (&report_data.record, &report_data.anchors);
            Some((metric, finding(record, anchors, workload, metric)?))
        })
        .collect();
    let risen: Vec<String> = found
        .iter()
        .filter(|(metric, found)| rose(metric, &found.ratio))
        .map(|(metric, found)| against(metric, unit, found))
        .collect();
    let details = found.iter().map(|(metric, found)| {
        let value = |figure: &Figure| number::plain(metric.quantity(), figure.value);
        format!(
            "{}: {} in {}, {} in {}",
            metric.title_per(unit),
            value(&found.head_figure),
            found.head,
            value(&found.base_figure),
            found.anchor
        )
    });
    let first = found.first()?;
    Some(Status {
        key: "costs",
        topic: "Costs",
        tone: match risen.is_empty() {
            true => Tone::Good,
            false => Tone::Notice,
        },
        finding: match risen.is_empty() {
            true => format!("none rose in {}", first.1.head),
            false => risen.join(", "),
        },
        details: details.collect(),
        folded: Vec::new(),
    })
}

/// A cost relative to the anchor, such as `heap bytes, peak 1.50x naive`.
fn against(metric: &Metric, unit: &str, found: &Finding<'_>) -> String {
    format!(
        "{} {} {}",
        metric.title_per(unit),
        number::ratio(found.ratio.value),
        found.anchor
    )
}

/// True if a metric got worse: for a time, its interval excludes 1.
fn rose(metric: &Metric, ratio: &Figure) -> bool {
    let worse = match metric.better() {
        Better::Lower => ratio.value > 1.0,
        Better::Higher => ratio.value < 1.0,
    };
    let shown = |ends: Interval| ends.excludes(1.0, LEVEL);
    worse && (metric.portable() || ratio.interval.is_some_and(shown))
}
