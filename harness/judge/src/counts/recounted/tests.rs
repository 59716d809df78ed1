use std::path::Path;

use harness_abtest::Random;
use harness_abtest::noise::Noise;
use harness_record::limits::Limits;
use harness_record::sample::{callgrind, record, row};
use harness_record::{Instrument, Record};

use crate::compare::{RecordView, compare};
use crate::counts::*;

/// Instructions may grow by a tenth of a percent.
fn limits() -> Limits {
    let text = "schema = 1\n[[limit]]\nmetric = \"instructions\"\ntolerance = \"0.1 %\"\nreason = \"room\"\n";
    Limits::parse(text, Path::new("limits.toml")).expect("valid")
}

fn verdict(base: &Record, head: &Record) -> CountsVerdict {
    judge(
        compare(RecordView::baseline(base), RecordView::baseline(head)),
        &limits(),
    )
}

/// The verdict of a gate that counts as often as it has to, and the number of counts of a side.
fn gate(
    mut base: impl FnMut() -> u64,
    mut head: impl FnMut() -> u64,
    is_stored: bool,
) -> (CountVerdict, usize) {
    let side = |count| record(vec![row("w", "p", vec![callgrind(count)])]);
    let (mut bases, mut heads) = (side(base()), side(head()));
    loop {
        let verdict = verdict(&bases, &heads);
        let counted = 1 + heads.rows[0].recounts.len();
        if verdict.suspects().is_empty() {
            let judgement = verdict.rows[0].judgement.clone();
            return (judgement, counted);
        }
        assert_eq!(verdict.suspects()[0].instrument, Instrument::Callgrind);
        if !is_stored {
            bases.rows[0].recounts.push(callgrind(base()));
        }
        heads.rows[0].recounts.push(callgrind(head()));
        assert!(counted <= MOST_RECOUNTS, "it counts without end");
    }
}

/// Ways in which the counts of one program differ.
fn draw(kind: usize, random: &mut Random) -> u64 {
    let scatter = match kind {
        0 => 10_000.0 * random.share(),
        1 => 2_000.0 * Noise::Normal(1.0).draw(random),
        2 => -5_000.0 * (1.0 - random.share()).ln(),
        // A large value now and then.
        _ => 100_000.0 * f64::from(u8::from(random.below(20) == 0)) + 500.0 * random.share(),
    };
    (1_000_000.0 + scatter) as u64
}

#[test]
fn of_a_thousand_gates_on_unchanged_code_whose_counts_scatter_none_is_red() {
    for kind in 0..4 {
        let mut random = Random::new(18);
        let reds = (0..1000)
            .filter(|_| {
                let mut other = Random::new(random.bits());
                let (judgement, _) =
                    gate(|| draw(kind, &mut random), || draw(kind, &mut other), false);
                matches!(judgement, CountVerdict::Regressed(_))
            })
            .count();
        assert_eq!(reds, 0, "kind {kind}");
    }
}

#[test]
fn a_stored_count_that_was_taken_once_makes_hardly_a_gate_red() {
    let mut random = Random::new(7);
    let reds = (0..2000).filter(|gates| {
        let mut other = Random::new(random.bits());
        let (judgement, _) = gate(
            || draw(gates % 4, &mut random),
            || draw(gates % 4, &mut other),
            true,
        );
        matches!(judgement, CountVerdict::Regressed(_))
    });
    let reds = reds.count();
    assert!(reds <= 10, "{reds} of 2,000");
}

/// All five counts of each side are equal, but not those of the two, in one of 1,024 cases.
#[test]
fn a_count_of_two_values_makes_one_gate_in_a_thousand_red() {
    let mut random = Random::new(3);
    let reds = (0..10_000).filter(|_| {
        let mut other = Random::new(random.bits());
        let two = |random: &mut Random| if random.coin() { 100 } else { 140 };
        let (judgement, _) = gate(|| two(&mut random), || two(&mut other), false);
        matches!(judgement, CountVerdict::Regressed(_))
    });
    let reds = reds.count();
    assert!(reds <= 25, "{reds} of 10,000");
}

#[test]
fn counts_that_repeat_are_taken_again_only_if_they_are_to_be_reported() {
    for (head, expected, counted) in [
        (1000, "unchanged", 1),
        (1001, "moved", 1),
        (999, "moved", 1),
        (1002, "regressed", 5),
        (998, "improved", 2),
    ] {
        let (judgement, times) = gate(|| 1000, || head, false);
        assert_eq!(
            (judgement.standing().name(), times),
            (expected, counted),
            "{head}"
        );
    }
}

#[test]
fn a_change_beyond_the_scatter_is_found() {
    for kind in 0..3 {
        let mut random = Random::new(5);
        for _ in 0..100 {
            let mut other = Random::new(random.bits());
            let base = || draw(kind, &mut random);
            let (worse, _) = gate(base, || draw(kind, &mut other) + 100_000, false);
            assert_eq!(worse.standing().name(), "regressed", "kind {kind}");
            let base = || draw(kind, &mut random) + 100_000;
            let (better, _) = gate(base, || draw(kind, &mut other), false);
            assert_eq!(better.standing().name(), "improved", "kind {kind}");
        }
    }
}

#[test]
fn what_does_not_repeat_is_named_with_its_ranges_and_turns_nothing_red() {
    let side = |first: u64, later: &[u64]| {
        let mut one = row("w", "p", vec![callgrind(first)]);
        one.recounts = later.iter().map(|&count| callgrind(count)).collect();
        record(vec![one])
    };
    let of = |base: &Record, head: &Record| {
        let verdict = verdict(base, head);
        (
            verdict.conclusion(),
            verdict.rows[0].explanation(),
            verdict.clause(),
        )
    };
    let (base, head) = (side(100, &[140, 120]), side(138, &[105, 110]));
    let (conclusion, explanation, clause) = of(&base, &head);
    assert_eq!(conclusion, SuiteVerdict::Passed);
    assert_eq!(
        explanation,
        "w in phase p: instructions per token: not repeatable: base 100 to 140, head 105 to 138"
    );
    assert_eq!(clause, "1 count not repeatable");
    let (conclusion, explanation, _) = of(&side(100, &[101]), &side(200, &[203]));
    assert_eq!(conclusion, SuiteVerdict::Regressed);
    assert!(
        explanation.contains("(counts scatter: base 100 to 101, head 200 to 203)"),
        "{explanation}"
    );
}
