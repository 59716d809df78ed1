//! Loss of accuracy from weights in fewer bits, compared with f32.

use engine::variant::WeightStorage;
use engine::{Config, Engine, Overflow, Sampler, Variant, Weights, generate};

use crate::compare::{awkward, engine, likeliest, tokens};

/// Largest allowed difference between variants of one storage, relative to the largest logit. f32 and bf16 weights are
/// multiplied with f32 activations, so only the order of additions differs. With int8 weights every kernel rounds
/// activations to 8 bits, so that a difference in the last place can become a difference of a whole step.
pub(crate) fn tolerance(storage: WeightStorage) -> f32 {
    match storage {
        WeightStorage::F32 | WeightStorage::Bf16 => 1e-4,
        WeightStorage::Int8 => 3e-2,
    }
}

/// Loss of accuracy compared with f32 over 200 steps of f32's greedy continuation. The fields are the largest logit
/// difference relative to the largest logit, the mean Kullback-Leibler divergence in nats, and the share of steps with
/// the same likeliest token.
#[derive(Debug)]
struct Cost {
    largest: f32,
    divergence: f64,
    kept: f64,
}

const STEPS: usize = 200;
const PROMPT: usize = 8;

fn cost(config: &Config, seed: u64, storage: WeightStorage) -> Cost {
    let config = Config {
        context: PROMPT + STEPS,
        ..config.clone()
    };
    let weights = Weights::synthetic(&config, seed).unwrap();
    let engine = |weights_as: WeightStorage| {
        let variant = Variant {
            weights: weights_as,
            ..Variant::phase("optimized").unwrap()
        };
        engine(&weights, variant, 2)
    };
    let exact = engine(WeightStorage::F32);
    let window = greedy_window(&exact);
    let last_steps = |engine: &Engine| {
        let logits = engine.logits(&window).unwrap();
        logits[(window.len() - STEPS) * config.vocab..].to_vec()
    };
    let (exact, found) = (last_steps(&exact), last_steps(&engine(storage)));
    let scale = exact.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    let off = exact.iter().zip(&found).map(|(a, b)| (a - b).abs());
    let rows = || exact.chunks(config.vocab).zip(found.chunks(config.vocab));
    let steps = STEPS as f64;
    Cost {
        largest: off.fold(0.0, f32::max) / scale,
        divergence: rows().map(|(p, q)| divergence(p, q)).sum::<f64>() / steps,
        kept: rows().filter(|(p, q)| likeliest(p) == likeliest(q)).count() as f64 / steps,
    }
}

/// A prompt and its greedy continuation, as long as the context.
fn greedy_window(engine: &Engine) -> Vec<u32> {
    let mut window = tokens(engine.config(), PROMPT);
    let prompt = window.clone();
    generate(
        &mut engine.session().unwrap(),
        &prompt,
        STEPS,
        &mut Sampler::greedy(),
        Overflow::Error,
        |token| window.push(token),
    )
    .unwrap();
    window
}

/// Kullback-Leibler divergence of the distribution of logits `q` from that of `p`, in nats.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let log_softmax = |logits: &[f32]| -> Vec<f64> {
        let sum: f64 = logits.iter().map(|&x| f64::from(x).exp()).sum();
        logits.iter().map(|&x| f64::from(x) - sum.ln()).collect()
    };
    let (p, q) = (log_softmax(p), log_softmax(q));
    p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum()
}

/// The bounds are about twice the measured values.
#[test]
fn fewer_bits_cost_as_much_accuracy_as_stated() {
    let bounds = [
        (WeightStorage::Bf16, [8e-3, 2e-5, 0.97]),
        (WeightStorage::Int8, [2e-2, 2e-4, 0.9]),
    ];
    for config in [Config::small(), Config::medium(), awkward(true)] {
        for (storage, [largest, divergence, kept]) in bounds {
            let cost = cost(&config, 42, storage);
            println!("{storage} at width {}: {cost:?}", config.embed);
            assert!(f64::from(cost.largest) <= largest, "{storage}: {cost:?}");
            assert!(cost.divergence <= divergence, "{storage}: {cost:?}");
            assert!(cost.kept >= kept, "{storage}: {cost:?}");
        }
    }
}
