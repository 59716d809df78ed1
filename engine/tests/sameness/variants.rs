//! Phases, pairs of axes and all combinations of the three main axes are compared with the naive variant.

use std::collections::BTreeSet;

use engine::variant::WeightStorage;
use engine::{Config, Engine, Isa, Variant, Weights, phases};

use crate::compare::{TOLERANCE, assert_same, awkward, engine, tokens};
use crate::covering::{all_axes, pairwise};
use crate::storage::tolerance;

/// Compares the logits of a whole window, and those of a prompt with single steps after it, which use the cache.
fn check(engine: &Engine, window: &[u32], expected: &[f32], tolerance: f32, what: &str) {
    let vocab = engine.config().vocab;
    let found = engine.logits(window).unwrap();
    assert_same(&found, expected, vocab, tolerance, what);
    let mut session = engine.session().unwrap();
    // Twice, so that values left in buffers and cache by the first round would be detected.
    for _ in 0..2 {
        session.reset();
        let prompt = window.len() / 2;
        let last = session.prefill(&window[..prompt]).unwrap();
        let row = |t: usize| &expected[t * vocab..(t + 1) * vocab];
        assert_same(last, row(prompt - 1), vocab, tolerance, what);
        for t in prompt..window.len() {
            let logits = session.decode(window[t]).unwrap();
            assert_same(
                logits,
                row(t),
                vocab,
                tolerance,
                &format!("{what}, step {t}"),
            );
        }
    }
}

fn naive_with(storage: WeightStorage) -> Variant {
    Variant {
        weights: storage,
        ..Variant::naive()
    }
}

#[test]
fn every_phase_and_every_pair_of_choices() {
    let mut axes = all_axes();
    axes.retain(|(axis, _)| *axis != WeightStorage::AXIS);
    let mut checked = 0;
    for tied_head in [false, true] {
        let config = awkward(tied_head);
        let weights = Weights::synthetic(&config, 5).unwrap();
        let window = tokens(&config, 22);
        let variants = pairwise(&axes);
        let all = variants
            .into_iter()
            .chain(phases().iter().map(|phase| phase.variant));
        for &storage in WeightStorage::ALL {
            let naive = engine(&weights, naive_with(storage), 1);
            let expected = naive.logits(&window).unwrap();
            for (i, variant) in all.clone().enumerate() {
                let variant = Variant {
                    weights: storage,
                    ..variant
                };
                let threads = 1 + i % 3;
                let engine = engine(&weights, variant, threads);
                let what = format!("{:?} on {threads} threads", variant.choices());
                check(&engine, &window, &expected, tolerance(storage), &what);
                checked += 1;
            }
        }
    }
    println!("{checked} variants agree with the naive one");
    assert!(checked > 100);
}

/// The three main axes (buffers, LayerNorm, decode), each with the naive and the fast matrix product.
#[test]
fn the_three_main_axes_in_every_combination() {
    let config = Config::small();
    let weights = Weights::synthetic(&config, 42).unwrap();
    let window = tokens(&config, 20);
    let expected = engine(&weights, Variant::naive(), 1)
        .logits(&window)
        .unwrap();
    let mut seen = BTreeSet::new();
    for matmul in ["naive", "parallel"] {
        for buffers in ["fresh", "pooled"] {
            for layer_norm in ["three-pass", "welford"] {
                for decode in ["recompute", "kv-cache"] {
                    let text = format!(
                        "naive,matmul={matmul},buffers={buffers},layer_norm={layer_norm},decode={decode}"
                    );
                    let variant = Variant::parse(&text).unwrap();
                    let engine = engine(&weights, variant, 2);
                    check(&engine, &window, &expected, TOLERANCE, &text);
                    seen.insert(format!("{:?}", variant.choices()));
                }
            }
        }
    }
    println!("{} combinations agree with the naive variant", seen.len());
    assert_eq!(seen.len(), 16);
}

/// Every phase in every storage, with each instruction set of this machine forced.
#[test]
fn every_instruction_set() {
    let config = awkward(true);
    let weights = Weights::synthetic(&config, 6).unwrap();
    let window = tokens(&config, config.context);
    for &storage in WeightStorage::ALL {
        let expected = engine(&weights, naive_with(storage), 1)
            .logits(&window)
            .unwrap();
        for isa in Isa::available() {
            for phase in phases() {
                let variant = Variant {
                    weights: storage,
                    ..phase.variant
                };
                let engine = Engine::with_isa(&weights, variant, 2, isa).unwrap();
                assert_eq!(engine.isa(), isa);
                let what = format!("{} with {storage} on {isa}", phase.name);
                check(&engine, &window, &expected, tolerance(storage), &what);
            }
        }
    }
    println!("tested: {:?} of {:?}", Isa::available(), Isa::ALL);
}

/// Medium and small model, the reference workload's own: every phase over a prompt and some steps.
#[test]
fn every_phase_on_the_reference_models() {
    for config in [Config::small(), Config::medium()] {
        let weights = Weights::synthetic(&config, 42).unwrap();
        let window = tokens(&config, 40);
        let expected = engine(&weights, Variant::naive(), 1)
            .logits(&window)
            .unwrap();
        for phase in &phases()[1..] {
            let engine = engine(&weights, phase.variant, 2);
            check(&engine, &window, &expected, TOLERANCE, phase.name);
        }
    }
}

/// Greedy generation continues from its own tokens, so that a difference would grow.
#[test]
fn every_phase_generates_the_same_tokens() {
    let config = Config::small();
    let weights = Weights::synthetic(&config, 1).unwrap();
    let generate = |variant: Variant| {
        let mut session = engine(&weights, variant, 2).session().unwrap();
        let mut tokens = Vec::new();
        let prompt = crate::compare::tokens(&config, 8);
        engine::generate(
            &mut session,
            &prompt,
            config.context - 8,
            &mut engine::Sampler::greedy(),
            engine::Overflow::Error,
            |token| tokens.push(token),
        )
        .unwrap();
        (prompt, tokens)
    };
    let (prompt, expected) = generate(Variant::naive());
    let all: Vec<u32> = prompt.iter().chain(&expected).copied().collect();
    let naive = engine(&weights, Variant::naive(), 1).logits(&all).unwrap();
    let largest = naive.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    for phase in phases() {
        let (_, found) = generate(phase.variant);
        // Beyond a step whose two best logits lie within the tolerance, two engines may generate different tokens.
        let differs = (0..expected.len()).find(|&i| found[i] != expected[i]);
        if let Some(i) = differs {
            let row = &naive[(prompt.len() + i - 1) * config.vocab..][..config.vocab];
            let gap = row[expected[i] as usize] - row[found[i] as usize];
            assert!(
                gap <= TOLERANCE * largest,
                "{} at {i}: gap {gap}",
                phase.name
            );
        }
    }
}
