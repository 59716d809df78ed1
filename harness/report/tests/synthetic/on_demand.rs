//! Synthetic rows of ablations, sweeps and a matrix.

use harness_record::{Data, Reading, Record, Run};

use super::{Noise, PHASES, callgrind, clock, dhat, row};

/// Axes: name, optimized choice, plain choice, speed-up alone on `reference` (none if `reference` has that choice
/// already), and slow-down in `optimized` without it.
const AXES: [(&str, &str, &str, Option<f64>, f64); 6] = [
    ("matmul", "parallel", "naive", None, 9.5),
    (
        "layer_norm",
        "two-pass-simd",
        "three-pass",
        Some(1.04),
        1.21,
    ),
    ("softmax", "fused-simd", "three-loops", Some(1.12), 1.03),
    ("attention", "online", "masked", Some(1.31), 1.08),
    ("buffers", "pooled", "fresh", Some(1.01), 1.06),
    ("decode", "kv-cache", "recompute", Some(14.0), 22.0),
];

/// Axes: name, and ratios alone on `naive` in time and in instructions.
const ON_NAIVE: [(&str, f64, f64); 6] = [
    ("matmul", 8.3, 8.7),
    ("layer_norm", 1.001, 1.002),
    ("softmax", 1.003, 1.004),
    ("attention", 1.04, 1.05),
    ("buffers", 1.002, 1.01),
    ("decode", 31.0, 32.5),
];

/// Adds the rows.
pub(crate) fn add(record: &mut Record) {
    let mut noise = Noise(7);
    ablation_of_naive(record, &mut noise);
    ablation(record, &mut noise);
    growth(record, &mut noise);
    matrix(record, &mut noise);
}

fn ablation_of_naive(record: &mut Record, noise: &mut Noise) {
    let mut add = |phase: &str, microseconds: f64, instructions: f64, bytes: u64| {
        let mut row = row("ablation/token", phase, "token", 1);
        let counts = [callgrind(instructions as u64), dhat(bytes, bytes / 1000)];
        row.readings = std::iter::once(clock("ablation/token", microseconds, noise))
            .chain(counts)
            .collect();
        record.rows.push(row);
    };
    add("naive", 15_000.0, 139e6, 867_000);
    for ((axis, time, count), (_, choice, ..)) in ON_NAIVE.into_iter().zip(AXES) {
        let bytes = if axis == "buffers" { 0 } else { 860_000 };
        add(
            &format!("naive,{axis}={choice}"),
            15_000.0 / time,
            139e6 / count,
            bytes,
        );
    }
    add("optimized", 57.0, 194e3, 0);
    for (axis, _, plain, _, end) in AXES {
        let bytes = if axis == "buffers" { 37_800 } else { 0 };
        add(
            &format!("optimized,{axis}={plain}"),
            57.0 * end,
            194e3 * end,
            bytes,
        );
    }
}

fn ablation(record: &mut Record, noise: &mut Noise) {
    let (reference, optimized) = (160_000.0, 2_300.0);
    let mut add = |phase: &str, microseconds: f64, bytes: u64| {
        let mut row = row("ablation/inference", phase, "token", 8);
        row.readings = vec![
            generation("ablation/inference", microseconds, 8, noise),
            dhat(bytes * 8, bytes / 1000),
        ];
        record.rows.push(row);
    };
    add("naive", 3_100_000.0, 6_000_000);
    add("reference", reference, 6_000_000);
    for (axis, choice, _, alone, _) in AXES {
        if let Some(alone) = alone {
            add(
                &format!("reference,{axis}={choice}"),
                reference / alone,
                if axis == "buffers" { 37_000 } else { 5_900_000 },
            );
        }
    }
    add(
        "reference,layer_norm=welford-simd",
        reference / 1.13,
        6_000_000,
    );
    add("reference,residual=simd", reference / 1.002, 6_000_000);
    add("optimized", optimized, 0);
    for (axis, _, plain, _, end) in AXES {
        add(
            &format!("optimized,{axis}={plain}"),
            optimized * end,
            if axis == "buffers" { 90_000 } else { 0 },
        );
    }
}

fn growth(record: &mut Record, noise: &mut Noise) {
    let mut add = |workload: &str, phase: &str, per_run: u64, readings: Vec<Reading>| {
        let mut row = row(workload, phase, "token", per_run);
        row.readings = readings;
        record.rows.push(row);
    };
    for (phase, factor, power) in [("reference", 260.0, 1.25), ("optimized", 14.0, 1.02)] {
        for prompt in [8_u32, 16, 32, 64, 128] {
            let workload = format!("growth/prefill@prompt={prompt}");
            let reading = clock(&workload, factor * f64::from(prompt).powf(power), noise);
            add(&workload, phase, prompt.into(), vec![reading]);
        }
        for position in [8_u32, 16, 32, 64, 120] {
            let workload = format!("growth/token@position={position}");
            let grown = if phase == "reference" {
                f64::from(position).powf(1.1)
            } else {
                20.0
            };
            add(
                &workload,
                phase,
                1,
                vec![clock(&workload, factor * grown, noise)],
            );
        }
        for context in [32_u64, 64, 128, 256, 512] {
            let workload = format!("growth/filled@context={context}");
            let bytes = if phase == "reference" {
                900 * context * context
            } else {
                8_192 * context + 300_000
            };
            add(&workload, phase, 2, vec![dhat(bytes, 10)]);
        }
        for (threads, gain) in [(1_u32, 1.0), (2, 1.8), (4, 1.7)] {
            let workload = format!("growth/decode@threads={threads}");
            let reading = clock(&workload, factor * 20.0 / gain, noise);
            add(&workload, phase, 1, vec![Reading { threads, ..reading }]);
        }
        for count in [1_u32, 2, 4, 8, 16] {
            for (name, key, gain) in [("batch", "sequences", 0.6), ("streams", "streams", 0.45)] {
                let workload = format!("growth/{name}@{key}={count}");
                let microseconds = factor * 20.0 * f64::from(count).powf(1.0 - gain) * 12.0;
                add(
                    &workload,
                    phase,
                    u64::from(count) * 12,
                    vec![clock(&workload, microseconds, noise)],
                );
            }
        }
    }
}

fn matrix(record: &mut Record, noise: &mut Noise) {
    for (model, size) in [("small", 0.14), ("medium", 1.0)] {
        for context in [32_u32, 64, 128] {
            for threads in [1_u32, 2] {
                let workload =
                    format!("matrix/last-token@model={model},context={context},threads={threads}");
                for (phase, first, slope, millions, bytes, blocks) in PHASES {
                    let microseconds =
                        size * (first + slope * f64::from(context)) / f64::from(threads).powf(0.8);
                    let mut row = row(&workload, phase, "token", 1);
                    row.readings = vec![Reading {
                        threads,
                        ..clock(&workload, microseconds, noise)
                    }];
                    if threads == 1 {
                        let instructions =
                            (millions * 1e6 * size * f64::from(context) / 32.0) as u64;
                        row.readings
                            .extend([callgrind(instructions), dhat(bytes, blocks)]);
                    }
                    record.rows.push(row);
                }
            }
        }
    }
}

/// Runs with a time for each token.
fn generation(workload: &str, microseconds: f64, tokens: u32, noise: &mut Noise) -> Reading {
    let runs = (0..12).map(|round| {
        let mut at = 0.0;
        let tokens_at: Vec<u64> = (0..tokens)
            .map(|_| {
                at += microseconds * 1e3 / f64::from(tokens) * noise.around(0.02);
                at as u64
            })
            .collect();
        Run {
            round,
            iterations: 1,
            nanoseconds: at as u64 + 500,
            tokens_at,
        }
    });
    let session = format!("{workload} 1");
    Reading {
        isa: "avx2".to_owned(),
        threads: 2,
        data: Data::Clock {
            session,
            runs: runs.collect(),
        },
    }
}
