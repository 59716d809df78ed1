//! A bench as criterion's users write them: groups, parameters, throughput, borrowed inputs, and prints.

// A bench names the dependency `criterion`.
use harness_criterion as criterion;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{
    AxisScale, BatchSize, Benchmark, BenchmarkGroup, BenchmarkId, Criterion, Fun,
    ParameterizedBenchmark, PlotConfiguration, SamplingMode, Throughput, black_box,
    criterion_group, criterion_main,
};

fn alone(c: &mut Criterion) {
    c.bench_function("alone", |b| b.iter(|| black_box(2) + 2));
    c.bench_with_input(BenchmarkId::new("input", 7), &7, |b, n| b.iter(|| n + 1));
}

fn sums(c: &mut Criterion) {
    // Prints are no replies to the harness.
    println!("setup of the sums");
    let plot = PlotConfiguration::default().summary_scale(AxisScale::Logarithmic);
    let mut group = c.benchmark_group("sums");
    group
        .plot_config(plot)
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10);
    for size in [16u64, 1024] {
        let numbers: Vec<u64> = (0..size).collect();
        group.throughput(Throughput::Elements(size));
        group.bench_with_input(BenchmarkId::new("loop", size), &numbers, |b, numbers| {
            let mut sum = 0;
            b.iter(|| {
                for number in numbers {
                    sum += number;
                }
            });
        });
        group.bench_with_input(BenchmarkId::from_parameter(size), &numbers[..], |b, all| {
            b.iter(|| all.iter().sum::<u64>());
        });
    }
    copies(&mut group);
    group.finish();
}

fn copies(group: &mut BenchmarkGroup<WallTime>) {
    let text = "x".repeat(100);
    group.throughput(Throughput::Bytes(100));
    group.bench_function("copy", |b| {
        b.iter_batched(|| &text, |text| text.clone(), BatchSize::SmallInput)
    });
    group.bench_function(format!("append {}", 1), |b| {
        b.iter_batched_ref(
            || text.clone(),
            |text| text.push('x'),
            BatchSize::LargeInput,
        )
    });
}

/// The order of these differs from process to process.
fn unordered(c: &mut Criterion) {
    let words: HashMap<&str, usize> = [("one", 1), ("two", 2), ("three", 3), ("four", 4)].into();
    for (word, number) in words {
        c.bench_function(word, |b| b.iter(|| vec![0u8; number * 1000]));
    }
}

fn custom(c: &mut Criterion) {
    c.bench_function("custom", |b| {
        b.iter_custom(|runs| {
            let start = Instant::now();
            for run in 0..runs {
                black_box(run);
            }
            start.elapsed() + Duration::from_secs(runs)
        });
    });
}

/// The definitions of criterion 0.3.
fn old(c: &mut Criterion) {
    c.bench(
        "old",
        Benchmark::new("one", |b| b.iter(|| 1)).with_function("two", |b| b.iter(|| 2)),
    );
    c.bench(
        "squares",
        ParameterizedBenchmark::new("squares", |b, n| b.iter(|| n * n), vec![3u32, 4])
            .throughput(|n| Throughput::Bytes(u64::from(*n))),
    );
    c.bench_function_over_inputs("over", |b, n| b.iter(|| n + 1), vec!["a".len()]);
    c.bench_functions("functions", vec![Fun::new("f", |b, n| b.iter(|| n + 1))], 5);
}

/// The same name as in another function.
fn twin(c: &mut Criterion) {
    c.bench_function("alone", |b| b.iter(|| vec![1u8; 10]));
    c.bench_function("no routine", |_| {});
}

#[cfg(feature = "async_futures")]
fn futures(c: &mut Criterion) {
    use criterion::async_executor::FuturesExecutor;
    c.bench_function("future", |b| {
        b.to_async(FuturesExecutor).iter(|| async { 1 + 1 });
    });
}

#[cfg(not(feature = "async_futures"))]
fn futures(_: &mut Criterion) {}

criterion_group!(short, alone, sums, unordered);
criterion_group! {
    name = long;
    config = Criterion::default().measurement_time(Duration::from_secs(9)).sample_size(20);
    targets = custom, old, twin, futures,
}
criterion_main!(short, long);
