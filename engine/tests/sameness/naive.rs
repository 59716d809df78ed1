//! The `naive` variant equals the naive model in one file, bit for bit.

use std::path::Path;

use engine::{Config, EngineError, Overflow, Sampler, Variant, Weights, generate, naive};

use crate::compare::{awkward, engine, tokens};

/// Models of several shapes, in memory and from checkpoints in each stored type.
fn models() -> Vec<(String, Weights)> {
    let one_value = Config {
        vocab: 3,
        context: 5,
        embed: 1,
        layers: 1,
        heads: 1,
        inner: 1,
        ..Config::small()
    };
    let coarse_epsilon = Config {
        epsilon: 0.1,
        layers: 3,
        ..awkward(true)
    };
    let configs = [
        Config::small(),
        Config::medium(),
        awkward(false),
        awkward(true),
        one_value,
        coarse_epsilon,
    ];
    let mut models: Vec<_> = configs
        .iter()
        .map(|config| {
            (
                format!("{config:?}"),
                Weights::synthetic(config, 5).unwrap(),
            )
        })
        .collect();
    for name in ["untied-inner", "stored-f16", "stored-bf16"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(name);
        models.push((name.to_owned(), Weights::load(&folder).unwrap()));
    }
    models
}

fn bits(logits: &[f32]) -> Vec<u32> {
    logits.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn logits_are_equal_bit_for_bit() {
    for (name, weights) in models() {
        let engine = engine(&weights, Variant::naive(), 1);
        let context = weights.config.context;
        for length in [1, 2, context / 2, context] {
            let prompt = tokens(&weights.config, length);
            let expected = naive::logits(&weights, &prompt).unwrap();
            assert_eq!(expected.len(), length * weights.config.vocab);
            assert!(expected.iter().all(|x| x.is_finite()), "{name}");
            assert_eq!(
                bits(&engine.logits(&prompt).unwrap()),
                bits(&expected),
                "{name}, {length} tokens"
            );
            let mut session = engine.session().unwrap();
            let last = &expected[(length - 1) * weights.config.vocab..];
            assert_eq!(
                bits(session.prefill(&prompt).unwrap()),
                bits(last),
                "{name}, {length} tokens"
            );
        }
    }
}

#[test]
fn greedy_tokens_are_equal_also_after_the_window_slides() {
    for (name, weights) in models() {
        let mut session = engine(&weights, Variant::naive(), 1).session().unwrap();
        let context = weights.config.context;
        for (length, count, overflow) in [
            (1, context.min(20), Overflow::Error),
            (context - 1, 4, Overflow::Slide),
            (context + 3, 2, Overflow::Slide),
        ] {
            let prompt = tokens(&weights.config, length);
            let mut found = Vec::new();
            generate(
                &mut session,
                &prompt,
                count,
                &mut Sampler::greedy(),
                overflow,
                |token| found.push(token),
            )
            .unwrap();
            assert_eq!(found.len(), count);
            assert_eq!(
                found,
                naive::generate(&weights, &prompt, count, overflow).unwrap(),
                "{name}, {length} tokens"
            );
        }
    }
}

#[test]
fn errors_are_those_of_the_engine() {
    let mut weights = Weights::synthetic(&awkward(false), 5).unwrap();
    let session = || engine(&weights, Variant::naive(), 1).session().unwrap();
    for prompt in [&[][..], &[0, 61], &[1; 41]] {
        let expected = session().prefill(prompt).map(<[f32]>::to_vec).unwrap_err();
        assert_eq!(
            naive::logits(&weights, prompt).unwrap_err().to_string(),
            expected.to_string()
        );
    }
    let full = naive::generate(&weights, &[1; 39], 3, Overflow::Error).unwrap_err();
    assert!(
        matches!(
            full,
            EngineError::ContextFull {
                requested: 41,
                context: 40
            }
        ),
        "{full}"
    );
    weights.config.inner = 100;
    assert!(matches!(
        naive::logits(&weights, &[1]),
        Err(EngineError::Shape { .. })
    ));
}
