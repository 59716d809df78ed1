//! The audit of the roadmap's forecasts: the claim, the measurement that tests it, the verdict by its confidence interval, and
//! the gap between claim and measurement.

use harness_judge::roadmap::{Audit, Measured, audit, measure};
use harness_record::metric::Figure;
use harness_record::roadmap::Forecast;

use crate::evidence::time_change;
use crate::figures::{self, Absent};
use crate::render::{Cell, Table, Tone};
use crate::roadmap::change;
use crate::section::Outcomes;
use crate::{Gap, ReportData, Section};

/// A forecast and its measurement.
#[derive(Debug, Clone)]
pub struct Audited<'a> {
    /// The forecast.
    pub forecast: &'a Forecast,
    /// The ratio that tests it, or the reason why it is missing.
    pub measured: Result<Measured, String>,
    /// The result; none if nothing was measured.
    pub audit: Option<Audit>,
}

/// Returns every forecast with its measurement, in order.
pub fn audits(report_data: &ReportData) -> Vec<Audited<'_>> {
    let forecasts = report_data
        .roadmap
        .iter()
        .flat_map(|roadmap| &roadmap.forecasts);
    forecasts
        .map(|forecast| {
            let measured = measured(report_data, forecast);
            let audit = measured
                .as_ref()
                .ok()
                .map(|measured| audit(measured, &forecast.range, forecast.metric.better()));
            Audited {
                forecast,
                measured,
                audit,
            }
        })
        .collect()
}

fn measured(report_data: &ReportData, forecast: &Forecast) -> Result<Measured, String> {
    let test = forecast.test.as_ref().map_err(Clone::clone)?;
    let head = report_data
        .row(&test.workload, &test.head)
        .ok_or(Absent::NotMeasured.to_string())?;
    let ratio = figures::ratio(
        forecast.metric,
        report_data.row(&test.workload, &test.base),
        head,
    );
    ratio
        .map(|figure| measure(figure, forecast.metric))
        .map_err(|absent| absent.to_string())
}

const TITLE: &str = "Forecast audit";

/// The section of the report; none if no forecast was tested.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let audits = audits(report_data);
    if audits.iter().all(|audited| audited.audit.is_none()) {
        return None;
    }
    let mut section = Section {
        id: "forecasts",
        title: TITLE,
        ..Section::default()
    };
    section.says.push(verdict(&audits));
    section.says.extend(largest_gap(report_data, &audits));
    section.tables.push(table(report_data, &audits));
    if audits
        .iter()
        .any(|audited| audited.audit.is_none() && audited.forecast.test.is_ok())
    {
        section.missing.push(Section::not_measured(
            "Some forecasts are",
            &report_data.commands.ablation,
        ));
    }
    Some(section)
}

/// The gap of the section, if there are forecasts and none was tested.
pub(super) fn not_measured(report_data: &ReportData) -> Option<Gap> {
    let audits = audits(report_data);
    let open = !audits.is_empty() && audits.iter().all(|audited| audited.audit.is_none());
    open.then(|| Section::not_measured(&format!("{TITLE} is"), &report_data.commands.ablation))
}

/// The sentence on the forecast that is farthest from its measurement, among those that are wrong.
fn largest_gap(report_data: &ReportData, audits: &[Audited<'_>]) -> Option<String> {
    let wrong = audits
        .iter()
        .filter(|audited| audited.audit == Some(Audit::Wrong));
    let gaps = wrong.filter_map(|audited| Some((audited, gap(audited)?)));
    let size = |gap: f64| gap.ln().abs();
    let (audited, _) = gaps.max_by(|a, b| size(a.1).total_cmp(&size(b.1)))?;
    let Forecast {
        name,
        metric,
        range,
        ..
    } = audited.forecast;
    let figure = audited.measured.as_ref().ok()?.figure;
    Some(format!(
        "The largest gap: \"{name}\", claimed {} in {}, measured {}.",
        range.text(metric),
        title(report_data, audited.forecast),
        time_change(&figure)
    ))
}

/// The metric of a forecast, with the unit of the workload that it is tested on.
fn title(report_data: &ReportData, forecast: &Forecast) -> String {
    match &forecast.test {
        Ok(test) => report_data.title(forecast.metric, &test.workload),
        Err(_) => forecast.metric.title().to_owned(),
    }
}

/// The measured figure divided by the nearer end of the claim; 1 within the claim. None if nothing was measured, or if one of
/// them is zero.
fn gap(audited: &Audited<'_>) -> Option<f64> {
    let range = audited.forecast.range;
    let (low, high) = (range.near.min(range.far), range.near.max(range.far));
    let value = audited.measured.as_ref().ok()?.figure.value;
    (value > 0.0 && low > 0.0).then(|| value / value.clamp(low, high))
}

/// One sentence that counts the forecasts by verdict.
pub fn verdict(audits: &[Audited<'_>]) -> String {
    OUTCOMES.counted(
        "forecasts",
        &audits
            .iter()
            .map(|audited| audited.audit)
            .collect::<Vec<_>>(),
    )
}

const OUTCOMES: Outcomes<Audit> = Outcomes {
    all: [
        (Audit::Beaten, "beaten", Tone::Good),
        (Audit::Held, "held", Tone::Good),
        (Audit::Wrong, "wrong", Tone::Bad),
        (Audit::Unclear, "unclear", Tone::Notice),
    ],
    missing: "untested",
};

fn table(report_data: &ReportData, audits: &[Audited<'_>]) -> Table {
    let measured = |figure: &Figure| Cell::number(figure.value, time_change(figure));
    let test = |audited: &Audited<'_>| match (&audited.forecast.test, &audited.measured) {
        (Err(why), _) => why.clone(),
        (Ok(test), Err(why)) => format!(
            "{} against {} in {}: {why}",
            test.head, test.base, test.workload
        ),
        (Ok(test), Ok(_)) => format!("{} against {} in {}", test.head, test.base, test.workload),
    };
    let tested = audits.iter().filter(|audited| audited.measured.is_ok());
    let workloads =
        tested.filter_map(|audited| Some(audited.forecast.test.as_ref().ok()?.workload.as_str()));
    let provenance = report_data.provenance(workloads);
    Table::of("forecasts and measurements", audits)
        .left("forecast", "forecast", |audited| &audited.forecast.name)
        .left("metric", "metric", |audited| title(report_data, audited.forecast))
        .right("claimed", "claimed", |audited| {
            let Forecast { metric, range, .. } = audited.forecast;
            Cell::number(range.near, range.text(metric))
        })
        .right("measured", "measured", |audited| audited.measured.as_ref().ok().map(|found| measured(&found.figure)))
        .left("verdict", "verdict", |audited| OUTCOMES.cell(audited.audit))
        .right("gap", "gap", |audited| {
            let gap = gap(audited)?;
            let text = if gap == 1.0 { "none".to_owned() } else { change(gap, None) };
            Some(Cell::number(gap, text))
        })
        .left("test", "tested by", |audited| test(audited))
        .notes([
            "Beaten: the whole interval is better than claimed. Wrong: the whole interval falls short of the claim. Held: the interval reaches the claim, excludes no change, and no end is farther from the claim than half of the claimed change. Unclear: the interval reaches the claim but is wider, or there were too few rounds. Gap: the measured figure relative to the nearer end of the claim."
                .to_owned(),
        ].into_iter().chain((!provenance.is_empty()).then_some(provenance)))
}
