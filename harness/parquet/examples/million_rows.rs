//! Writes a file with many rows, to measure how long that takes: `million_rows FILE [ROWS]`. The rows are those of a
//! project with 50 workloads in 4 phases, measured by 10 metrics in one record after the other.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::time::Instant;

use harness_parquet::{Reading, Writer};

const METRICS: [(&str, &str, &str); 10] = [
    ("time", "s", "clock"),
    ("tokens-per-second", "per s", "clock"),
    ("latency-median", "s", "clock"),
    ("instructions", "instructions", "callgrind"),
    ("bytes-per-unit", "bytes", "dhat"),
    ("allocations-per-unit", "blocks", "dhat"),
    ("total-bytes", "bytes", "dhat"),
    ("total-allocations", "blocks", "dhat"),
    ("peak-bytes", "bytes", "dhat"),
    ("leaked-bytes", "bytes", "dhat"),
];
const WORKLOADS: usize = 50;
const PHASES: [&str; 4] = ["naive", "reference", "pooled", "optimized"];
const HOUR: i64 = 3_600_000_000;
const START: i64 = 1_767_225_600_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name the file")?;
    let rows: usize = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let workloads: Vec<String> = (0..WORKLOADS)
        .map(|number| format!("kernel/operation-{number}"))
        .collect();
    let digests: Vec<String> = (0..WORKLOADS)
        .map(|number| format!("{number:016x}"))
        .collect();
    let start = Instant::now();
    let mut writer = Writer::new(BufWriter::new(File::create(&path)?))?;
    // A multiplicative generator: values scatter, and repeat in every run.
    let mut random = 1_u64;
    for row in 0..rows {
        let (metric, unit, instrument) = METRICS[row % METRICS.len()];
        let phase = row / METRICS.len() % PHASES.len();
        let workload = row / METRICS.len() / PHASES.len() % WORKLOADS;
        let record = row / METRICS.len() / PHASES.len() / WORKLOADS;
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let scatter = (random >> 40) as f64 / (1_u64 << 24) as f64;
        let (value, file) = (
            (1.0 + phase as f64) * (1.0 + scatter / 100.0),
            format!("records/{record}.json"),
        );
        let commit = format!("{record:040x}");
        writer.push(&Reading {
            commit: Some(&commit),
            time: START + record as i64 * HOUR,
            workload: &workloads[workload],
            phase: PHASES[phase],
            metric,
            value,
            unit,
            interval: (instrument == "clock").then_some((0.99 * value, 1.01 * value)),
            instrument,
            isa: "avx2",
            threads: 1,
            machine: "A processor with 8 cores, 8 CPUs, Debian GNU/Linux 12, Linux 6.1",
            key: "x86_64-unknown-linux-gnu_rustc-1.95.0_glibc-2.36_valgrind-3.19.0_avx2",
            definition: &digests[workload],
            answer: &digests[workload],
            source: "record",
            file: &file,
        })?;
    }
    let (_, written) = writer.finish()?;
    println!(
        "{written} rows in {:.2} s, {} bytes",
        start.elapsed().as_secs_f64(),
        std::fs::metadata(&path)?.len()
    );
    Ok(())
}
