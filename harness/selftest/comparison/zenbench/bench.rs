use std::hint::black_box;
use zenbench::prelude::*;

fn all(suite: &mut Suite) {
    let text: String = (0..2000).map(|n| format!("name{n}={n}\n")).collect();
    let rows: Vec<(String, u64)> = (0..2000).map(|n| (format!("name{n}"), n)).collect();
    suite.group("parse", move |group| {
        group.throughput(Throughput::Elements(2000));
        group.bench("parse", move |bencher| bencher.iter(|| words::parse(black_box(&text))));
    });
    suite.group("render", move |group| {
        group.throughput(Throughput::Elements(2000));
        group.bench("render", move |bencher| bencher.iter(|| words::render(black_box(&rows))));
    });
}

zenbench::main!(all);
