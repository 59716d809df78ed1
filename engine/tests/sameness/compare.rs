//! Small models with sizes that no vector width divides, and the comparison of logits.

use engine::random::SplitMix64;
use engine::{Config, Engine, Variant, Weights};

/// Tolerance relative to the largest logit of the reference.
pub(crate) const TOLERANCE: f32 = 1e-4;

/// A model with sizes that no vector width, tile or block divides.
pub(crate) fn awkward(tied_head: bool) -> Config {
    Config {
        vocab: 61,
        context: 40,
        embed: 45,
        layers: 2,
        heads: 3,
        inner: 101,
        tied_head,
        ..Config::small()
    }
}

pub(crate) fn tokens(config: &Config, count: usize) -> Vec<u32> {
    SplitMix64::new(99).tokens(config.vocab, count)
}

pub(crate) fn engine(weights: &Weights, variant: Variant, threads: usize) -> Engine {
    Engine::new(weights, variant, threads).unwrap()
}

/// Asserts that `found` is within `tolerance * max |expected|` of `expected` everywhere, and that the likeliest token
/// of every row of `vocab` is the same, except where the two best logits lie closer than that.
pub(crate) fn assert_same(
    found: &[f32],
    expected: &[f32],
    vocab: usize,
    tolerance: f32,
    what: &str,
) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    let bound = tolerance * largest;
    for (t, (found, expected)) in found.chunks(vocab).zip(expected.chunks(vocab)).enumerate() {
        for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
            let off = (found - expected).abs();
            assert!(
                off <= bound,
                "{what}: logit {i} at {t} is {found}, not {expected} (bound {bound})"
            );
        }
        let best = likeliest(expected);
        let chosen = likeliest(found);
        assert!(
            best == chosen || expected[best] - expected[chosen] <= 2.0 * bound,
            "{what}: token {chosen} instead of {best} at {t}"
        );
    }
}

pub(crate) fn likeliest(logits: &[f32]) -> usize {
    let mut best = 0;
    for i in 1..logits.len() {
        if logits[i] > logits[best] {
            best = i;
        }
    }
    best
}
