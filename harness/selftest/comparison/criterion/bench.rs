use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn words(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("words");
    group.throughput(Throughput::Elements(2000));
    let text: String = (0..2000).map(|n| format!("name{n}={n}\n")).collect();
    group.bench_function("parse", |bencher| bencher.iter(|| words::parse(black_box(&text))));
    let rows: Vec<_> = (0..2000).map(|n| (format!("name{n}"), n)).collect();
    group.bench_function("render", |bencher| bencher.iter(|| words::render(black_box(&rows))));
    group.finish();
}

criterion_group!(benches, words);
criterion_main!(benches);
