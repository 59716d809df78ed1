//! A synthetic record that looks like a real one and is the same on every run, for tests of reports.
//!
//! It has the special cases of a report: a failed check, a failed instrument, an instrument that was not used, rows
//! with zero bytes, kernels that only some phases have, and text that contains HTML.

mod on_demand;

use harness_probe::{Instrument, Unit};
use harness_record::sample::{self, callgrind, dhat};
use harness_record::{Check, Data, Environment, Failure, Reading, Record, Row, Run, Sample};

/// Phases: name, time of a token at the first position (µs), additional time for each position (µs), instructions of a
/// token (millions), and the bytes and blocks that it allocates.
const PHASES: [(&str, f64, f64, f64, u64, u64); 7] = [
    ("naive", 180_000.0, 5_600.0, 1_003.4, 51_473_920, 1_211),
    ("reference", 6_900.0, 150.0, 88.61, 51_473_920, 1_211),
    ("quick-wins", 6_300.0, 140.0, 82.17, 50_121_216, 1_146),
    ("pooled", 5_100.0, 118.0, 80.02, 2_048, 3),
    ("compute", 2_900.0, 66.0, 31.55, 2_048, 3),
    ("kv-cache", 300.0, 0.9, 3.914, 0, 0),
    ("optimized", 205.0, 0.4, 3.402, 0, 0),
];

/// Kernels: name, time of one plain call (µs), and speed-up in the phases that vectorise them.
const KERNELS: [(&str, f64, f64); 8] = [
    ("kernel/layer_norm/57x256", 48.0, 9.1),
    ("kernel/layer_norm/1x256", 0.85, 8.2),
    ("kernel/softmax/57x57", 21.0, 11.0),
    ("kernel/softmax/1x512", 3.1, 10.4),
    ("kernel/gelu/57x1024", 640.0, 14.0),
    ("kernel/gelu/1x1024", 11.3, 13.1),
    ("kernel/matmul/57x256x1024", 15_200.0, 190.0),
    ("kernel/matmul/1x256x512", 131.0, 20.0),
];

/// The record.
pub(crate) fn record() -> Record {
    let mut noise = Noise(42);
    let mut rows = Vec::new();
    for (workload, size) in [("medium/inference", 1.0), ("small/inference", 0.11)] {
        for (index, phase) in PHASES.iter().enumerate() {
            rows.push(inference(workload, size, index, phase, &mut noise));
        }
    }
    for phase in &PHASES {
        let tokens = 32.0 * (phase.1 / 46.0 + 4.0);
        rows.push(step("medium/prefill", 32, tokens, phase, &mut noise));
    }
    for position in [32_u32, 57, 81] {
        for phase in &PHASES {
            let microseconds = phase.1 + phase.2 * f64::from(position - 32);
            rows.push(step(
                &format!("medium/decode@{position}"),
                1,
                microseconds,
                phase,
                &mut noise,
            ));
        }
    }
    for (kernel, microseconds, gain) in KERNELS {
        for (phase, faster) in [("naive", 1.0), ("reference", 1.0), ("optimized", gain)] {
            rows.push(call(kernel, phase, microseconds / faster, &mut noise));
        }
    }
    upset(&mut rows);
    Record {
        created: "2026-03-14T15:09:26Z".to_owned(),
        command: "harness run --filter '*' --note <b>&\"bold\"</b>".to_owned(),
        environment: Environment {
            cpu: "Example CPU 9000 <script>alert(1)</script>".to_owned(),
            memory_bytes: 8_000_000_000,
            revision: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            dirty: true,
            ..sample::environment()
        },
        ..sample::record(rows)
    }
}

/// The record with all measurements on demand, and the roadmap of this repository.
#[allow(dead_code, reason = "not every test draws everything")]
pub(crate) fn everything() -> harness_report::ReportData {
    let mut all = record();
    on_demand::add(&mut all);
    let text = include_str!("../../../../baselines/roadmap.toml");
    let roadmap =
        harness_record::roadmap::Roadmap::parse(text, std::path::Path::new("roadmap.toml"));
    harness_report::ReportData {
        roadmap: Some(roadmap.expect("a valid roadmap")),
        ..report_data(all)
    }
}

/// The report data of a record, as the command line makes it without a roadmap.
#[allow(dead_code, reason = "not every test draws")]
pub(crate) fn report_data(record: Record) -> harness_report::ReportData {
    let command = |family: &str| format!("cargo harness run --filter '{family}/*'");
    let commands = harness_report::Commands {
        ablation: command("ablation"),
        growth: command("growth"),
        matrix: command("matrix"),
    };
    harness_report::ReportData::new(
        "synthetic.json",
        record,
        &["naive".to_owned(), "reference".to_owned()],
        commands,
    )
}

/// Adds the failures of real runs.
fn upset(rows: &mut [Row]) {
    for row in rows {
        match (row.workload.as_str(), row.phase.as_str()) {
            ("small/inference", "compute") => {
                row.check = Check::Failed("token 17 is 201, expected 93".to_owned());
            }
            ("medium/decode@57", "naive") => {
                row.readings
                    .retain(|reading| reading.data.instrument() != Instrument::Callgrind);
                row.failures.push(Failure {
                    instrument: Instrument::Callgrind,
                    message: "callgrind ran longer than 60 s and was stopped".to_owned(),
                });
            }
            ("medium/prefill", _) => {
                row.readings
                    .retain(|reading| reading.data.instrument() != Instrument::Dhat);
            }
            ("kernel/gelu/1x1024", "optimized") => {
                row.check = Check::NotRun("the probe ended before it answered".to_owned());
            }
            _ => {}
        }
    }
}

fn inference(
    workload: &str,
    size: f64,
    index: usize,
    &(phase, first, slope, _, bytes, blocks): &(&str, f64, f64, f64, u64, u64),
    noise: &mut Noise,
) -> Row {
    let rounds = if index == 0 { 3 } else { 12 };
    let runs = (0..rounds)
        .map(|round| {
            let mut at = first * size * 1e3 * 1.4 * noise.around(0.01);
            let mut tokens_at = vec![at as u64];
            for position in 1..50_u32 {
                let stall = if noise.next().is_multiple_of(40) {
                    1.35
                } else {
                    1.0
                };
                at += (first + slope * f64::from(position))
                    * size
                    * 1e3
                    * noise.around(0.015)
                    * stall;
                tokens_at.push(at as u64);
            }
            Run {
                round,
                iterations: 1,
                nanoseconds: at as u64 + 900,
                tokens_at,
            }
        })
        .collect();
    let scaled = |value: u64| (value as f64 * size) as u64;
    let mut row = row(workload, phase, "token", 50);
    row.readings = vec![
        reading(
            2,
            Data::Clock {
                session: format!("{workload} 1"),
                runs,
            },
        ),
        criterion(first * size * 50.0 * 1.4, noise),
        reading(
            1,
            Data::Dhat {
                total_bytes: scaled(bytes * 50 + 3_500_000),
                total_blocks: blocks * 50 + 40,
                peak_bytes: scaled(bytes / 8 + 3_500_000),
                leaked_bytes: 0,
                tokens: 49,
                token_bytes: scaled(bytes * 49),
                token_blocks: blocks * 49,
            },
        ),
    ];
    row
}

fn step(
    workload: &str,
    tokens: u64,
    microseconds: f64,
    &(phase, _, _, millions, bytes, blocks): &(&str, f64, f64, f64, u64, u64),
    noise: &mut Noise,
) -> Row {
    let mut row = row(workload, phase, "token", tokens);
    let instructions =
        (millions * 1e6 * tokens as f64 * if tokens > 1 { 0.04 } else { 1.0 }) as u64;
    row.readings = vec![
        clock(workload, microseconds, noise),
        criterion(microseconds, noise),
        callgrind(instructions),
        dhat(bytes, blocks),
    ];
    row
}

fn call(workload: &str, phase: &str, microseconds: f64, noise: &mut Noise) -> Row {
    let mut row = row(workload, phase, "call", 1);
    let instructions = (microseconds * 9_100.0) as u64;
    let nanoseconds: Vec<u64> = (0..12)
        .map(|_| (microseconds * 1e3 * noise.around(0.02)) as u64)
        .collect();
    row.readings = vec![
        Reading {
            threads: 2,
            ..sample::clock(&format!("{workload} 1"), &nanoseconds)
        },
        criterion(microseconds, noise),
        callgrind(instructions),
        dhat(0, 0),
    ];
    row
}

fn row(workload: &str, phase: &str, unit: &str, per_run: u64) -> Row {
    Row {
        unit: Unit {
            name: unit.to_owned(),
            per_run,
        },
        ..sample::row(workload, phase, Vec::new())
    }
}

fn reading(threads: u32, data: Data) -> Reading {
    Reading {
        isa: "avx2".to_owned(),
        threads,
        data,
    }
}

fn clock(workload: &str, microseconds: f64, noise: &mut Noise) -> Reading {
    let iterations = (20_000.0 / microseconds).ceil() as u64;
    let runs = (0..12)
        .map(|round| Run {
            round,
            iterations,
            nanoseconds: (microseconds * 1e3 * iterations as f64 * noise.around(0.02)) as u64,
            tokens_at: Vec::new(),
        })
        .collect();
    reading(
        2,
        Data::Clock {
            session: format!("{workload} 1"),
            runs,
        },
    )
}

fn criterion(microseconds: f64, noise: &mut Noise) -> Reading {
    let picoseconds = microseconds * 1e6 * noise.around(0.01);
    reading(
        2,
        Data::Criterion {
            samples: vec![Sample {
                iterations: 1,
                nanoseconds: (picoseconds / 1e3) as u64,
            }],
            estimate_picoseconds: picoseconds as u64,
            lower_picoseconds: (picoseconds * 0.993) as u64,
            upper_picoseconds: (picoseconds * 1.008) as u64,
            confidence_permille: 950,
        },
    )
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform between 1 - `spread` and 1 + `spread`.
    fn around(&mut self, spread: f64) -> f64 {
        1.0 + spread * ((self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
    }
}
