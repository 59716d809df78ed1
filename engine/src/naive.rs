//! The whole model in one file: the textbook form of every operation, in plain loops, to be read from top to bottom.
//!
//! The engine spreads the same computation over one module per operation, with faster implementations beside the plain
//! ones. This file is the reference for all of them. The `naive` variant ([`Variant::naive`](crate::Variant::naive))
//! adds the same numbers in the same order, and a test compares the two bit for bit.
//!
//! Model: GPT-2 (Radford et al., "Language models are unsupervised multitask learners", 2019), a decoder with LayerNorm
//! before attention and before the MLP. Shapes are row-major: T tokens, C width of the residual stream, H heads of D =
//! C / H values, V tokens in the vocabulary.
//!
//! ```
//! use engine::{Config, Overflow, Weights, naive};
//!
//! let weights = Weights::synthetic(&Config::small(), 42)?; // or Weights::load(folder)
//! let tokens = naive::generate(&weights, &[1, 2, 3], 5, Overflow::Error)?;
//! assert_eq!(tokens.len(), 5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::config::{Activation, Config};
use crate::error::EngineError;
use crate::generate::Overflow;
use crate::weights::{LinearWeights, NormWeights, Weights};

/// Generates `new_tokens` tokens after `prompt`. Each is the token with the largest logit, the first of equals; for
/// each, the whole window is computed again.
///
/// # Errors
/// Same as for [`logits`]; also when the context is full and `overflow` is [`Overflow::Error`].
pub fn generate(
    weights: &Weights,
    prompt: &[u32],
    new_tokens: usize,
    overflow: Overflow,
) -> Result<Vec<u32>, EngineError> {
    let Config { vocab, context, .. } = weights.config;
    let mut window = prompt.to_vec();
    let mut generated = Vec::new();
    while generated.len() < new_tokens {
        if overflow == Overflow::Slide && window.len() > context {
            window.drain(..window.len() - context);
        }
        let logits = logits(weights, &window)?; // [T, V]
        let last = &logits[logits.len() - vocab..]; // [V]
        let mut best = 0;
        for v in 1..vocab {
            if last[v] > last[best] {
                best = v;
            }
        }
        window.push(best as u32);
        generated.push(best as u32);
    }
    Ok(generated)
}

/// Returns the logits after every position of `tokens`, `[T, V]`.
///
/// # Errors
/// Returns an error if the weights do not fit their configuration, or if `tokens` is empty, longer than the context, or
/// contains a token that is not in the vocabulary.
pub fn logits(weights: &Weights, tokens: &[u32]) -> Result<Vec<f32>, EngineError> {
    weights.validate()?;
    let Config {
        vocab,
        context,
        embed: c,
        heads,
        epsilon,
        activation,
        ..
    } = weights.config;
    if tokens.is_empty() {
        return Err(EngineError::EmptyPrompt);
    }
    if tokens.len() > context {
        return Err(EngineError::ContextFull {
            requested: tokens.len(),
            context,
        });
    }
    for (place, &token) in tokens.iter().enumerate() {
        if token as usize >= vocab {
            return Err(EngineError::UnknownToken {
                token,
                place,
                vocab,
            });
        }
    }

    let token_rows = weights.token_embedding.values(); // [V, C]
    let position_rows = weights.position_embedding.values(); // [context, C]
    let mut x = vec![0.0; tokens.len() * c]; // residual stream [T, C]
    for t in 0..tokens.len() {
        for i in 0..c {
            x[t * c + i] = token_rows[tokens[t] as usize * c + i] + position_rows[t * c + i];
        }
    }

    for block in &weights.blocks {
        let normal = layer_norm(&x, &block.attention_norm, epsilon); // [T, C]
        let qkv = linear(&normal, &block.qkv); // [T, 3 C]
        let attended = attention(&qkv, c, heads); // [T, C]
        add(&mut x, &linear(&attended, &block.projection));

        let normal = layer_norm(&x, &block.mlp_norm, epsilon); // [T, C]
        let mut wide = linear(&normal, &block.expand); // [T, inner]
        match activation {
            Activation::GeluTanh => gelu_tanh(&mut wide),
        }
        add(&mut x, &linear(&wide, &block.contract));
    }

    // The head has a row per token and no bias. A tied head is the token embedding.
    let normal = layer_norm(&x, &weights.final_norm, epsilon); // [T, C]
    let head = weights
        .head
        .as_ref()
        .unwrap_or(&weights.token_embedding)
        .values(); // [V, C]
    let mut logits = vec![0.0; tokens.len() * vocab]; // [T, V]
    for t in 0..tokens.len() {
        for v in 0..vocab {
            let mut sum = 0.0;
            for i in 0..c {
                sum += normal[t * c + i] * head[v * c + i];
            }
            logits[t * vocab + v] = sum;
        }
    }
    Ok(logits)
}

/// LayerNorm (Ba, Kiros and Hinton, arXiv:1607.06450) of every row of `x` `[T, C]`, in three passes: mean, variance of
/// the population, normalisation.
fn layer_norm(x: &[f32], norm: &NormWeights, epsilon: f32) -> Vec<f32> {
    let (gain, bias) = (norm.gain.values(), norm.bias.values()); // [C] each
    let c = gain.len();
    let mut out = vec![0.0; x.len()]; // [T, C]
    for t in 0..x.len() / c {
        let row = &x[t * c..(t + 1) * c];
        let mut sum = 0.0;
        for i in 0..c {
            sum += row[i];
        }
        let mean = sum / c as f32;
        let mut squares = 0.0;
        for i in 0..c {
            squares += (row[i] - mean) * (row[i] - mean);
        }
        let scale = 1.0 / (squares / c as f32 + epsilon).sqrt();
        for i in 0..c {
            out[t * c + i] = (row[i] - mean) * scale * gain[i] + bias[i];
        }
    }
    out
}

/// `x[T, K] W[K, N] + b[N]`, row times column.
fn linear(x: &[f32], layer: &LinearWeights) -> Vec<f32> {
    let (kernel, bias) = (layer.kernel.values(), layer.bias.values()); // [K, N], [N]
    let n = bias.len();
    let k = kernel.len() / n;
    let rows = x.len() / k;
    let mut out = vec![0.0; rows * n]; // [T, N]
    for t in 0..rows {
        for j in 0..n {
            let mut sum = 0.0;
            for p in 0..k {
                sum += x[t * k + p] * kernel[p * n + j];
            }
            out[t * n + j] = sum + bias[j];
        }
    }
    out
}

/// Causal multi-head attention (Vaswani et al., arXiv:1706.03762) over `qkv` `[T, 3 C]`, whose rows hold queries, keys
/// and values, each `[H, D]`. Query t attends to the keys 0..=t.
fn attention(qkv: &[f32], c: usize, heads: usize) -> Vec<f32> {
    let d = c / heads;
    let tokens = qkv.len() / (3 * c);
    let scale = 1.0 / (d as f32).sqrt();
    let mut out = vec![0.0; tokens * c]; // [T, C]
    for head in 0..heads {
        for t in 0..tokens {
            let query = &qkv[t * 3 * c + head * d..][..d]; // [D]
            let mut weights = vec![0.0; t + 1]; // scores, then their softmax
            for s in 0..=t {
                let key = &qkv[s * 3 * c + c + head * d..][..d]; // [D]
                let mut sum = 0.0;
                for i in 0..d {
                    sum += query[i] * key[i];
                }
                weights[s] = sum * scale;
            }
            softmax(&mut weights);
            for i in 0..d {
                let mut sum = 0.0;
                for s in 0..=t {
                    sum += weights[s] * qkv[s * 3 * c + 2 * c + head * d + i];
                }
                out[t * c + head * d + i] = sum;
            }
        }
    }
    out
}

/// `exp(x - max) / sum(exp(x - max))`; the maximum keeps the exponentials finite.
fn softmax(x: &mut [f32]) {
    let mut max = f32::NEG_INFINITY;
    for i in 0..x.len() {
        if x[i] > max {
            max = x[i];
        }
    }
    let mut sum = 0.0;
    for i in 0..x.len() {
        x[i] = (x[i] - max).exp();
        sum += x[i];
    }
    for i in 0..x.len() {
        x[i] /= sum;
    }
}

/// GELU (Hendrycks and Gimpel, arXiv:1606.08415) in its tanh form: `0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`.
fn gelu_tanh(x: &mut [f32]) {
    let scale = (2.0 / std::f32::consts::PI).sqrt();
    for i in 0..x.len() {
        let inner = scale * (x[i] + 0.044715 * x[i] * x[i] * x[i]);
        x[i] = 0.5 * x[i] * (1.0 + inner.tanh());
    }
}

/// `x += y`, element by element.
fn add(x: &mut [f32], y: &[f32]) {
    for i in 0..x.len() {
        x[i] += y[i];
    }
}
