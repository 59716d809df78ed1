use std::hint::black_box;

use tango_bench::{IntoBenchmarks, benchmark_fn, tango_benchmarks};

fn all() -> impl IntoBenchmarks {
    [benchmark_fn("work", |bencher| {
        let text = subject::text();
        bencher.iter(move || subject::work(black_box(&text)))
    })]
}

tango_benchmarks!(all());
