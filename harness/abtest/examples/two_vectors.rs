//! Judges two lists of log ratios: one of an unchanged program, one of a program that became 2 % slower.
//!
//! Each number is ln(head time / base time) of one measured pair, in percent.

use harness_abtest::{Rules, SequentialTest, minimum_detectable};

const UNCHANGED: [f64; 24] = [
    0.31, -0.42, 0.08, -0.15, 0.52, -0.27, -0.06, 0.19, -0.61, 0.34, 0.02, -0.23, 0.45, -0.11,
    0.27, -0.38, 0.05, -0.19, 0.14, -0.33, 0.22, -0.04, -0.48, 0.37,
];

/// One pair is an outlier: another program disturbed it.
const SLOWER: [f64; 24] = [
    2.31, 1.58, 2.08, 1.85, 2.52, 1.73, 1.94, 2.19, 1.39, 2.34, 2.02, -6.50, 2.45, 1.89, 2.27,
    1.62, 2.05, 1.81, 2.14, 1.67, 2.22, 1.96, 1.52, 2.37,
];

fn main() {
    report("unchanged", &UNCHANGED);
    report("slower", &SLOWER);
}

/// Prints the verdict on one list.
fn report(name: &str, percents: &[f64]) {
    // The error rates are those of a suite of two workloads.
    let mut test = SequentialTest::new(Rules::default(), 2);
    percents
        .iter()
        .for_each(|percent| test.push(percent / 100.0));
    println!(
        "{name}: {} after {} pairs",
        test.verdict().name(),
        test.log_ratios().len()
    );

    let percent = |log_ratio: f64| format!("{:+.2} %", 100.0 * log_ratio.exp_m1());
    println!(
        "  estimate: {}",
        test.estimate().map_or("none".to_owned(), percent)
    );
    let interval = test
        .interval(0.95)
        .map(|ends| format!("{} to {}", percent(ends.low), percent(ends.high)));
    println!(
        "  95 % interval: {}",
        interval.as_deref().unwrap_or("too few pairs")
    );
    let detectable = minimum_detectable(&test, test.log_ratios().len()).map(percent);
    println!(
        "  minimum detectable effect: {}",
        detectable.as_deref().unwrap_or("too few pairs")
    );
}
