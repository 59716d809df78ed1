//! The work as a program, for tools that measure commands: `subject REPETITIONS`.

use std::hint::black_box;
use std::time::Instant;

fn main() {
    let repetitions: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("a number of repetitions");
    let text = subject::text();
    black_box(subject::work(black_box(&text)));
    let start = Instant::now();
    for _ in 0..repetitions {
        black_box(subject::work(black_box(&text)));
    }
    println!("elapsed_ns={}", start.elapsed().as_nanos());
    println!("answer={{\"sum\":{}}}", subject::work(&text));
}
