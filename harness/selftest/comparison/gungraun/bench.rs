use gungraun::{Callgrind, Dhat, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use std::hint::black_box;

fn text() -> String {
    (0..2000).map(|n| format!("name{n}={n}\n")).collect()
}

fn rows() -> Vec<(String, u64)> {
    (0..2000).map(|n| (format!("name{n}"), n)).collect()
}

#[library_benchmark]
#[bench::rows(setup = text)]
fn parse(text: String) -> Vec<(String, u64)> {
    black_box(words::parse(black_box(&text)))
}

#[library_benchmark]
#[bench::rows(setup = rows)]
fn render(rows: Vec<(String, u64)>) -> String {
    black_box(words::render(black_box(&rows)))
}

library_benchmark_group!(name = all, benchmarks = [parse, render]);

main!(
    config = LibraryBenchmarkConfig::default()
        .tool(Callgrind::default())
        .tool(Dhat::default()),
    library_benchmark_groups = all
);
