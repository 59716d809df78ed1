//! A bench as it is written for divan: every form of its attributes. In a measured crate, the first line is not needed,
//! because the manifest names the dependency `divan`.

extern crate harness_divan as divan;

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher, black_box};

// With the feature `heap`, the drop-in brings the allocator.
#[cfg(not(feature = "heap"))]
#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    let _ = AllocProfiler::system();
    divan::main();
}

#[divan::bench]
fn add() -> i32 {
    black_box(2) + black_box(1)
}

#[divan::bench(
    name = "sum of numbers",
    sample_count = 10,
    max_time = 0.5,
    items_count = 100usize
)]
fn sum(bencher: Bencher) {
    let numbers: Vec<u64> = (0..100).collect();
    bencher.bench(|| numbers.iter().sum::<u64>());
}

#[divan::bench(args = [1, 2, 4], threads = [0, 1])]
fn power(n: u32) -> u64 {
    2u64.pow(n)
}

#[divan::bench(args = ["a b", "c"])]
fn words(text: &str) -> usize {
    text.split(' ').count()
}

#[derive(Debug)]
enum Order {
    Up,
    Down,
}

#[divan::bench(args = [Order::Up, Order::Down])]
fn sort(bencher: Bencher, order: &Order) {
    let make = || -> Vec<u32> {
        match order {
            Order::Up => (0..100).collect(),
            Order::Down => (0..100).rev().collect(),
        }
    };
    bencher
        .with_inputs(make)
        .input_counter(|numbers| ItemsCount::of_iter(numbers))
        .bench_refs(|numbers| numbers.sort_unstable());
}

#[divan::bench(types = [Vec<i32>, HashSet<i32>, BTreeSet<i32>])]
fn collect<T: FromIterator<i32>>() -> T {
    (0..10).collect()
}

const SIZES: &[usize] = &[3, 30];

#[divan::bench(consts = SIZES, counters = [BytesCount::of_many::<u8>(8), ItemsCount::new(1usize)])]
fn array<const N: usize>() -> [u8; N] {
    [black_box(1); N]
}

#[divan::bench(types = [u8, u64], consts = [1, 2])]
fn both<const N: usize, T: Default + Copy>() -> [T; N] {
    [T::default(); N]
}

#[divan::bench(ignore)]
fn ignored() {}

#[divan::bench_group(name = "texts", sample_size = 3)]
mod of_texts {
    use super::*;

    struct Text(&'static str);

    impl fmt::Display for Text {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    fn texts() -> impl Iterator<Item = Text> {
        [Text("short"), Text("longer")].into_iter()
    }

    #[divan::bench(args = texts())]
    fn upper(bencher: Bencher, text: &Text) {
        bencher
            .counter(BytesCount::of_str(text.0))
            .with_inputs(|| text.0.to_owned())
            .bench_local_values(|text| text.to_uppercase());
    }

    mod inner {
        #[divan::bench]
        #[ignore]
        fn nothing(bencher: divan::Bencher<'_, '_>) {
            bencher.bench_local(|| ());
        }
    }
}
