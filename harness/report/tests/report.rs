//! Tables, pages and charts that are drawn from records.

mod exports;
mod synthetic;

use harness_judge::trends::Trends;
use harness_record::{Check, Data, Record};
use harness_report::render::Format;
use harness_report::{ReportData, charts, page, results, run_tables, sections, summary, write};
use synthetic::report_data;

/// The anchor phases.
fn anchors() -> [String; 2] {
    ["naive".to_owned(), "reference".to_owned()]
}

/// The page with all charts and sections.
fn page_of(report_data: &ReportData) -> String {
    page(
        report_data,
        &charts::all(report_data),
        &sections(report_data),
    )
    .expect("drawn")
}

fn summary_of(report_data: &ReportData) -> String {
    summary(
        report_data,
        &charts::all(report_data),
        &sections(report_data),
    )
}

#[test]
fn the_tables_of_a_run_fit_a_terminal() {
    let text = Format::TABLE.render(&run_tables(&synthetic::record(), &anchors(), false, None));
    let text = anstream::adapter::strip_str(&text).to_string();
    let tabular = text
        .lines()
        .filter(|line| !line.contains(": ") && !line.starts_with('±'));
    let widest = tabular
        .map(|line| line.chars().count())
        .max()
        .unwrap_or_default();
    assert!((60..=140).contains(&widest), "{widest} columns");
    insta::assert_snapshot!("run_table", text);
}

/// Three earlier runs, in which the optimized phase took more instructions and more time.
fn earlier() -> [Record; 3] {
    [(1, 150), (2, 130), (3, 100)].map(|(day, percent)| {
        let mut record = synthetic::record();
        record.created = format!("2026-01-0{day}T00:00:00Z");
        for row in record
            .rows
            .iter_mut()
            .filter(|row| row.phase == "optimized")
        {
            for reading in &mut row.readings {
                match &mut reading.data {
                    Data::Callgrind { instructions } => {
                        *instructions = *instructions * percent / 100
                    }
                    Data::Clock { runs, .. } => {
                        runs.iter_mut()
                            .for_each(|run| run.nanoseconds = run.nanoseconds * percent / 100);
                    }
                    _ => {}
                }
            }
        }
        record
    })
}

#[test]
fn on_a_wide_terminal_a_run_shows_how_its_figures_went() {
    let record = synthetic::record();
    let tables = |earlier: &[Record]| {
        run_tables(
            &record,
            &anchors(),
            false,
            Some(&Trends::of(earlier, &record, Some("naive"))),
        )
    };
    let text = Format::TABLE.render(&tables(&earlier())[..1]);
    insta::assert_snapshot!(
        "run_table_with_trends",
        anstream::adapter::strip_str(&text).to_string()
    );
    assert_eq!(
        tables(&[]),
        run_tables(&record, &anchors(), false, None),
        "without a history there is nothing to show"
    );
}

#[test]
fn the_tables_of_a_run_in_every_format() {
    let tables = run_tables(&synthetic::record(), &anchors(), false, None);
    insta::assert_snapshot!("run_markdown", Format::MARKDOWN.render(&tables));
    let tables = run_tables(&synthetic::record(), &anchors(), true, None);
    insta::assert_snapshot!("run_csv", Format::CSV.render(&tables));
    let json: serde_json::Value =
        serde_json::from_str(&Format::JSON.render(&tables)).expect("valid JSON");
    assert_eq!(json.as_array().map(Vec::len), Some(tables.len()));
    insta::assert_snapshot!(
        "run_json",
        serde_json::to_string_pretty(&json[0]).expect("JSON")
    );
}

#[test]
fn the_summary() {
    insta::assert_snapshot!("summary", summary_of(&report_data(synthetic::record())));
}

#[test]
fn the_exact_values() {
    let text = Format::CSV.render(&[results(&report_data(few(synthetic::record())))]);
    insta::assert_snapshot!("results", text);
}

/// The page without charts and sections, which have their own tests.
#[test]
fn the_page() {
    let page = page(&report_data(few(synthetic::record())), &[], &[]).expect("drawn");
    let body = page
        .split_once("</style>")
        .map(|(_, body)| body)
        .unwrap_or_default();
    insta::assert_snapshot!("page", body);
}

#[test]
fn text_from_a_record_is_only_text() {
    let mut record = synthetic::record();
    for row in record.rows.iter_mut().filter(|row| row.phase == "pooled") {
        row.phase = "\"><img src=x onerror=alert(1)>".to_owned();
        row.workload += "</script><script>alert(4)</script>";
        row.check = Check::Failed("</svg><script>alert(2)</script>".to_owned());
    }
    let report_data = report_data(record);
    let page = page_of(&report_data);
    assert!(page.contains("&lt;script&gt;"), "the text is there");
    assert!(page.contains("&lt;img src"), "the text is there");
    assert!(
        !page.contains("<script>alert") && !page.contains("<img"),
        "but not as elements"
    );
    assert_eq!(
        page.matches("<script").count(),
        2,
        "the page's own, and its data"
    );
    let summary = summary_of(&report_data);
    assert!(
        !summary.contains("<script") && !summary.contains("<img"),
        "{summary}"
    );
}

#[test]
fn text_from_a_roadmap_is_only_text() {
    let mut report_data = synthetic::everything();
    let evil = "</svg><script>alert(3)</script>";
    if let Some(roadmap) = &mut report_data.roadmap {
        roadmap.source = evil.to_owned();
        for phase in &mut roadmap.phases {
            (phase.title, phase.when) = (evil.to_owned(), evil.to_owned());
        }
        for forecast in &mut roadmap.forecasts {
            forecast.name = evil.to_owned();
        }
    }
    let page = page_of(&report_data);
    assert!(
        page.contains("alert(3)") && !page.contains("<script>alert"),
        "as words only"
    );
    assert_eq!(
        (
            page.matches("<script").count(),
            page.matches("</script>").count()
        ),
        (2, 2)
    );
    let own_page =
        harness_report::roadmap::page(&report_data, &sections(&report_data)).expect("a roadmap");
    assert!(
        own_page.contains("alert(3)") && !own_page.contains("<script"),
        "{own_page}"
    );
}

#[test]
fn the_words_of_the_charts() {
    let charts = charts::all(&report_data(synthetic::record()));
    assert_eq!(charts.len(), 4);
    let words: Vec<String> = charts
        .iter()
        .map(|named| {
            let svg = named.chart.to_svg();
            format!("# {}\n{}", named.name, svg_words(&svg).join("\n"))
        })
        .collect();
    insta::assert_snapshot!("chart_words", words.join("\n\n"));
}

#[test]
fn a_chart_as_svg() {
    let charts = charts::all(&report_data(synthetic::record()));
    insta::assert_snapshot!("chart_svg", charts[1].chart.to_svg());
}

#[test]
fn pngs_decode_and_are_not_blank() {
    for named in charts::all(&report_data(synthetic::record())) {
        let bytes = named.chart.png().expect("drawn");
        let mut reader = png::Decoder::new(bytes.as_slice())
            .read_info()
            .expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut pixels).expect("whole");
        assert_eq!((info.width, info.color_type), (1320, png::ColorType::Rgb));
        let coloured = pixels
            .chunks_exact(3)
            .filter(|pixel| *pixel != [255, 255, 255])
            .count();
        let share = coloured as f64 / (f64::from(info.width) * f64::from(info.height));
        assert!(
            (0.005..0.5).contains(&share),
            "{}: {share} of the pixels carry something",
            named.name
        );
    }
}

#[test]
fn titles_follow_the_numbers() {
    let mut record = synthetic::record();
    for row in &mut record.rows {
        row.phase = match row.phase.as_str() {
            "naive" => "optimized".to_owned(),
            "optimized" => "naive".to_owned(),
            other => other.to_owned(),
        };
    }
    record.rows.reverse();
    record.rows.sort_by_key(|row| row.phase != "naive");
    record.rows.retain(|row| {
        row.workload == "medium/inference" && (row.phase == "naive" || row.phase == "optimized")
    });
    let titles: Vec<String> = charts::all(&report_data(record))
        .iter()
        .map(|named| named.chart.title().to_owned())
        .collect();
    assert!(
        titles[0].starts_with("optimized is") && titles[0].contains("slower than naive"),
        "{titles:?}"
    );
    assert_eq!(
        titles[1], "Heap bytes per token by phase",
        "a ratio to zero bytes is no finding"
    );
}

/// The sections as text: sentences, tables, and the words of charts.
#[test]
fn the_sections_of_a_report_with_everything() {
    for section in sections(&synthetic::everything()) {
        let mut text = format!(
            "{}\n\n{}\n\n",
            section.says.join("\n"),
            section
                .missing
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        );
        text += &Format::MARKDOWN.render(&section.tables);
        for named in &section.charts {
            let words = svg_words(&named.chart.to_svg()).join("\n");
            text += &format!("\n# {}\n{words}\n", named.name);
        }
        insta::assert_snapshot!(format!("section_{}", section.id), text);
    }
}

/// A section begins with its finding and has at most two sentences; each chart has a table beside it.
#[test]
fn a_section_is_a_finding_and_its_tables() {
    for section in sections(&synthetic::everything()) {
        if section.id != "roadmap" {
            assert!((1..=2).contains(&section.says.len()), "{}", section.id);
            assert!(
                section.charts.len() <= section.tables.len(),
                "{}",
                section.id
            );
        }
    }
}

/// Every table and chart of a section names its source.
#[test]
fn every_table_and_chart_has_its_provenance() {
    let report_data = synthetic::everything();
    let line = "2026-03-14 15:09 UTC, Example CPU 9000";
    for section in sections(&report_data) {
        for table in &section.tables {
            let last = table.notes.last().map(String::as_str).unwrap_or_default();
            assert!(
                last.starts_with(line) && last.ends_with("record synthetic.json"),
                "{}: {last}",
                table.title
            );
        }
    }
    let of_sections: Vec<_> = sections(&report_data)
        .into_iter()
        .flat_map(|section| section.charts)
        .collect();
    for named in charts::all(&report_data).iter().chain(&of_sections) {
        let words = svg_words(&named.chart.to_svg()).join(" ");
        assert!(
            words.contains(line) && words.contains("record synthetic.json"),
            "{}: {words}",
            named.name
        );
        assert!(
            !named.chart.title().ends_with('.'),
            "{}",
            named.chart.title()
        );
    }
    assert!(of_sections.len() >= 10, "{}", of_sections.len());
}

/// A figure of a phase with a wrong answer is not in a headline.
#[test]
fn a_wrong_answer_makes_no_headline() {
    let mut record = synthetic::record();
    for row in record
        .rows
        .iter_mut()
        .filter(|row| row.phase == "optimized")
    {
        row.check = Check::Failed("all of it".to_owned());
    }
    let report_data = report_data(record);
    let charts = charts::all(&report_data);
    assert!(
        charts[0].chart.title().starts_with("kv-cache generates"),
        "{}",
        charts[0].chart.title()
    );
    let words = svg_words(&charts[0].chart.to_svg());
    assert!(
        words
            .iter()
            .any(|line| line.contains("(answer wrong or unchecked)")),
        "{words:?}"
    );
    let page = page_of(&report_data);
    assert!(!page.contains("x1485"), "no ratio is given for it");
}

#[test]
fn everything_is_written_and_nothing_is_needed_from_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = write(&report_data(synthetic::record()), folder.path(), true).expect("written");
    assert_eq!(written.files.len(), 3 + 2 * 4);
    for file in &written.files {
        assert!(
            std::fs::metadata(file).is_ok_and(|data| data.len() > 1000),
            "{}",
            file.display()
        );
    }
    let page = std::fs::read_to_string(&written.index).expect("the page");
    assert_eq!(
        page.matches("<svg").count(),
        3,
        "the ladder is the picture of its own metric"
    );
    assert_eq!(
        page.matches(".chart text{").count(),
        1,
        "one style sheet for all charts"
    );
    for outside in [
        "src=\"",
        "@import",
        "url(",
        "<link rel=\"stylesheet",
        "href=\"http",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn pngs_are_written_on_request_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let png = folder.path().join("charts/tokens-per-second.png");
    write(&report_data(synthetic::record()), folder.path(), true).expect("written");
    assert!(png.is_file());
    let written = write(&report_data(synthetic::record()), folder.path(), false).expect("written");
    assert_eq!(written.files.len(), 3 + 4);
    assert!(!png.exists(), "that of an earlier report is removed");
    assert!(
        !std::fs::read_to_string(&written.index)
            .expect("the page")
            .contains(".png")
    );
}

/// A run with counts only has neither speeds nor charts of time, and removes those of an earlier run.
#[test]
fn counts_alone_make_a_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut record = synthetic::record();
    write(&report_data(record.clone()), folder.path(), true).expect("written");
    assert!(
        folder
            .path()
            .join("charts/latency-by-position.png")
            .is_file()
    );
    for row in &mut record.rows {
        row.readings
            .retain(|reading| matches!(reading.data, Data::Callgrind { .. } | Data::Dhat { .. }));
    }
    let written = write(&report_data(record.clone()), folder.path(), true).expect("written");
    let drawn: Vec<_> = written
        .files
        .iter()
        .filter_map(|file| file.file_stem()?.to_str())
        .collect();
    assert!(
        drawn.contains(&"memory") && !drawn.contains(&"latency-by-position"),
        "{drawn:?}"
    );
    assert!(
        !folder
            .path()
            .join("charts/latency-by-position.png")
            .exists()
    );
    assert!(
        !summary_of(&report_data(record)).contains("| tokens/s"),
        "no speed without time"
    );
}

#[test]
fn a_record_without_measurements_is_still_a_page() {
    let mut record = synthetic::record();
    record.rows.clear();
    assert!(page_of(&report_data(record.clone())).contains("no measurements"));
    assert_eq!(run_tables(&record, &anchors(), false, None), []);
}

/// An anchor phase that was not measured leaves gaps and is no error.
#[test]
fn anchors_may_be_missing() {
    let nobody = ["nobody".to_owned()];
    let text = Format::CSV.render(&run_tables(&few(synthetic::record()), &nobody, true, None));
    assert!(!text.contains("speed_over"), "{text}");
    let titles = charts::all(&ReportData {
        anchors: nobody.to_vec(),
        ..report_data(synthetic::record())
    });
    assert_eq!(titles[0].chart.title(), "Tokens per second by phase");
}

/// Keeps a few rows that show everything once.
fn few(mut record: Record) -> Record {
    record.rows.retain(|row| {
        let phase = row.phase.as_str();
        match row.workload.as_str() {
            "small/inference" => ["naive", "reference", "compute", "kv-cache"].contains(&phase),
            "medium/decode@57" => ["naive", "optimized"].contains(&phase),
            "kernel/gelu/1x1024" => true,
            _ => false,
        }
    });
    record
}

/// The words of an SVG, in the order in which they are drawn.
fn svg_words(svg: &str) -> Vec<String> {
    let texts = svg.split("<text ").skip(1);
    let inside = texts.filter_map(|text| text.split_once('>')?.1.split_once("</text>"));
    inside.map(|(words, _)| words.to_owned()).collect()
}
