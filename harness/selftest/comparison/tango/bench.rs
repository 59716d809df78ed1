use std::hint::black_box;
use tango_bench::{IntoBenchmarks, benchmark_fn, tango_benchmarks};

fn all() -> impl IntoBenchmarks {
    [
        benchmark_fn("parse", |bencher| {
            let text: String = (0..2000).map(|n| format!("name{n}={n}\n")).collect();
            bencher.iter(move || words::parse(black_box(&text)))
        }),
        benchmark_fn("render", |bencher| {
            let rows: Vec<_> = (0..2000).map(|n| (format!("name{n}"), n)).collect();
            bencher.iter(move || words::render(black_box(&rows)))
        }),
    ]
}

tango_benchmarks!(all());
