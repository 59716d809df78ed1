//! Writes many synthetic records of one machine, to measure the speed of what reads them: by default a thousand records of
//! fifty workloads in four phases, twelve rounds each.
//!
//! `cargo run --release -p harness-record --features sample --example many_records FOLDER [RECORDS] [WORKLOADS]
//! [PHASES] [ROUNDS]`
//!
//! In every fifth workload the instructions of the last phase grow by 3 % in the middle of the series. The machine is
//! faster on some days than on others, and each time has noise of 1 %.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use harness_abtest::Random;
use harness_record::sample::{callgrind, clock, dhat, record, row};
use harness_record::{Data, Record, Row};

/// Phases, and the time of a run in nanoseconds.
const PHASES: [(&str, f64); 4] = [
    ("naive", 8e6),
    ("blocked", 2e6),
    ("vectorized", 5e5),
    ("threaded", 3e5),
];
/// Slices of each phase, unless the command line has another number.
const ROUNDS: usize = 12;
/// Token times of a slice, in every tenth workload.
const TOKENS: u64 = 32;
const HOUR: i64 = 3600;
const START: i64 = 1_767_225_600;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name the folder to write to")?);
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (records, workloads) = (number(1000)?, number(50)?);
    let (phases, rounds) = (
        number(PHASES.len())?.clamp(1, PHASES.len()),
        number(ROUNDS)?,
    );
    let phases = &PHASES[PHASES.len() - phases..];
    fs::create_dir_all(&folder)?;
    let mut random = Random::new(7);
    let mut bytes = 0;
    for index in 0..records {
        let date = jiff::Timestamp::from_second(START + HOUR * i64::try_from(index)?)?;
        let is_late = 2 * index >= records;
        let text = Record {
            created: date.to_string(),
            ..record(rows(workloads, phases, rounds, is_late, &mut random))
        }
        .to_json();
        let name = date.strftime("%Y-%m-%dT%H%M%SZ.json").to_string();
        fs::write(folder.join(name), &text)?;
        bytes += text.len();
    }
    println!(
        "{records} records of {workloads} workloads in {} phases, {} MB",
        phases.len(),
        bytes / 1_000_000
    );
    Ok(())
}

fn rows(
    workloads: usize,
    phases: &[(&str, f64)],
    rounds: usize,
    is_late: bool,
    random: &mut Random,
) -> Vec<Row> {
    let machine = 1.0 + 0.2 * random.share();
    let mut rows = Vec::new();
    for workload in 0..workloads {
        let name = format!("kernel/operation-{workload}@{}", 1 << (workload % 12));
        for (place, &(phase, nanoseconds)) in phases.iter().enumerate() {
            let mut noisy = || (nanoseconds * machine * (0.99 + 0.02 * random.share())) as u64;
            let times: Vec<u64> = (0..rounds).map(|_| noisy()).collect();
            let is_last = place + 1 == phases.len();
            let grown = is_late && is_last && workload % 5 == 0;
            let instructions = nanoseconds as u64 * if grown { 309 } else { 300 } / 100;
            let mut timed = clock(&format!("session-{workload}"), &times);
            if workload % 10 == 0 {
                add_tokens(&mut timed.data);
            }
            let readings = vec![timed, callgrind(instructions), dhat(4096, 12)];
            rows.push(row(&name, phase, readings));
        }
    }
    rows
}

/// Spreads tokens evenly over each slice.
fn add_tokens(data: &mut Data) {
    if let Data::Clock { runs, .. } = data {
        for run in runs {
            let times = (1..=TOKENS).map(|token| run.nanoseconds * token / TOKENS);
            run.tokens_at = times.collect();
        }
    }
}
