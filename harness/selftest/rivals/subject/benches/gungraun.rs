use std::hint::black_box;

use gungraun::{library_benchmark, library_benchmark_group, main};

#[library_benchmark]
#[bench::text(setup = subject::text)]
fn work(text: String) -> u64 {
    black_box(subject::work(black_box(&text)))
}

library_benchmark_group!(name = all, benchmarks = [work]);
main!(library_benchmark_groups = all);
