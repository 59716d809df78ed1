//! Computes every number that a report shows again from the raw readings, by code that is independent of the report, and
//! compares the summary, the page, the charts and the exact values with them. A number that cannot be computed fails.

mod attribution;
mod charts;
mod derived;
mod drift;
mod exact;
mod known;
mod markup;
mod mentions;
mod page;
mod plans;
mod positions;
mod readings;
mod selectable;
mod statistics;
mod status;
mod sweeps;
#[path = "../synthetic/mod.rs"]
mod synthetic;
mod tables;
mod text;
mod written;

use std::cell::RefCell;

use attribution::Attribution;
use harness_report::render::Format;
use harness_report::{
    ReportData, charts as drawings, page as page_of, results, run_tables, sections, summary,
};
use known::Known;
use readings::Readings;

fn known(report_data: &ReportData) -> Known<'_> {
    let mut phases: Vec<&str> = report_data
        .record
        .rows
        .iter()
        .map(|row| row.phase.as_str())
        .collect();
    phases.sort_unstable();
    phases.dedup();
    // A table of a sweep is titled "what (family): metric".
    let titles = sections(report_data)
        .into_iter()
        .flat_map(|section| section.tables);
    let titles = titles.filter_map(|table| {
        let (title, rest) = table.title.split_once(" (")?;
        Some((title.to_owned(), rest.split_once(')')?.0.to_owned()))
    });
    let matrix = ["tokens/s", "instructions per token"]
        .map(|metric| format!("{metric} of every combination"));
    let titles = titles.chain(matrix.map(|title| (title, "matrix/last-token".to_owned())));
    Known {
        phases,
        titles: titles.collect(),
        points: RefCell::default(),
        readings: Readings::new(&report_data.record),
        anchors: &report_data.anchors,
        roadmap: report_data.roadmap.as_ref(),
        headline: "medium/inference",
    }
}

fn summary_of(report_data: &ReportData) -> String {
    summary(
        report_data,
        &drawings::all(report_data),
        &sections(report_data),
    )
}

fn html_of(report_data: &ReportData) -> String {
    page_of(
        report_data,
        &drawings::all(report_data),
        &sections(report_data),
    )
    .expect("drawn")
}

/// Checks the texts of a usual and of a difficult run. Fails with all wrong numbers, or if there are fewer than `least`.
fn check_both(least: usize, check: impl Fn(&ReportData, &mut Attribution<'_>)) {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for report_data in both() {
        let known = known(&report_data);
        let mut attribution = Attribution::new(&known);
        check(&report_data, &mut attribution);
        wrong.extend(attribution.wrong);
        seen += attribution.seen;
    }
    assert!(
        wrong.is_empty(),
        "{} wrong numbers of {seen}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        seen >= least,
        "only {seen} numbers: the texts have become others"
    );
}

/// A usual run, and a difficult one.
fn both() -> [ReportData; 2] {
    let mut difficult = synthetic::all_rows();
    drift::made_difficult(&mut difficult);
    [synthetic::everything(), synthetic::with_roadmap(difficult)]
}

/// The charts of a report, read from their drawings.
fn charts_of(report_data: &ReportData) -> Vec<charts::Chart> {
    let of_sections = sections(report_data)
        .into_iter()
        .flat_map(|section| section.charts);
    let all = drawings::all(report_data).into_iter().chain(of_sections);
    all.flat_map(|named| page::read(&named.chart.to_svg()).charts)
        .collect()
}

/// The tables that the terminal shows of a run, and those of the sections.
fn tables_of(report_data: &ReportData) -> String {
    let run = run_tables(&report_data.record, &report_data.anchors, false, None);
    let of_sections = sections(report_data)
        .into_iter()
        .flat_map(|section| section.tables);
    let tables: Vec<_> = run.into_iter().chain(of_sections).collect();
    Format::MARKDOWN.render(&tables)
}

#[test]
fn every_number_of_the_summary_follows_from_the_readings() {
    check_both(140, |report_data, attribution| {
        let (texts, grids) = text::of_markdown(&summary_of(report_data));
        for text in texts
            .into_iter()
            .chain(grids.iter().flat_map(text::Grid::texts))
        {
            attribution.check("summary", &text);
        }
    });
}

#[test]
fn every_number_of_the_page_follows_from_the_readings() {
    check_both(6000, |report_data, attribution| {
        let page = page::read(&html_of(report_data));
        for text in page.all_texts(&charts_of(report_data)) {
            attribution.check("page", &text);
        }
        for text in page.data.iter().flat_map(|data| selectable::texts(data)) {
            attribution.check("selectable", &text);
        }
        for chart in &page.charts {
            chart.check(attribution);
        }
    });
}

#[test]
fn every_number_of_the_charts_follows_from_the_readings() {
    check_both(1000, |report_data, attribution| {
        for chart in charts_of(report_data) {
            chart.check(attribution);
        }
    });
}

#[test]
fn every_number_of_the_tables_follows_from_the_readings() {
    check_both(1000, |report_data, attribution| {
        let (texts, grids) = text::of_markdown(&tables_of(report_data));
        for text in texts
            .into_iter()
            .chain(grids.iter().flat_map(text::Grid::texts))
        {
            attribution.check("table", &text);
        }
    });
}

/// The test finds nearly every number that is wrong: those whose second digit is changed.
#[test]
fn a_changed_number_is_found() {
    let report_data = synthetic::everything();
    let known = known(&report_data);
    let mut attribution = Attribution::new(&known);
    let (texts, grids) = text::of_markdown(&summary_of(&report_data));
    let (mut changed, mut found) = (0, 0);
    for text in texts
        .into_iter()
        .chain(grids.iter().flat_map(text::Grid::texts))
    {
        for (place, digit) in text.text.match_indices(|c: char| c.is_ascii_digit()) {
            let is_second = text.text[..place].ends_with(|c: char| c.is_ascii_digit() || c == '.');
            let other = char::from(b'0' + (digit.as_bytes()[0] - b'0' + 3) % 10);
            let mut wrong = text.clone();
            wrong.text.replace_range(place..=place, &other.to_string());
            if is_second && attribution.has_numbers(&text.text) {
                changed += 1;
                found += usize::from(!attribution.problems(&wrong).is_empty());
            }
        }
    }
    assert!(
        changed > 100 && found * 100 >= changed * 95,
        "{found} of {changed} changed numbers were found"
    );
}

#[test]
fn every_exact_value_follows_from_the_readings() {
    for report_data in both() {
        let known = known(&report_data);
        let wrong = exact::wrong(&results(&report_data), &known);
        assert!(
            wrong.is_empty(),
            "{} wrong values:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}

#[test]
fn every_ratio_is_the_quotient_of_the_figures_beside_it() {
    for report_data in both() {
        let page = page::read(&html_of(&report_data));
        let markdown = summary_of(&report_data) + &tables_of(&report_data);
        let (_, grids) = text::of_markdown(&markdown);
        let (mut wrong, mut compared) = (Vec::new(), 0);
        for grid in page.grids.iter().chain(&grids) {
            compared += tables::compare(grid, &report_data.anchors, &mut wrong);
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(
            compared > 40,
            "only {compared} ratios: the tables have become others"
        );
    }
}

#[test]
fn every_interval_has_the_same_level() {
    for report_data in both() {
        let page = page::read(&html_of(&report_data));
        let charts = charts_of(&report_data);
        let (texts, grids) =
            text::of_markdown(&(summary_of(&report_data) + &tables_of(&report_data)));
        let of_tables = texts
            .into_iter()
            .chain(grids.iter().flat_map(text::Grid::texts));
        let shown = page
            .all_texts(&charts)
            .into_iter()
            .chain(of_tables)
            .map(|text| text.text);
        let of_charts = charts
            .iter()
            .flat_map(charts::Chart::texts)
            .map(str::to_owned);
        let broken: Vec<String> = shown
            .chain(of_charts)
            .flat_map(|text| tables::broken_rules(&text))
            .collect();
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }
}
