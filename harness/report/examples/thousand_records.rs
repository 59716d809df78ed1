//! Draws the report of a thousand synthetic records of fifty workloads, and prints the time and the memory that this
//! took. The targets are two seconds and 200 MB.
//!
//! `cargo run --release -p harness --example thousand_records [FOLDER]`; with FOLDER, the report is kept there.

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use std::path::{Path, PathBuf};
use std::time::Instant;

use harness_report::ReportData;

const RECORDS: u32 = 1000;
const WORKLOADS: usize = 50;

fn main() -> anyhow::Result<()> {
    let made = tempfile::tempdir()?;
    let records = made.path().join("records");
    let ReportData {
        record,
        roadmap,
        anchors,
        commands,
        ..
    } = synthetic::everything();
    let (first, rest): (Vec<_>, Vec<_>) = record
        .rows
        .into_iter()
        .partition(|row| !row.workload.contains('@'));
    let rows: Vec<harness_record::Row> = first.into_iter().chain(rest).collect();
    let mut record = harness_record::Record {
        rows,
        ..synthetic::record()
    };
    let kept: Vec<String> = record
        .workloads()
        .into_iter()
        .take(WORKLOADS)
        .map(str::to_owned)
        .collect();
    record.rows.retain(|row| kept.contains(&row.workload));
    let bytes = write_all(&mut record, &records)?;
    println!(
        "{RECORDS} records of {} workloads in {} rows, {} MB",
        kept.len(),
        record.rows.len(),
        bytes / 1_000_000
    );

    let out: PathBuf = std::env::args_os()
        .nth(1)
        .map_or(made.path().join("report"), PathBuf::from);
    // The memory that making the records took does not count.
    drop(record);
    reset_peak()?;
    let start = Instant::now();
    let main = roadmap.as_ref().map(|roadmap| roadmap.workload.clone());
    let report_data = harness_report::gather(&records, None, main.as_deref(), &anchors, commands)?;
    let report_data = report_data
        .map(|report_data| ReportData {
            roadmap,
            ..report_data
        })
        .ok_or_else(|| anyhow::anyhow!("no record"))?;
    let gathered = start.elapsed();
    let written = harness_report::write(&report_data, &out, false)?;
    println!(
        "{:.2} s, of which {:.2} s to read the records; {} files; {}",
        start.elapsed().as_secs_f64(),
        gathered.as_secs_f64(),
        written.files.len(),
        peak()?
    );
    Ok(())
}

/// Writes the record a thousand times, each one minute later. Returns the total size in bytes.
fn write_all(record: &mut harness_record::Record, folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for index in 0..RECORDS {
        record.created = format!(
            "2026-03-{:02}T{:02}:{:02}:26Z",
            1 + index / 100,
            index / 60 % 24,
            index % 60
        );
        let path = folder.join(format!("{index:04}.json"));
        std::fs::create_dir_all(folder)?;
        std::fs::write(&path, record.to_json())?;
        bytes += std::fs::metadata(&path)?.len();
    }
    Ok(bytes)
}

/// Resets the peak memory that Linux reports (proc(5), `clear_refs`).
fn reset_peak() -> std::io::Result<()> {
    std::fs::write("/proc/self/clear_refs", "5")
}

fn peak() -> std::io::Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or("VmHWM: unknown");
    Ok(line
        .replace("VmHWM:", "peak memory")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" "))
}
