//! What this machine can read and compute, and what share of it the matrix kernels reach.
//!
//! `cargo run --release -p engine --example roofline -- --threads 2`
//!
//! Decode reads every weight once per token, so its limit is read bandwidth at the size of the weights; prefill
//! reuses them, so its limit is the rate of multiply-adds. Each figure is the best of several rounds, the limit and
//! what is held against it taken in turns.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use engine::isa::Isa;
use engine::matmul::{Epilogue, Layout, Linear, Matrix};
use engine::simd::{Kernel, Level, Simd};
use engine::team::{Partition, Team, share};
use engine::variant::{MatMul, WeightStorage};

/// Measures read bandwidth and multiply-add rate, and the kernels' share of them.
#[derive(Parser)]
struct Options {
    /// Threads to measure with.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Instruction set: plain, avx2 or avx512 (default: the widest there is).
    #[arg(long)]
    isa: Option<String>,
    /// Storage of the weights: f32, bf16 or int8.
    #[arg(long, default_value = "f32")]
    weights: WeightStorage,
    /// Rounds to take the best of.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Measure decode and read bandwidth on the large model's weights, too (half a gigabyte).
    #[arg(long)]
    large: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let isa = options
        .isa
        .as_deref()
        .map_or_else(Isa::from_environment, Isa::forced)?;
    let level = isa.level()?;
    let team = Team::new(options.threads)?;
    println!(
        "{isa}, {} threads, weights {}",
        team.threads(),
        options.weights
    );

    let peak = multiply_add_rate(level, &team, options.rounds);
    println!("multiply-add peak        {:8.1} GFLOP/s", peak / 1e9);
    for (rows, inputs, outputs) in [
        (32, 256, 768),
        (32, 256, 1024),
        (32, 1024, 256),
        (512, 768, 3072),
        (512, 3072, 768),
    ] {
        let rate = prefill_rate(level, &team, &options, rows, inputs, outputs)?;
        println!(
            "  [{rows:3}, {inputs:4}] x [.., {outputs:4}] {:8.1} GFLOP/s {:5.1} %",
            rate / 1e9,
            100.0 * rate / peak
        );
    }

    let medium = Model {
        embed: 256,
        layers: 4,
        vocab: 512,
    };
    let large = Model {
        embed: 768,
        layers: 12,
        vocab: 50_257,
    };
    for (name, model) in [("medium", medium), ("large", large)] {
        if name == "large" && !options.large {
            continue;
        }
        decode_share(name, &model, level, &team, &options)?;
    }
    Ok(())
}

/// A model as far as its weight matrices go (four times the width in the MLP, head tied to the embedding).
struct Model {
    embed: usize,
    layers: usize,
    vocab: usize,
}

impl Model {
    /// The layers in the order a token meets them.
    fn build(&self, level: Level, storage: WeightStorage) -> Result<Vec<Linear>> {
        let e = self.embed;
        let shapes = [(e, 3 * e), (e, e), (e, 4 * e), (4 * e, e)];
        let mut layers = Vec::new();
        for _ in 0..self.layers {
            for (inputs, outputs) in shapes {
                layers.push(linear(level, storage, inputs, outputs, Layout::InOut)?);
            }
        }
        layers.push(linear(level, storage, e, self.vocab, Layout::OutIn)?);
        Ok(layers)
    }
}

fn linear(
    level: Level,
    storage: WeightStorage,
    inputs: usize,
    outputs: usize,
    layout: Layout,
) -> Result<Linear> {
    let data: Vec<f32> = (0..inputs * outputs)
        .map(|i| (i % 251) as f32 / 251.0 - 0.5)
        .collect();
    let bias = vec![0.1; outputs];
    Ok(Linear::new(
        MatMul::Parallel,
        storage,
        level,
        &Matrix {
            layout,
            data: &data,
            inputs,
            outputs,
        },
        Some(&bias),
    )?)
}

/// Every matrix of the model once per token, in turns with plain reading of as many bytes.
fn decode_share(
    name: &str,
    model: &Model,
    level: Level,
    team: &Team,
    options: &Options,
) -> Result<()> {
    let layers = model.build(level, options.weights)?;
    let bytes: usize = layers.iter().map(Linear::bytes).sum();
    let memory = HugePages::new(bytes / 4);
    let memory = memory.values();
    let x = vec![0.5; 4 * model.embed];
    let mut out = vec![0.0; model.vocab.max(4 * model.embed)];
    let repetitions = (300_000_000 / bytes).max(1);
    let (mut reading, mut decoding) = (f64::MAX, f64::MAX);
    for _ in 0..options.rounds {
        reading = reading.min(seconds(repetitions, || {
            team.run(&|part, parts| {
                let mine = share(memory.len(), 1024, part, parts);
                black_box(level.run(Read(&memory[mine])));
            });
        }));
        decoding = decoding.min(seconds(repetitions, || {
            for layer in &layers {
                layer.apply(
                    &x[..layer.inputs()],
                    &mut out[..layer.outputs()],
                    Epilogue::None,
                    team,
                );
            }
        }));
    }
    let rate = |seconds: f64| bytes as f64 / seconds / 1e9;
    println!(
        "{name}: {:6.2} MB a token, reading {:6.1} GB/s, decode {:6.1} GB/s {:5.1} %, {:8.1} tokens/s",
        bytes as f64 / 1e6,
        rate(reading),
        rate(decoding),
        100.0 * reading / decoding,
        1.0 / decoding,
    );
    Ok(())
}

/// Memory to read, in huge pages like the weights where the system has them.
struct HugePages {
    start: usize,
    values: Vec<f32>,
}

impl HugePages {
    const BYTES: usize = 2 << 20;

    fn new(len: usize) -> HugePages {
        let mut values: Vec<f32> = Vec::with_capacity(len + Self::BYTES / 4);
        let start = values.as_ptr().align_offset(Self::BYTES);
        #[cfg(target_os = "linux")]
        // SAFETY: the range lies within the vector's allocation, whose contents are not set yet; it is only a hint.
        unsafe {
            libc::madvise(
                values.as_mut_ptr().add(start).cast(),
                len * 4,
                libc::MADV_HUGEPAGE,
            );
        }
        values.resize(start + len, 1.0);
        HugePages { start, values }
    }

    fn values(&self) -> &[f32] {
        &self.values[self.start..]
    }
}

/// Floating-point operations per second of a product with one layer.
fn prefill_rate(
    level: Level,
    team: &Team,
    options: &Options,
    rows: usize,
    inputs: usize,
    outputs: usize,
) -> Result<f64> {
    let layer = linear(level, options.weights, inputs, outputs, Layout::InOut)?;
    let x = vec![0.5; rows * inputs];
    let mut out = vec![0.0; rows * outputs];
    let work = 2.0 * (rows * inputs * outputs) as f64;
    let repetitions = (2e9 / work).max(1.0) as usize;
    let best = (0..options.rounds)
        .map(|_| {
            seconds(repetitions, || {
                layer.apply(&x, &mut out, Epilogue::None, team)
            })
        })
        .fold(f64::MAX, f64::min);
    Ok(work / best)
}

/// Floating-point operations per second of multiply-adds that wait for nothing.
fn multiply_add_rate(level: Level, team: &Team, rounds: usize) -> f64 {
    const STEPS: usize = 2_000_000;
    let mut results = vec![0.0; team.threads()];
    let work = 2.0 * (STEPS * MultiplyAdd::CHAINS * level.lanes() * team.threads()) as f64;
    let best = (0..rounds)
        .map(|_| {
            seconds(1, || {
                let results = Partition::new(&mut results);
                team.run(&|part, _| {
                    // SAFETY: each part takes its own element.
                    let result = unsafe { results.range(part..part + 1) };
                    result[0] = level.run(MultiplyAdd { steps: STEPS });
                });
            })
        })
        .fold(f64::MAX, f64::min);
    black_box(results);
    work / best
}

/// Seconds per call of `work`.
fn seconds(repetitions: usize, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..repetitions).for_each(|_| work());
    start.elapsed().as_secs_f64() / repetitions as f64
}

/// Reads everything once, in four streams (a single one does not reach the memory's bandwidth).
struct Read<'a>(&'a [f32]);

impl Kernel for Read<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let quarter = self.0.len() / 4;
        let (a, rest) = self.0.split_at(quarter);
        let (b, rest) = rest.split_at(quarter);
        let (c, d) = rest.split_at(quarter);
        let mut sums = [simd.splat(0.0); 8];
        let step = 2 * S::LANES;
        for i in (0..quarter / step * step).step_by(step) {
            for (stream, part) in [a, b, c, d].into_iter().enumerate() {
                for half in 0..2 {
                    let sum = &mut sums[2 * stream + half];
                    *sum = simd.add(*sum, simd.load(&part[i + half * S::LANES..]));
                }
            }
        }
        let mut total = sums[0];
        for sum in &sums[1..] {
            total = simd.add(total, *sum);
        }
        simd.reduce_add(total)
    }
}

struct MultiplyAdd {
    steps: usize,
}

impl MultiplyAdd {
    /// More chains than two units times four cycles of latency.
    const CHAINS: usize = 10;
}

impl Kernel for MultiplyAdd {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let (scale, shift) = (simd.splat(black_box(0.999)), simd.splat(black_box(0.001)));
        let mut sums = [simd.splat(1.0); Self::CHAINS];
        for _ in 0..self.steps {
            for chain in 0..Self::CHAINS {
                sums[chain] = simd.mul_add(sums[chain], scale, shift);
            }
        }
        let mut total = sums[0];
        for sum in &sums[1..] {
            total = simd.add(total, *sum);
        }
        simd.reduce_add(total)
    }
}
