//! Computes every number that a report shows again from the raw readings, by code that is independent of the report, and
//! compares the summary, the page, the charts and the exact values with them. A number that cannot be computed fails.

mod attribution;
mod derived;
mod known;
mod markup;
mod mentions;
mod page;
mod readings;
mod statistics;
#[path = "../synthetic/mod.rs"]
mod synthetic;
mod text;
mod written;

use attribution::Attribution;
use harness_report::{ReportData, charts, page as page_of, sections, summary};
use known::Known;
use readings::Readings;
use text::Text;

fn known(report_data: &ReportData) -> Known<'_> {
    Known {
        readings: Readings::new(&report_data.record),
        anchors: &report_data.anchors,
        roadmap: report_data.roadmap.as_ref(),
        headline: "medium/inference",
    }
}

fn summary_of(report_data: &ReportData) -> String {
    summary(
        report_data,
        &charts::all(report_data),
        &sections(report_data),
    )
}

/// Fails with the wrong numbers.
fn assert_right(attribution: &Attribution<'_>, least: usize) {
    let wrong = &attribution.wrong;
    assert!(
        wrong.is_empty(),
        "{} wrong numbers of {}:\n{}",
        wrong.len(),
        attribution.seen,
        wrong.join("\n")
    );
    assert!(
        attribution.seen >= least,
        "only {} numbers: the text has become another one",
        attribution.seen
    );
}

#[test]
fn every_number_of_the_summary_follows_from_the_readings() {
    let report_data = synthetic::everything();
    let known = known(&report_data);
    let mut attribution = Attribution::new(&known);
    let (texts, grids) = text::of_markdown(&summary_of(&report_data));
    for text in texts.iter().chain(
        &grids
            .iter()
            .flat_map(text::Grid::texts)
            .collect::<Vec<Text>>(),
    ) {
        attribution.check("summary", text);
    }
    assert_right(&attribution, 80);
}

#[test]
fn every_number_of_the_page_follows_from_the_readings() {
    let report_data = synthetic::everything();
    let known = known(&report_data);
    let mut attribution = Attribution::new(&known);
    let html = page_of(
        &report_data,
        &charts::all(&report_data),
        &sections(&report_data),
    )
    .expect("drawn");
    let page = page::read(&html);
    for text in page.texts.iter().chain(
        &page
            .grids
            .iter()
            .flat_map(text::Grid::texts)
            .collect::<Vec<Text>>(),
    ) {
        attribution.check("page", text);
    }
    for chart in &page.charts {
        chart.check(&mut attribution);
    }
    assert_right(&attribution, 2000);
}
