//! Simulated errors of known distribution, for tests of the verdicts.

use crate::Random;

/// Distribution of the error of one pair, in percent. All are symmetric about zero.
#[derive(Debug, Clone, Copy)]
pub enum Noise {
    /// Normal with this standard deviation.
    Normal(f64),
    /// As observed on a shared machine: normal with a standard deviation of 0.5 %, and one pair in twenty off by 3 %.
    Shared,
    /// Student's t with three degrees of freedom, scaled by 0.5 %: heavy tails.
    HeavyTailed,
    /// Cauchy distribution: no variance and no mean.
    Cauchy,
}

impl Noise {
    /// Draws one error, as a share: 0.01 is 1 %.
    pub fn draw(self, random: &mut Random) -> f64 {
        let percent = match self {
            Self::Normal(deviation) => deviation * normal(random),
            Self::Shared => {
                let usual = 0.5 * normal(random);
                match random.below(40) {
                    0 => usual + 3.0,
                    1 => usual - 3.0,
                    _ => usual,
                }
            }
            Self::HeavyTailed => {
                let squares: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
                0.5 * normal(random) / (squares / 3.0).sqrt()
            }
            Self::Cauchy => 0.4 * (std::f64::consts::PI * (random.share() - 0.5)).tan(),
        };
        percent / 100.0
    }
}

/// Standard normal (Box and Muller 1958).
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.share()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.share()).cos()
}
