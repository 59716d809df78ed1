//! Weights from a seed. Integer arithmetic and exact conversions give the same bits on every machine.

use super::{BlockWeights, LinearWeights, NormWeights, Tensor, Weights};
use crate::config::{Config, ConfigError};
use crate::random::SplitMix64;

/// Generates weights whose activations stay near unit variance, whatever the sizes.
pub(super) fn weights(config: &Config, seed: u64) -> Result<Weights, ConfigError> {
    config.validate()?;
    let mut source = Source(SplitMix64::new(seed));
    let (c, inner) = (config.embed, config.inner);
    // As in GPT-2, projections into the residual stream are scaled down with the number of layers, so that it does not
    // grow.
    let depth = 1.0 / (2.0 * config.layers as f32).sqrt();
    let table = deviation(c);
    let token_embedding = source.tensor(&[config.vocab, c], 0.0, table);
    let position_embedding = source.tensor(&[config.context, c], 0.0, 0.5 * table);
    let blocks = (0..config.layers)
        .map(|_| BlockWeights {
            attention_norm: source.norm(c),
            qkv: source.linear(c, 3 * c, 1.0),
            projection: source.linear(c, c, depth),
            mlp_norm: source.norm(c),
            expand: source.linear(c, inner, 1.0),
            contract: source.linear(inner, c, depth),
        })
        .collect();
    let final_norm = source.norm(c);
    let head = (!config.tied_head).then(|| source.tensor(&[config.vocab, c], 0.0, table));
    Ok(Weights {
        config: config.clone(),
        token_embedding,
        position_embedding,
        blocks,
        final_norm,
        head,
    })
}

/// The standard deviation at which a product over `inputs` terms keeps unit variance.
fn deviation(inputs: usize) -> f32 {
    1.0 / (inputs as f32).sqrt()
}

struct Source(SplitMix64);

impl Source {
    fn norm(&mut self, c: usize) -> NormWeights {
        NormWeights {
            gain: self.tensor(&[c], 1.0, 0.1),
            bias: self.tensor(&[c], 0.0, 0.05),
        }
    }

    fn linear(&mut self, k: usize, n: usize, scale: f32) -> LinearWeights {
        LinearWeights {
            kernel: self.tensor(&[k, n], 0.0, scale * deviation(k)),
            bias: self.tensor(&[n], 0.0, 0.05),
        }
    }

    /// Uniform values around `mean` with the given standard deviation.
    fn tensor(&mut self, shape: &[usize], mean: f32, deviation: f32) -> Tensor {
        let count = shape.iter().product();
        let half_width = deviation * 3.0_f32.sqrt();
        let values = (0..count)
            .map(|_| mean + half_width * self.0.signed_unit())
            .collect();
        Tensor::new(shape, values).expect("the number of values is that of the shape")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_same_on_every_machine() {
        let weights = Weights::synthetic(&Config::small(), 42).unwrap();
        let bits = |tensor: &Tensor| {
            tensor.values().iter().fold(0_u64, |hash, x| {
                hash.rotate_left(5) ^ u64::from(x.to_bits())
            })
        };
        // Computed by a separate implementation in Python (`struct` for the roundings to f32).
        assert_eq!(bits(&weights.token_embedding), TOKEN_EMBEDDING);
        assert_eq!(bits(&weights.blocks[1].contract.kernel), LAST_KERNEL);
        assert_eq!(bits(weights.head.as_ref().unwrap()), HEAD);
    }

    const TOKEN_EMBEDDING: u64 = 4_067_399_378_043_249_802;
    const LAST_KERNEL: u64 = 15_165_395_787_055_281_804;
    const HEAD: u64 = 7_611_951_865_747_798_058;

    #[test]
    fn values_have_the_requested_mean_and_deviation() {
        let mut source = Source(SplitMix64::new(1));
        let tensor = source.tensor(&[100, 1000], 1.0, 0.1);
        let values = tensor.values();
        let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / 1e5;
        let variance = values
            .iter()
            .map(|&x| (f64::from(x) - mean).powi(2))
            .sum::<f64>()
            / 1e5;
        assert!((mean - 1.0).abs() < 1e-3, "{mean}");
        assert!((variance.sqrt() - 0.1).abs() < 1e-3, "{variance}");
    }

    #[test]
    fn no_gain_is_one_and_no_bias_is_zero_throughout() {
        let weights = Weights::synthetic(&Config::small(), 7).unwrap();
        for block in &weights.blocks {
            assert!(block.mlp_norm.gain.values().iter().any(|&g| g != 1.0));
            assert!(block.qkv.bias.values().iter().all(|&b| b != 0.0));
        }
    }
}
