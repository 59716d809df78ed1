use harness::Bencher;

#[harness::workload(items = 2000, unit = "row")]
fn work(bencher: &mut Bencher) {
    let text = subject::text();
    bencher.iter(|| subject::work(&text));
}

harness::main!();
