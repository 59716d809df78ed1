use divan::{AllocProfiler, Bencher, counter::ItemsCount};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench]
fn parse(bencher: Bencher) {
    let text: String = (0..2000).map(|n| format!("name{n}={n}\n")).collect();
    bencher.counter(ItemsCount::new(2000_u32)).bench(|| words::parse(divan::black_box(&text)));
}

#[divan::bench]
fn render(bencher: Bencher) {
    let rows: Vec<_> = (0..2000).map(|n| (format!("name{n}"), n)).collect();
    bencher.counter(ItemsCount::new(2000_u32)).bench(|| words::render(divan::black_box(&rows)));
}
