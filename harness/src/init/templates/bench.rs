//! Workloads of this crate. `harness run` measures them, `harness gate --base REVISION` judges a change.

use harness::Bencher;

/// An example, to be replaced: everything before `iter` prepares the work and is not measured.
#[harness::workload]
fn example(bencher: &mut Bencher) {
    let numbers: Vec<u64> = (0..1000).collect();
    bencher.iter(|| numbers.iter().sum::<u64>());
}

harness::main!();
