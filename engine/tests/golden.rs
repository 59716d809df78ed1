//! Logits and greedy tokens equal what Hugging Face transformers computes on the same checkpoints (see
//! `golden/README.md`).

use std::path::{Path, PathBuf};

use engine::{Engine, Overflow, Sampler, Variant, Weights, generate, naive, phases};
use serde::Deserialize;

/// Relative to the largest logit.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Expected {
    tokens: Vec<u32>,
    logits: Vec<Vec<f32>>,
    prompt: Vec<u32>,
    greedy: Vec<u32>,
}

fn checkpoints() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("config.json").exists())
        .collect();
    found.sort();
    found
}

fn expected(folder: &Path) -> Expected {
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Calls `check` with the weights, the expected values and the name of every checkpoint.
fn for_every_checkpoint(check: impl Fn(&Weights, &Expected, &str)) {
    let folders = checkpoints();
    assert_eq!(folders.len(), 8, "{folders:?}");
    for folder in folders {
        check(
            &Weights::load(&folder).unwrap(),
            &expected(&folder),
            &folder.display().to_string(),
        );
    }
}

fn engine(weights: &Weights, phase: &str) -> Engine {
    Engine::new(weights, Variant::phase(phase).unwrap(), 2).unwrap()
}

#[test]
fn logits_at_every_position_are_those_of_transformers() {
    for_every_checkpoint(|weights, expected, checkpoint| {
        let logits: Vec<f32> = expected.logits.concat();
        let largest = logits.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        let check = |found: &[f32], model: &str| {
            assert_eq!(found.len(), logits.len(), "{checkpoint}, {model}");
            for (i, (found, expected)) in found.iter().zip(&logits).enumerate() {
                let off = (found - expected).abs();
                assert!(
                    off <= TOLERANCE * largest,
                    "{checkpoint}, {model}: {found}, not {expected}, at {i}"
                );
            }
        };
        check(
            &naive::logits(weights, &expected.tokens).unwrap(),
            "the naive model",
        );
        for phase in phases() {
            check(
                &engine(weights, phase.name)
                    .logits(&expected.tokens)
                    .unwrap(),
                phase.name,
            );
        }
    });
}

/// No step of these continuations is a near tie, so every token has to be the same. The phases are the first one, the
/// last one that recomputes the window, and the last one.
#[test]
fn greedy_tokens_are_those_of_transformers() {
    for_every_checkpoint(|weights, Expected { prompt, greedy, .. }, checkpoint| {
        let found = naive::generate(weights, prompt, greedy.len(), Overflow::Error).unwrap();
        assert_eq!(found, *greedy, "{checkpoint}, the naive model");
        for phase in ["naive", "compute", "optimized"] {
            let mut session = engine(weights, phase).session().unwrap();
            let mut found = Vec::new();
            let sampler = &mut Sampler::greedy();
            generate(
                &mut session,
                prompt,
                greedy.len(),
                sampler,
                Overflow::Error,
                |token| found.push(token),
            )
            .unwrap();
            assert_eq!(found, *greedy, "{checkpoint}, {phase}");
        }
    });
}

/// The checkpoints cover an untied head, an inner width of their own, another epsilon, and both 16-bit types.
#[test]
fn every_checkpoint_has_the_property_that_it_is_named_for() {
    let load = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(name);
        Weights::load(&folder).unwrap()
    };
    assert!(load("untied-inner").head.is_some());
    assert_eq!(load("untied-inner").config.inner, 50);
    assert!(load("one-layer-one-head").head.is_none());
    assert_eq!(load("head-size-six").config.epsilon, 1e-2);
    for name in ["stored-f16", "stored-bf16"] {
        assert!(
            engine(&load(name), "optimized")
                .logits(&[1, 2, 3])
                .unwrap()
                .iter()
                .all(|x| x.is_finite())
        );
    }
}
