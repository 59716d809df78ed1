//! Workloads of every kind: with and without state, with arguments, with two implementations, and made by a loop.

use harness_bench as harness;
use harness_bench::{Bencher, function};

/// A run is a call of this function: it needs no bencher.
#[harness::workload(id = "words/count")]
fn words() -> usize {
    "one two three".split(' ').count()
}

#[harness::workload(args = [16, 1024], items = n, unit = "number", quick)]
fn sort(bencher: &mut Bencher, n: u64) {
    bencher.iter_with(
        || (0..n).rev().collect::<Vec<_>>(),
        |mut numbers| {
            numbers.sort_unstable();
            numbers
        },
    );
}

#[harness::workload(id = "sum", phase = "loop", about = "the sum of 100 numbers")]
fn sum_by_loop(bencher: &mut Bencher) {
    let numbers: Vec<u64> = (0..100).collect();
    bencher.iter_checked(
        || {
            let mut sum = 0;
            for number in &numbers {
                sum += number;
            }
            sum
        },
        |sum| *sum == 4950,
    );
}

#[harness::workload(id = "sum", phase = "iterator")]
fn sum_by_iterator(bencher: &mut Bencher) {
    let numbers: Vec<u64> = (0..100).collect();
    bencher.iter_checked(|| numbers.iter().sum::<u64>(), |sum| *sum == 4951);
}

harness::main!(
    [10, 1000].map(|n| {
        function(
            format!("copy/{n}"),
            move || vec![1u8; n],
            |bytes| bytes.clone(),
        )
        .bytes(n as u64)
    }),
    function("nothing", || (), |()| ()).on_demand(),
);
