use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

fn all(criterion: &mut Criterion) {
    let text = subject::text();
    criterion.bench_function("work", |bencher| bencher.iter(|| subject::work(black_box(&text))));
}

criterion_group!(benches, all);
criterion_main!(benches);
