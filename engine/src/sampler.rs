//! Sampling: chooses the next token from logits, greedily or at random with temperature, top-k and top-p.

use crate::random::SplitMix64;

/// Parameters of random sampling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Divisor of the logits: below 1 favours likely tokens, above 1 evens out. 0 is greedy.
    pub temperature: f32,
    /// Only this many of the likeliest tokens can be chosen.
    pub top_k: Option<usize>,
    /// Only the smallest set of likeliest tokens whose probabilities reach this sum can be chosen (nucleus sampling,
    /// Holtzman et al., arXiv:1904.09751).
    pub top_p: Option<f32>,
    /// Seed of the random numbers; the same seed and logits give the same tokens.
    pub seed: u64,
}

/// Reasons why a [`Sampling`] is not valid.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// The temperature is negative or not a number.
    #[error("the temperature is {0}; it must be 0 (greedy) or a positive finite number")]
    Temperature(f32),
    /// Top-k is 0.
    #[error("top-k is 0, which leaves no token to choose; it must be at least 1")]
    TopK,
    /// Top-p is not in `(0, 1]`.
    #[error("top-p is {0}; it must be above 0 and at most 1")]
    TopP(f32),
}

/// Chooses tokens; keeps its random state and scratch memory between them.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    random: SplitMix64,
    /// Tokens that can be chosen, with their logits, later their weights.
    candidates: Vec<(f32, u32)>,
}

impl Sampler {
    /// A sampler that always chooses the likeliest token, the first of equals.
    pub fn greedy() -> Self {
        Self {
            sampling: Sampling {
                temperature: 0.0,
                top_k: None,
                top_p: None,
                seed: 0,
            },
            random: SplitMix64::new(0),
            candidates: Vec::new(),
        }
    }

    /// A sampler that chooses at random with the parameters `sampling`.
    ///
    /// # Errors
    /// Returns an error if the temperature is negative, top-k is 0 or top-p is not in `(0, 1]`.
    pub fn new(sampling: Sampling) -> Result<Self, SamplingError> {
        let temperature = sampling.temperature;
        if !(temperature.is_finite() && temperature >= 0.0) {
            return Err(SamplingError::Temperature(temperature));
        }
        if sampling.top_k == Some(0) {
            return Err(SamplingError::TopK);
        }
        if let Some(p) = sampling.top_p
            && !(p > 0.0 && p <= 1.0)
        {
            return Err(SamplingError::TopP(p));
        }
        Ok(Self {
            sampling,
            random: SplitMix64::new(sampling.seed),
            candidates: Vec::new(),
        })
    }

    /// The next token after `logits` `[V]`. Allocates on the first call only.
    pub fn sample(&mut self, logits: &[f32]) -> u32 {
        if self.sampling.temperature == 0.0 {
            return likeliest(logits);
        }
        self.collect_candidates(logits);
        self.keep_top_k();
        let total = self.weigh();
        let total = self.keep_top_p(total);
        let mut left = self.random.unit() * total;
        for &(weight, token) in &self.candidates {
            left -= f64::from(weight);
            if left < 0.0 {
                return token;
            }
        }
        // Rounding can leave a small remainder; it belongs to the last candidate.
        self.candidates.last().map_or(0, |&(_, token)| token)
    }

    fn collect_candidates(&mut self, logits: &[f32]) {
        self.candidates.clear();
        let pairs = logits.iter().zip(0_u32..);
        self.candidates
            .extend(pairs.map(|(&logit, token)| (logit, token)));
    }

    fn keep_top_k(&mut self) {
        let keep = self.sampling.top_k.unwrap_or(usize::MAX);
        if keep < self.candidates.len() {
            self.candidates.select_nth_unstable_by(keep - 1, descending);
            self.candidates.truncate(keep);
        }
        // Always sort, so that a random number selects the same token whatever was cut.
        self.candidates.sort_unstable_by(descending);
    }

    /// Turns logits into weights relative to the likeliest one; returns their sum.
    fn weigh(&mut self) -> f64 {
        let max = self.candidates.first().map_or(0.0, |&(logit, _)| logit);
        let inverse = 1.0 / f64::from(self.sampling.temperature);
        let mut total = 0.0;
        for (value, _) in &mut self.candidates {
            let weight = (f64::from(*value - max) * inverse).exp();
            *value = weight as f32;
            total += f64::from(*value);
        }
        total
    }

    /// Cuts the tail beyond top-p; returns the sum of what is left.
    fn keep_top_p(&mut self, total: f64) -> f64 {
        let Some(p) = self.sampling.top_p else {
            return total;
        };
        let enough = f64::from(p) * total;
        let mut sum = 0.0;
        for i in 0..self.candidates.len() {
            sum += f64::from(self.candidates[i].0);
            if sum >= enough {
                self.candidates.truncate(i + 1);
                return sum;
            }
        }
        sum
    }
}

/// Larger logits first, earlier tokens first among equals.
fn descending(a: &(f32, u32), b: &(f32, u32)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// The first token with the largest logit.
fn likeliest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for i in 1..logits.len() {
        if logits[i] > logits[best] {
            best = i;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [1.0, 3.0, 0.0, 3.0, 2.0];

    fn sampling() -> Sampling {
        Sampling {
            temperature: 1.0,
            top_k: None,
            top_p: None,
            seed: 11,
        }
    }

    fn counts(sampling: Sampling, draws: usize) -> [usize; 5] {
        let mut sampler = Sampler::new(sampling).unwrap();
        let mut counts = [0; 5];
        for _ in 0..draws {
            counts[sampler.sample(&LOGITS) as usize] += 1;
        }
        counts
    }

    #[test]
    fn greedy_takes_the_first_of_the_largest() {
        assert_eq!(Sampler::greedy().sample(&LOGITS), 1);
        let cold = Sampling {
            temperature: 0.0,
            ..sampling()
        };
        assert_eq!(Sampler::new(cold).unwrap().sample(&LOGITS), 1);
    }

    #[test]
    fn tokens_come_as_often_as_their_probability_says() {
        for temperature in [0.5, 1.0, 2.0] {
            let draws = 200_000;
            let counts = counts(
                Sampling {
                    temperature,
                    ..sampling()
                },
                draws,
            );
            let weights = LOGITS.map(|logit| f64::from(logit / temperature).exp());
            let total: f64 = weights.iter().sum();
            for (count, weight) in counts.iter().zip(weights) {
                let p = weight / total;
                let deviation = (p * (1.0 - p) * draws as f64).sqrt();
                let off = (*count as f64 - p * draws as f64).abs();
                assert!(off < 4.5 * deviation, "{counts:?} at {temperature}");
            }
        }
    }

    #[test]
    fn top_k_and_top_p_cut_the_tail() {
        let top_k = Some(3);
        let cut = counts(
            Sampling {
                top_k,
                ..sampling()
            },
            10_000,
        );
        assert!(cut[1] > 0 && cut[3] > 0 && cut[4] > 0);
        assert_eq!((cut[0], cut[2]), (0, 0));
        // The two largest have probability 0.39 each.
        let top_p = Some(0.5);
        let cut = counts(
            Sampling {
                top_p,
                ..sampling()
            },
            10_000,
        );
        assert!(cut[1] > 0 && cut[3] > 0);
        assert_eq!((cut[0], cut[2], cut[4]), (0, 0, 0));
        let top_p = Some(1e-6);
        assert_eq!(
            counts(
                Sampling {
                    top_p,
                    ..sampling()
                },
                100
            )[1],
            100
        );
    }

    #[test]
    fn a_seed_decides_the_tokens() {
        let draw = |seed| {
            let mut sampler = Sampler::new(Sampling { seed, ..sampling() }).unwrap();
            (0..50).map(|_| sampler.sample(&LOGITS)).collect::<Vec<_>>()
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn nonsense_is_refused() {
        let wrong = |sampling| Sampler::new(sampling).unwrap_err();
        let temperature = -1.0;
        assert_eq!(
            wrong(Sampling {
                temperature,
                ..sampling()
            }),
            SamplingError::Temperature(-1.0)
        );
        let top_k = Some(0);
        assert_eq!(
            wrong(Sampling {
                top_k,
                ..sampling()
            }),
            SamplingError::TopK
        );
        let top_p = Some(1.5);
        assert_eq!(
            wrong(Sampling {
                top_p,
                ..sampling()
            })
            .to_string(),
            "top-p is 1.5; it must be above 0 and at most 1"
        );
    }
}
