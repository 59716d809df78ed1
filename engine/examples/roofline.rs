//! Roofline: read bandwidth and multiply-add rate of this machine, and the share of them that the matrix kernels reach.
//!
//! `cargo run --release -p engine --example roofline -- --threads 2`
//!
//! Decode reads every weight once per token, so its limit is read bandwidth at the size of the weights; prefill reuses
//! them, so its limit is the rate of multiply-adds. Each figure is the best of several rounds; limits and kernels are
//! measured alternately.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use engine::isa::Isa;
use engine::matmul::{Epilogue, Layout, Linear, Matrix};
use engine::simd::{Kernel, Level, Simd};
use engine::thread_pool::{Partition, ThreadPool, share};
use engine::variant::{MatMul, WeightStorage};
use engine::{Config, Engine, Variant, Weights};

/// Measures read bandwidth and multiply-add rate, and the kernels' share of them.
#[derive(Parser)]
struct Options {
    /// Threads to measure with.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// A phase, or a phase with changes: "optimized,weights=int8".
    #[arg(long, default_value = "optimized", value_parser = Variant::parse)]
    variant: Variant,
    /// Instruction set: plain, avx2 or avx512 (default: ENGINE_ISA, or the widest of this CPU).
    #[arg(long, value_parser = Isa::forced)]
    isa: Option<Isa>,
    /// Number of rounds; the best one counts.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Also measure the 124M model (half a gigabyte of weights).
    #[arg(long)]
    large: bool,
    /// Write the two limits of the machine to this file, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let isa = options.isa.map_or_else(Isa::from_environment, Ok)?;
    let level = isa.level()?;
    let pool = ThreadPool::new(options.threads)?;
    println!(
        "{isa}, {} threads, weights {}",
        pool.threads(),
        options.variant.weights
    );

    let peak = multiply_add_rate(level, &pool, options.rounds);
    println!("multiply-add peak        {:8.1} GFLOP/s", peak / 1e9);
    for (rows, inputs, outputs) in [
        (32, 256, 768),
        (32, 256, 1024),
        (32, 1024, 256),
        (512, 768, 3072),
        (512, 3072, 768),
    ] {
        let rate = prefill_rate(level, &pool, &options, rows, inputs, outputs)?;
        println!(
            "  [{rows:3}, {inputs:4}] x [.., {outputs:4}] {:8.1} GFLOP/s {:5.1} %",
            rate / 1e9,
            100.0 * rate / peak
        );
    }
    let read = decode_share("medium", &Config::medium(), 32, 81, isa, &pool, &options)?;
    if options.large {
        decode_share("gpt2", &Config::gpt2(), 512, 576, isa, &pool, &options)?;
    }
    match &options.json {
        Some(path) => write_limits(path, isa, pool.threads(), read, peak),
        None => Ok(()),
    }
}

/// Writes the limits of the machine: bytes read and floating-point operations per second.
fn write_limits(path: &Path, isa: Isa, threads: usize, read: f64, peak: f64) -> Result<()> {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let pairs = info.lines().filter_map(|line| line.split_once(':'));
        let mut pairs = pairs.map(|(key, value)| (key.trim(), value.trim()));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    // As the harness names the CPU in its records.
    let cpu = match (value("model name"), value("cpu family"), value("model")) {
        (Some(name), Some(family), Some(model)) => {
            format!("{name} (family {family}, model {model})")
        }
        (name, ..) => name.unwrap_or("unknown CPU").to_owned(),
    };
    let limits = serde_json::json!({
        "schema": 1,
        "cpu": cpu,
        "threads": threads,
        "isa": isa.to_string(),
        "read_bytes_per_second": read,
        "flops_per_second": peak,
    });
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, format!("{limits:#}\n"))?)
}

/// The matrices of a model in the order of the forward pass.
fn layers(config: &Config, level: Level, storage: WeightStorage) -> Result<Vec<Linear>> {
    let Config {
        embed,
        inner,
        vocab,
        ..
    } = *config;
    let mut layers = Vec::new();
    for _ in 0..config.layers {
        for (inputs, outputs) in [
            (embed, 3 * embed),
            (embed, embed),
            (embed, inner),
            (inner, embed),
        ] {
            layers.push(linear(level, storage, inputs, outputs, Layout::InOut)?);
        }
    }
    layers.push(linear(level, storage, embed, vocab, Layout::OutIn)?);
    Ok(layers)
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

/// Measures three things alternately: plain reading, the model's matrices alone (each once per token), and the whole
/// engine (prefill of `prompt` tokens, then decode up to position `end`). Returns the bytes that were read per second.
fn decode_share(
    name: &str,
    config: &Config,
    prompt: usize,
    end: usize,
    isa: Isa,
    pool: &ThreadPool,
    options: &Options,
) -> Result<f64> {
    let level = isa.level()?;
    let engine = Engine::with_isa(
        &Weights::synthetic(config, 42)?,
        options.variant,
        options.threads,
        isa,
    )?;
    let layers = layers(config, level, options.variant.weights)?;
    let matrix_bytes: usize = layers.iter().map(Linear::bytes).sum();
    let token_bytes =
        engine.weight_bytes_per_token() + engine.cache_bytes_per_token((prompt + end) / 2);
    let memory = HugePages::new(token_bytes / 4);
    let memory = memory.values();

    let mut session = engine.session()?;
    let tokens: Vec<u32> = (0..prompt as u32)
        .map(|i| i * 7 % config.vocab as u32)
        .collect();
    let x = vec![0.5; config.inner];
    let mut out = vec![0.0; config.vocab.max(config.inner)];
    let repetitions = (300_000_000 / token_bytes).max(1);
    let (mut reading, mut matrices, mut prefill, mut decode) =
        (f64::MAX, f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..options.rounds {
        for ahead in [0, 1024] {
            reading = reading.min(seconds(repetitions, || {
                pool.run(&|part, parts| {
                    let mine = share(memory.len(), 1024, part, parts);
                    black_box(level.run(Read {
                        values: &memory[mine],
                        ahead,
                    }));
                });
            }));
        }
        matrices = matrices.min(seconds(repetitions, || {
            for layer in &layers {
                layer.apply(
                    &x[..layer.inputs()],
                    &mut out[..layer.outputs()],
                    Epilogue::None,
                    pool,
                );
            }
        }));
        for _ in 0..repetitions.div_ceil(4) {
            session.reset();
            let start = Instant::now();
            session.prefill(&tokens)?;
            prefill = prefill.min(start.elapsed().as_secs_f64());
        }
        let start = Instant::now();
        for token in 0..(end - prompt) as u32 {
            session.decode(token % config.vocab as u32)?;
        }
        decode = decode.min(start.elapsed().as_secs_f64() / (end - prompt) as f64);
    }
    let rate = |bytes: usize, seconds: f64| bytes as f64 / seconds / 1e9;
    let limit = rate(token_bytes, reading);
    println!("{name}: {:6.2} MB a token", token_bytes as f64 / 1e6);
    println!("  reading        {limit:6.1} GB/s");
    let print = |what: &str, rate: f64| {
        println!("  {what:14} {rate:6.1} GB/s {:5.1} %", 100.0 * rate / limit)
    };
    print("matrices alone", rate(matrix_bytes, matrices));
    print("decode", rate(token_bytes, decode));
    println!(
        "  decode         {:6.1} tokens/s, prefill of {prompt} tokens {:8.3} ms",
        1.0 / decode,
        1e3 * prefill
    );
    Ok(token_bytes as f64 / reading)
}

/// Memory to read. Like the weights, it is in huge pages where the system supports them.
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
        // SAFETY: the range lies within the vector's allocation, whose contents are not set yet; `madvise` is only a
        // hint.
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
    pool: &ThreadPool,
    options: &Options,
    rows: usize,
    inputs: usize,
    outputs: usize,
) -> Result<f64> {
    let layer = linear(
        level,
        options.variant.weights,
        inputs,
        outputs,
        Layout::InOut,
    )?;
    let x = vec![0.5; rows * inputs];
    let mut out = vec![0.0; rows * outputs];
    let work = 2.0 * (rows * inputs * outputs) as f64;
    let repetitions = (2e9 / work).max(1.0) as usize;
    let best = (0..options.rounds)
        .map(|_| {
            seconds(repetitions, || {
                layer.apply(&x, &mut out, Epilogue::None, pool)
            })
        })
        .fold(f64::MAX, f64::min);
    Ok(work / best)
}

/// Floating-point operations per second of independent multiply-adds.
fn multiply_add_rate(level: Level, pool: &ThreadPool, rounds: usize) -> f64 {
    const STEPS: usize = 2_000_000;
    let mut results = vec![0.0; pool.threads()];
    let work = 2.0 * (STEPS * MultiplyAdd::CHAINS * level.lanes() * pool.threads()) as f64;
    let best = (0..rounds)
        .map(|_| {
            seconds(1, || {
                let results = Partition::new(&mut results);
                pool.run(&|part, _| {
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

/// Seconds per call of `work`, after one warm-up call that fills the caches.
fn seconds(repetitions: usize, mut work: impl FnMut()) -> f64 {
    work();
    let start = Instant::now();
    (0..repetitions).for_each(|_| work());
    start.elapsed().as_secs_f64() / repetitions as f64
}

/// Reads everything once in four streams; on some CPUs a single stream does not reach the bandwidth of the memory. Each
/// stream is prefetched `ahead` bytes ahead, in addition to the hardware prefetcher; 0 means no prefetch.
struct Read<'a> {
    values: &'a [f32],
    ahead: usize,
}

impl Kernel for Read<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let quarter = self.values.len() / 4;
        let (a, rest) = self.values.split_at(quarter);
        let (b, rest) = rest.split_at(quarter);
        let (c, d) = rest.split_at(quarter);
        let mut sums = [simd.splat(0.0); 8];
        let step = 2 * S::LANES;
        for i in (0..quarter / step * step).step_by(step) {
            for (stream, part) in [a, b, c, d].into_iter().enumerate() {
                if self.ahead > 0 {
                    for line in (0..4 * step).step_by(64) {
                        simd.prefetch(
                            part[i..]
                                .as_ptr()
                                .cast::<u8>()
                                .wrapping_add(self.ahead + line),
                        );
                    }
                }
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
    /// Independent chains: more than two execution units times four cycles of latency.
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
