//! Tests of ablations with known effects.

use harness_record::sample::{clock, record, row};

use super::*;

/// Eight times around a time, each off by up to `spread` of a thousand.
fn times(nanoseconds: u64, spread: u64) -> Vec<u64> {
    (0..8)
        .map(|round| nanoseconds * (1000 - spread + 2 * spread * (round % 2)) / 1000)
        .collect()
}

/// An ablation of three axes. The effects of `a` are clear, those of `b` are lost in noise, `c` is one of its own.
fn ablated() -> ReportData {
    let phase =
        |name: &str, time: u64, spread: u64| row("w", name, vec![clock("s", &times(time, spread))]);
    let rows = vec![
        phase("plain", 1_000_000, 0),
        phase("plain,a=fast", 250_000, 1),
        phase("plain,b=fast", 990_000, 50),
        phase("plain,c=fast", 800_000, 1),
        phase("best", 100_000, 0),
        phase("best,a=slow", 300_000, 1),
        phase("best,b=slow", 100_500, 50),
        phase("best,c=slow", 120_000, 1),
    ];
    let commands = crate::Commands {
        ablation: String::new(),
        growth: String::new(),
        matrix: String::new(),
    };
    ReportData::new("", record(rows), &[], commands)
}

#[test]
fn only_shown_effects_are_ranked() {
    let report_data = ablated();
    let ablation = of(&report_data, "w").expect("an ablation");
    let names: Vec<&str> = ablation.axes.iter().map(|axis| axis.name).collect();
    assert_eq!(names, ["a", "c", "b"]);
    let is_shown = |index: usize| {
        let axis = &ablation.axes[index];
        [axis.alone, axis.at_the_end].map(|change| change.shown_speed().is_some())
    };
    assert_eq!([0, 1, 2].map(is_shown), [[true; 2], [true; 2], [false; 2]]);
    let (low, high) = ablation.noise_band().expect("b is lost in noise");
    assert!(
        low < 1.0 && high > 1.0 && low > 0.9 && high < 1.1,
        "{low} {high}"
    );
}

#[test]
fn an_effect_in_the_noise_is_never_worth_most() {
    let mut report_data = ablated();
    // Without the clear effects, only the one in the noise is left.
    for row in &mut report_data.record.rows {
        if row.phase.contains("a=") || row.phase.contains("c=") {
            row.readings.clear();
        }
    }
    let ablation = of(&report_data, "w").expect("an ablation");
    let sentence = finding(&ablation);
    assert!(
        !sentence.contains("worth most") && sentence.contains("no effect alone was shown"),
        "{sentence}"
    );
}

#[test]
fn totals_have_intervals() {
    let report_data = ablated();
    let ablation = of(&report_data, "w").expect("an ablation");
    let product = ablation.product(ALONE).expect("effects");
    let singles: f64 = ablation
        .axes
        .iter()
        .filter_map(|axis| axis.alone.speed())
        .map(|speed| speed.value)
        .product();
    assert!((product.value / singles - 1.0).abs() < 1e-12);
    let ends = product.interval.expect("each factor has one");
    assert!(ends.low < product.value && product.value < ends.high);
    let together = ablation.together.speed().expect("both ends");
    assert!(together.interval.is_some() && together.value > 9.0);
    let table = table::table(&report_data, &ablation);
    assert_eq!(table.rows.len(), 3 + 2);
}
