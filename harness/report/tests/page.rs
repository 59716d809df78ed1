//! The page and the summary: status, ladder, and the measurements that are missing.

mod synthetic;

use harness_judge::roadmap::TargetStatus;
use harness_record::{Data, Record, Row, metric};
use harness_report::render::Cell;
use harness_report::{
    Previous, ReportData, charts, figures, not_measured, page, sections, summary,
};
use synthetic::report_data;

fn page_of(report_data: &ReportData) -> String {
    page(
        report_data,
        &charts::all(report_data),
        &sections(report_data),
    )
    .expect("drawn")
}

/// The line of the summary on a topic of the status.
fn status(topic: &str, report_data: &ReportData) -> String {
    let summary = summary(report_data, &[], &[]);
    let start = format!("- **{topic}:**");
    let line = summary.lines().find(|line| line.starts_with(&start));
    line.expect("a line").to_owned()
}

/// The page without its scripts, with escaped characters as themselves.
fn without_scripts(page: &str) -> String {
    let mut parts = page.split("<script");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += part.split_once("</script>").expect("an end").1;
    }
    text.replace("&#x27;", "'")
}

/// A measurement on demand that is missing is named with its command, and has no heading.
#[test]
fn missing_measurements_have_a_command_and_no_heading() {
    let report_data = report_data(synthetic::record());
    let sections = sections(&report_data);
    for id in ["roadmap", "forecasts", "ablation", "growth", "matrix"] {
        assert!(sections.iter().all(|section| section.id != id), "{id}");
    }
    let open = not_measured(&report_data);
    assert_eq!(open.len(), 3, "there are no forecasts");
    assert_eq!(not_measured(&synthetic::everything()), []);
    let page = without_scripts(&page_of(&report_data));
    let summary = summary(&report_data, &[], &sections);
    let everything = page_of(&synthetic::everything());
    for id in ["ablation", "growth", "matrix"] {
        let command = format!("cargo harness run --filter '{id}/*'");
        assert!(open.iter().any(|gap| gap.command == command), "{id}");
        assert_eq!(page.matches(&command).count(), 1, "{id}");
        assert!(summary.contains(&command.replace('*', "\\*")), "{summary}");
        let heading = format!("<h2 id=\"{id}-title\"");
        assert!(!page.contains(&heading), "{id} has nothing to show");
        assert!(everything.contains(&heading), "{id} was measured");
    }
}

/// Without its script, the page has every number of the ladder of the headline workload in its main metric.
#[test]
fn the_ladder_needs_no_script() {
    let report_data = report_data(synthetic::record());
    let page = without_scripts(&page_of(&report_data));
    let (_, ladder) = page.split_once("id=\"ladder\"").expect("a ladder");
    let ladder = ladder.split_once("</table>").expect("a table").0;
    let metric = |name| metric::by_name(name).expect("a metric");
    let speed = metric("tokens-per-second");
    let rows: Vec<&Row> = report_data
        .record
        .rows
        .iter()
        .filter(|row| row.workload == "medium/inference")
        .collect();
    let mut seen = 0;
    let mut find = |cell: Cell| {
        for part in cell.text.split(" [") {
            assert!(ladder.contains(part), "{part} of {}", cell.text);
            seen += 1;
        }
    };
    let ratio = |base, head| Cell::ratio(figures::ratio(speed, Some(base), head).expect("paired"));
    for (index, row) in rows.iter().enumerate() {
        find(Cell::figure(speed, &speed.figure(row).expect("measured")));
        if index > 0 {
            find(ratio(rows[index - 1], row));
        }
        if row.phase != "reference" {
            find(ratio(rows[1], row));
        }
        for cost in ["time-to-first-token", "peak-bytes"].map(metric) {
            find(Cell::plain(
                cost.quantity(),
                cost.figure(row).expect("measured").value,
            ));
        }
    }
    assert!(seen > 40, "{seen}");
}

/// The choices of the page are formatted by the functions of the tables.
#[test]
fn the_data_of_the_choices_has_the_texts_of_the_tables() {
    let report_data = report_data(synthetic::record());
    let page = page_of(&report_data);
    let data = page
        .split_once("id=\"ladders\">")
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .expect("data")
        .0;
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    let ladders = data["ladders"].as_array().expect("ladders");
    let decode = ladders
        .iter()
        .find(|ladder| ladder["workload"] == "medium/decode@57")
        .expect("the workload");
    let view = decode["views"]
        .as_array()
        .expect("views")
        .iter()
        .find(|view| view[0] == "instructions")
        .expect("the metric");
    let instructions = metric::by_name("instructions").expect("a metric");
    let row = report_data
        .row("medium/decode@57", "pooled")
        .expect("there");
    let figure = instructions.figure(row).expect("counted");
    let rung = &view[4][3];
    assert_eq!(rung[4], Cell::figure(instructions, &figure).text);
    let base = report_data.row("medium/decode@57", "reference");
    let ratio = figures::ratio(instructions, base, row).expect("counted");
    assert_eq!(rung[7], Cell::ratio(ratio).text);
    assert_eq!(
        view[4][0][4], "failed",
        "callgrind failed for the first phase"
    );
}

/// A cost that rose stands beside the gains.
#[test]
fn a_cost_that_rose_is_named() {
    let mut record = synthetic::record();
    let costs = |record: Record| status("Costs", &report_data(record));
    assert!(costs(record.clone()).contains("none rose in optimized"));
    for row in record
        .rows
        .iter_mut()
        .filter(|row| row.phase == "optimized")
    {
        for reading in &mut row.readings {
            if let Data::Dhat { peak_bytes, .. } = &mut reading.data {
                *peak_bytes *= 10;
            }
        }
    }
    let line = costs(record);
    assert!(
        line.contains("peak") && line.contains("naive") && !line.contains("none rose"),
        "{line}"
    );
}

/// Counts are compared exactly with the last run, and times as ratios only.
#[test]
fn the_change_since_the_last_run() {
    let mut previous = synthetic::record();
    previous.created = "2026-03-10T08:00:00Z".to_owned();
    let line = |previous: Previous| {
        let report_data = ReportData {
            previous,
            ..report_data(synthetic::record())
        };
        status("Since the last run", &report_data)
    };
    let run = |record: &Record| Previous::Run(Box::new(record.clone()));
    assert!(line(Previous::None).contains("first run on this machine"));
    let same = line(run(&previous));
    assert!(
        same.contains("no phase moved against reference") && same.contains("counts are equal"),
        "{same}"
    );
    for row in &mut previous.rows {
        let half = row.phase == "optimized" && row.workload == "medium/inference";
        for reading in &mut row.readings {
            match &mut reading.data {
                // The whole machine was slower, and one phase even more so.
                Data::Clock { runs, .. } => runs.iter_mut().for_each(|run| {
                    let slower = if half { 4 } else { 2 };
                    run.nanoseconds *= slower;
                    run.tokens_at.iter_mut().for_each(|at| *at *= slower);
                }),
                Data::Callgrind { instructions } if row.phase == "pooled" => *instructions += 1,
                _ => {}
            }
        }
    }
    let moved = line(run(&previous));
    assert!(
        moved.contains("1 phase moved against reference") && moved.contains("4 of"),
        "{moved}"
    );
    previous.environment.rustc = "rustc 1.0.0".to_owned();
    let other = line(run(&previous));
    assert!(other.contains("another toolchain"), "{other}");
}

/// Missed targets are named by phase and metric, as the section on the roadmap judges them.
#[test]
fn missed_targets_are_named() {
    let report_data = synthetic::everything();
    let line = status("Targets", &report_data);
    let roadmap = report_data.roadmap.as_ref().expect("a roadmap");
    let progress = harness_report::roadmap::progress(&report_data, roadmap);
    let missed = progress
        .iter()
        .filter(|one| one.standing == Some(TargetStatus::Missed));
    let names: Vec<String> = missed
        .map(|one| {
            format!(
                "{} {}",
                one.phase.name,
                one.target.metric.title_per("token")
            )
        })
        .collect();
    assert!(!names.is_empty());
    assert!(
        names.iter().all(|name| line.contains(name)),
        "{line}: {names:?}"
    );
    let without = ReportData {
        roadmap: None,
        ..report_data
    };
    assert!(status("Targets", &without).contains("no target stored"));
}

/// The page of a default run is small enough to send and to load at once.
#[test]
fn the_page_of_a_default_run_has_at_most_200_kilobytes() {
    let report_data = ReportData {
        roadmap: synthetic::everything().roadmap,
        ..report_data(synthetic::record())
    };
    let size = page_of(&report_data).len();
    assert!((50_000..200_000).contains(&size), "{size} bytes");
}
