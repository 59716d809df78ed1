//! The audit of the roadmap's forecasts: each is held, beaten, wrong or unclear, by the confidence interval of the
//! comparison that tests it.

use harness_judge::roadmap::{Audit, Measured, audit, measure};
use harness_record::metric::Figure;
use harness_record::roadmap::Forecast;

use crate::figures::{self, Absent};
use crate::render::{Cell, Table, Tone};
use crate::roadmap::change;
use crate::section::Outcomes;
use crate::{ReportData, Section};

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

/// The section of the report; none without forecasts.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let audits = audits(report_data);
    if audits.is_empty() {
        return None;
    }
    let mut section = Section {
        id: "forecasts",
        title: "Forecast audit",
        ..Section::default()
    };
    section.says.push(verdict(&audits));
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

/// One sentence that counts the forecasts by result.
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
    let measured =
        |figure: &Figure| Cell::number(figure.value, change(figure.value, figure.interval));
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
        .left("metric", "metric", |audited| audited.forecast.metric.title())
        .right("forecast_change", "predicted", |audited| {
            let Forecast { metric, range, .. } = audited.forecast;
            Cell::number(range.near, range.text(metric))
        })
        .right("measured", "measured", |audited| audited.measured.as_ref().ok().map(|found| measured(&found.figure)))
        .left("audit", "result", |audited| OUTCOMES.cell(audited.audit))
        .left("test", "tested by", |audited| test(audited))
        .notes([
            "Beaten: the whole interval is better than predicted. Wrong: the whole interval falls short of the prediction. Held: the interval reaches the prediction and excludes no change. Unclear: the interval includes both, or there were fewer than six rounds."
                .to_owned(),
        ].into_iter().chain((!provenance.is_empty()).then_some(provenance)))
}
