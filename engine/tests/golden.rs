//! Logits and greedy tokens equal what Hugging Face transformers computes on the same checkpoints (see `golden/README.md`).

use std::path::{Path, PathBuf};

use engine::{Engine, Overflow, Sampler, Variant, Weights, generate, phases};
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

fn for_every_checkpoint(names: &[&str], check: impl Fn(&Engine, &Expected, &str)) {
    let folders = checkpoints();
    assert_eq!(folders.len(), 8, "{folders:?}");
    for folder in folders {
        let weights = Weights::load(&folder).unwrap();
        let expected = expected(&folder);
        for name in names {
            let variant = Variant::phase(name).unwrap();
            let engine = Engine::new(&weights, variant, 2).unwrap();
            let what = format!("{} in phase {name}", folder.display());
            check(&engine, &expected, &what);
        }
    }
}

#[test]
fn logits_at_every_position_are_those_of_transformers() {
    let names: Vec<_> = phases().iter().map(|phase| phase.name).collect();
    for_every_checkpoint(&names, |engine, expected, what| {
        let found = engine.logits(&expected.tokens).unwrap();
        let expected: Vec<f32> = expected.logits.concat();
        let largest = expected.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
        assert_eq!(found.len(), expected.len(), "{what}");
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let off = (found - expected).abs();
            assert!(off <= TOLERANCE * largest, "{what}: {found}, not {expected}, at {i}");
        }
    });
}

/// No step of these continuations is a near tie, so every token has to be the same. The phases are the first one, the last
/// one that recomputes the window, and the last one.
#[test]
fn greedy_tokens_are_those_of_transformers() {
    for_every_checkpoint(&["naive", "compute", "optimized"], |engine, expected, what| {
        let mut session = engine.session().unwrap();
        let mut found = Vec::new();
        generate(
            &mut session,
            &expected.prompt,
            expected.greedy.len(),
            &mut Sampler::greedy(),
            Overflow::Error,
            |token| found.push(token),
        )
        .unwrap();
        assert_eq!(found, expected.greedy, "{what}");
    });
}

/// What a checkpoint file holds is read as it is: the stored type changes nothing but the values it can hold.
#[test]
fn the_checkpoints_differ_in_what_they_are_there_for() {
    let load = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        Weights::load(&folder).unwrap()
    };
    assert!(load("untied-inner").head.is_some());
    assert_eq!(load("untied-inner").config.inner, 50);
    assert!(load("one-layer-one-head").head.is_none());
    assert_eq!(load("head-size-six").config.epsilon, 1e-2);
    let variant = Variant::phase("optimized").unwrap();
    for name in ["stored-f16", "stored-bf16"] {
        let engine = Engine::new(&load(name), variant, 1).unwrap();
        assert!(engine.logits(&[1, 2, 3]).unwrap().iter().all(|x| x.is_finite()));
    }
}
