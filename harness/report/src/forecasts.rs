//! The audit of the roadmap's forecasts: each is held, beaten, wrong or unclear, by the confidence interval of the
//! comparison that tests it.

use harness_judge::roadmap::{Audit, Measured, audit, measure};
use harness_record::roadmap::Forecast;

use crate::figures::{self, Absent};
use crate::render::{Cell, Column, Table, Tone};
use crate::roadmap::change;
use crate::section::counted;
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
    let forecasts = report_data.roadmap.iter().flat_map(|roadmap| &roadmap.forecasts);
    forecasts
        .map(|forecast| {
            let measured = measured(report_data, forecast);
            let audit =
                measured.as_ref().ok().map(|measured| audit(measured, &forecast.range, forecast.metric.better()));
            Audited { forecast, measured, audit }
        })
        .collect()
}

fn measured(report_data: &ReportData, forecast: &Forecast) -> Result<Measured, String> {
    let test = forecast.test.as_ref().map_err(Clone::clone)?;
    let head = report_data.row(&test.workload, &test.head).ok_or(Absent::NotMeasured.to_string())?;
    let ratio = figures::ratio(forecast.metric, report_data.row(&test.workload, &test.base), head);
    ratio.map(|figure| measure(figure, forecast.metric)).map_err(|absent| absent.to_string())
}

/// The section of the report; none without forecasts.
pub fn section(report_data: &ReportData) -> Option<Section> {
    let audits = audits(report_data);
    if audits.is_empty() {
        return None;
    }
    let mut section = Section::new("forecasts", "Forecast audit");
    section.says.push(verdict(&audits));
    section.tables.push(table(report_data, &audits));
    if audits.iter().any(|audited| audited.audit.is_none() && audited.forecast.test.is_ok()) {
        section.missing.push(Section::not_measured("Some forecasts are", &report_data.commands.ablation));
    }
    Some(section)
}

/// One sentence that counts the forecasts by result.
pub fn verdict(audits: &[Audited<'_>]) -> String {
    let count = |wanted: Option<Audit>| audits.iter().filter(|audited| audited.audit == wanted).count();
    let counts = [
        (count(Some(Audit::Beaten)), "beaten"),
        (count(Some(Audit::Held)), "held"),
        (count(Some(Audit::Wrong)), "wrong"),
        (count(Some(Audit::Unclear)), "unclear"),
        (count(None), "untested"),
    ];
    counted("forecasts", &counts)
}

fn table(report_data: &ReportData, audits: &[Audited<'_>]) -> Table {
    let columns = vec![
        Column::left("forecast", "forecast"),
        Column::left("metric", "metric"),
        Column::right("forecast_change", "predicted"),
        Column::right("measured", "measured"),
        Column::left("audit", "result"),
        Column::left("test", "tested by"),
    ];
    let mut table = Table::new("forecasts and measurements", columns);
    for audited in audits {
        let Forecast { name, metric, range, test } = audited.forecast;
        table.rows.push(vec![
            Cell::text(name),
            Cell::text(metric.title()),
            Cell::number(range.near, range.text(metric)),
            match &audited.measured {
                Ok(Measured { figure, .. }) => Cell::number(figure.value, change(figure.value, figure.interval)),
                Err(_) => Cell::missing(),
            },
            match audited.audit {
                None => Cell::text("untested").toned(Tone::Notice),
                Some(audit) => Cell::text(audit.name()).toned(match audit {
                    Audit::Beaten | Audit::Held => Tone::Good,
                    Audit::Wrong => Tone::Bad,
                    Audit::Unclear => Tone::Notice,
                }),
            },
            Cell::text(match (test, &audited.measured) {
                (Err(why), _) => why.clone(),
                (Ok(test), Err(why)) => format!("{} against {} in {}: {why}", test.head, test.base, test.workload),
                (Ok(test), Ok(_)) => format!("{} against {} in {}", test.head, test.base, test.workload),
            }),
        ]);
    }
    table.notes.push(
        "Beaten: the whole interval is better than predicted. Wrong: the whole interval falls short of the prediction. Held: the interval reaches the prediction and excludes no change. Unclear: the interval includes both, or there were fewer than six rounds."
            .to_owned(),
    );
    let tested = audits.iter().filter(|audited| audited.measured.is_ok());
    let workloads = tested.filter_map(|audited| Some(audited.forecast.test.as_ref().ok()?.workload.as_str()));
    let line = report_data.provenance(workloads);
    table.notes.extend((!line.is_empty()).then_some(line));
    table
}
