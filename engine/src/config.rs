//! The shape of a model, with a check that the model can be built.

use serde::{Deserialize, Serialize};

/// The activation between the two matrix products of the MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`: GELU (Hendrycks and Gimpel, arXiv:1606.08415) in its tanh
    /// form.
    GeluTanh,
}

/// The shape of a GPT-2 style decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Number of tokens, V.
    pub vocab: usize,
    /// Longest window, in tokens.
    pub context: usize,
    /// Width of the residual stream, C.
    pub embed: usize,
    /// Number of blocks.
    pub layers: usize,
    /// Number of attention heads; divides `embed`.
    pub heads: usize,
    /// Inner width of the MLP.
    pub inner: usize,
    /// Added to the variance by every LayerNorm.
    pub epsilon: f32,
    /// The activation of the MLP.
    pub activation: Activation,
    /// True if the head is the token embedding.
    pub tied_head: bool,
}

/// Reasons why a [`Config`] describes no model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A size is zero.
    #[error("the model's {0} is 0; it must be at least 1")]
    Zero(&'static str),
    /// The number of heads does not divide the width.
    #[error("{heads} heads do not divide the width {embed}; pick a number of heads that does")]
    Heads {
        /// Number of heads.
        heads: usize,
        /// Width of the residual stream.
        embed: usize,
    },
    /// The LayerNorm epsilon is not a positive finite number.
    #[error("the LayerNorm epsilon is {0}; it must be a positive finite number")]
    Epsilon(f32),
    /// A tensor would be larger than the address space.
    #[error("the model is too large to be addressed: its {0} overflows this machine's sizes")]
    Overflow(&'static str),
}

impl Config {
    /// The small model of the reference workload: 470,528 parameters.
    pub fn small() -> Self {
        Self {
            vocab: 256,
            context: 64,
            embed: 128,
            layers: 2,
            heads: 4,
            inner: 512,
            epsilon: 1e-5,
            activation: Activation::GeluTanh,
            tied_head: false,
        }
    }

    /// The medium model of the reference workload: 3,454,464 parameters.
    pub fn medium() -> Self {
        Self {
            vocab: 512,
            context: 128,
            embed: 256,
            layers: 4,
            heads: 8,
            inner: 1024,
            ..Self::small()
        }
    }

    /// The shape of the smallest published GPT-2: 124,439,808 parameters, its head tied to the token embedding.
    pub fn gpt2() -> Self {
        Self {
            vocab: 50_257,
            context: 1024,
            embed: 768,
            layers: 12,
            heads: 12,
            inner: 3072,
            tied_head: true,
            ..Self::small()
        }
    }

    /// Width of one head.
    pub fn head_size(&self) -> usize {
        self.embed / self.heads
    }

    /// Checks that a model of this shape can be built.
    ///
    /// # Errors
    /// Returns an error if a size is zero, the heads do not divide the width, epsilon is not a positive number, or a
    /// size overflows.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let sizes = [
            ("vocabulary", self.vocab),
            ("context", self.context),
            ("width", self.embed),
            ("number of layers", self.layers),
            ("number of heads", self.heads),
            ("inner width", self.inner),
        ];
        for (name, size) in sizes {
            if size == 0 {
                return Err(ConfigError::Zero(name));
            }
        }
        if !self.embed.is_multiple_of(self.heads) {
            return Err(ConfigError::Heads {
                heads: self.heads,
                embed: self.embed,
            });
        }
        if !(self.epsilon.is_finite() && self.epsilon > 0.0) {
            return Err(ConfigError::Epsilon(self.epsilon));
        }
        self.checked_parameters()
            .filter(|&count| fits_in_memory(count))
            .ok_or(ConfigError::Overflow("number of parameters"))?;
        let activations = product(&[self.context, self.inner])
            .zip(product(&[self.context, self.embed, 3]))
            .zip(product(&[self.context, self.vocab]));
        activations
            .filter(|&((a, b), c)| fits_in_memory(a) && fits_in_memory(b) && fits_in_memory(c))
            .ok_or(ConfigError::Overflow("activations at full context"))?;
        product(&[self.context, self.context, self.heads])
            .zip(product(&[2, self.layers, self.context, self.embed]))
            .filter(|&(scores, cache)| fits_in_memory(scores) && fits_in_memory(cache))
            .ok_or(ConfigError::Overflow("attention at full context"))?;
        Ok(())
    }

    /// Number of parameters, a tied head counted once; `None` when it overflows.
    pub fn checked_parameters(&self) -> Option<usize> {
        let c = self.embed;
        let linear = |k: usize, n: usize| k.checked_mul(n)?.checked_add(n);
        let block = linear(c, c.checked_mul(3)?)?
            .checked_add(linear(c, c)?)?
            .checked_add(linear(c, self.inner)?)?
            .checked_add(linear(self.inner, c)?)?
            .checked_add(c.checked_mul(4)?)?;
        let tables = if self.tied_head { 1 } else { 2 };
        self.vocab
            .checked_mul(tables)?
            .checked_add(self.context)?
            .checked_mul(c)?
            .checked_add(block.checked_mul(self.layers)?)?
            .checked_add(c.checked_mul(2)?)
    }
}

/// The product of `factors`; `None` if it overflows.
fn product(factors: &[usize]) -> Option<usize> {
    factors
        .iter()
        .try_fold(1_usize, |product, &factor| product.checked_mul(factor))
}

/// Returns true if that many f32 can be addressed, with room for padding.
fn fits_in_memory(count: usize) -> bool {
    count <= isize::MAX as usize / 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_counts_are_those_of_the_reference_workload() {
        assert_eq!(Config::small().checked_parameters(), Some(470_528));
        assert_eq!(Config::medium().checked_parameters(), Some(3_454_464));
        assert_eq!(Config::gpt2().checked_parameters(), Some(124_439_808));
    }

    #[test]
    fn presets_are_valid() {
        for config in [Config::small(), Config::medium(), Config::gpt2()] {
            config.validate().unwrap();
        }
    }

    #[test]
    fn models_that_cannot_be_built_are_refused() {
        let medium = Config::medium();
        let cases = [
            (
                Config {
                    heads: 7,
                    ..medium.clone()
                },
                ConfigError::Heads {
                    heads: 7,
                    embed: 256,
                },
            ),
            (
                Config {
                    vocab: 0,
                    ..medium.clone()
                },
                ConfigError::Zero("vocabulary"),
            ),
            (
                Config {
                    epsilon: -1.0,
                    ..medium.clone()
                },
                ConfigError::Epsilon(-1.0),
            ),
            (
                Config {
                    epsilon: f32::INFINITY,
                    ..medium.clone()
                },
                ConfigError::Epsilon(f32::INFINITY),
            ),
            (
                Config {
                    vocab: usize::MAX / 2,
                    ..medium.clone()
                },
                ConfigError::Overflow("number of parameters"),
            ),
            (
                Config {
                    context: 1 << 32,
                    ..medium.clone()
                },
                ConfigError::Overflow("attention at full context"),
            ),
        ];
        for (config, error) in cases {
            assert_eq!(config.validate(), Err(error));
        }
        let not_a_number = Config {
            epsilon: f32::NAN,
            ..medium
        }
        .validate();
        assert!(
            matches!(not_a_number, Err(ConfigError::Epsilon(_))),
            "{not_a_number:?}"
        );
    }
}
