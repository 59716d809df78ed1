//! The headline of a report: the workload that summarizes it, its main metric, and the finding in one line.

use harness_probe::Instrument;
use harness_record::metric::{self, Better, Metric, Quantity};
use harness_record::{Data, Record, Row, number};

use crate::ReportData;
use crate::charts::finding;

/// Returns the headline workload: the first one that generates text, else the first one that yields tokens, else the first
/// one. None if the record has no rows.
pub fn headline(record: &Record) -> Option<&str> {
    let rows = &record.rows;
    let row = rows
        .iter()
        .find(|row| generates(row))
        .or_else(|| rows.iter().find(|row| row.unit.name == "token"))
        .or_else(|| rows.first())?;
    Some(&row.workload)
}

fn generates(row: &Row) -> bool {
    match row.reading(Instrument::Clock).map(|reading| &reading.data) {
        Some(Data::Clock { runs, .. }) => runs.iter().any(|run| run.tokens_at.len() > 1),
        _ => false,
    }
}

/// The unit of work of a workload.
pub(super) fn unit<'a>(record: &'a Record, workload: &str) -> &'a str {
    record
        .rows
        .iter()
        .find(|row| row.workload == workload)
        .map_or("unit", |row| &row.unit.name)
}

/// The metric that a workload is summarized by: the first of these with a figure in some phase.
pub(super) fn main_metric(record: &Record, workload: &str) -> Option<&'static Metric> {
    const BY_IMPORTANCE: [&str; 4] = [
        "tokens-per-second",
        "time",
        "instructions",
        "bytes-per-unit",
    ];
    let has_figures = |metric: &&Metric| {
        let mut rows = record.rows.iter().filter(|row| row.workload == workload);
        rows.any(|row| metric.figure(row).is_some())
    };
    BY_IMPORTANCE
        .into_iter()
        .filter_map(metric::by_name)
        .find(has_figures)
}

/// The phase that totals are compared with: the last anchor with a row of the workload. The last one is the nearest to the
/// present, so its ratio is the most modest.
pub(super) fn base<'a>(report_data: &'a ReportData, workload: &str) -> Option<&'a str> {
    let measured = |anchor: &&String| report_data.row(workload, anchor).is_some();
    report_data
        .anchors
        .iter()
        .rev()
        .find(measured)
        .map(String::as_str)
}

/// The finding of the report, such as `optimized reaches 5,310 tokens/s: 74.1x reference`.
pub fn title(report_data: &ReportData) -> String {
    let record = &report_data.record;
    let Some(workload) = headline(record) else {
        return "A record without measurements".to_owned();
    };
    let found = main_metric(record, workload).and_then(|metric| {
        let anchors: Vec<String> = report_data.anchors.iter().rev().cloned().collect();
        let found = finding(record, &anchors, workload, metric)?;
        let verb = match metric.better() {
            Better::Higher => "reaches",
            Better::Lower => "takes",
        };
        Some(format!(
            "{} {verb} {} {}: {} {}",
            found.head,
            spelled_out(metric.quantity(), found.head_figure.value),
            metric.title_per(unit(record, workload)),
            number::ratio(found.ratio.value),
            found.anchor
        ))
    });
    found.unwrap_or_else(|| format!("Benchmark report of {workload}"))
}

/// A value for a heading: thousands are written in full, `5,310` and not `5.31 k`.
fn spelled_out(quantity: Quantity, value: f64) -> String {
    if quantity != Quantity::PerSecond || !(1e3..1e6).contains(&value) {
        return number::plain(quantity, value);
    }
    let unit = 10f64.powi(value.log10().floor() as i32 - 2);
    number::exact((value / unit).round() * unit)
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{callgrind, record, row};

    use super::*;

    fn report_data(record: Record) -> ReportData {
        let commands = crate::Commands {
            ablation: String::new(),
            growth: String::new(),
            matrix: String::new(),
        };
        ReportData::new("", record, &["naive".to_owned()], commands)
    }

    #[test]
    fn a_record_without_rows_has_no_headline() {
        let record = record(Vec::new());
        assert_eq!(headline(&record), None);
        assert!(title(&report_data(record)).contains("without measurements"));
    }

    #[test]
    fn a_title_has_the_words_of_metric_unit_and_anchor() {
        let rows = [("naive", 4_000_000), ("fast", 1_000_000)]
            .map(|(phase, count)| row("w", phase, vec![callgrind(count)]));
        let mut record = record(rows.to_vec());
        record
            .rows
            .iter_mut()
            .for_each(|row| row.unit.name = "page".to_owned());
        let title = title(&report_data(record));
        assert!(
            title.starts_with("fast takes 1.00 M instructions per page: "),
            "{title}"
        );
        assert!(
            title.contains("0.250") && title.ends_with(" naive"),
            "{title}"
        );
    }

    #[test]
    fn thousands_are_spelled_out() {
        let text = |value| spelled_out(Quantity::PerSecond, value);
        assert_eq!(
            [text(5312.4), text(74.1), text(61_234.0)],
            ["5,310", "74.1", "61,200"]
        );
    }
}
