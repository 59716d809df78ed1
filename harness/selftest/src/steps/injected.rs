//! Series like histories of a benchmark, with steps of known place and size.

use harness_abtest::noise::Noise;
use harness_abtest::{Random, shuffled};
use strum::{EnumIter, IntoEnumIterator, IntoStaticStr};

use super::KnownSeries;

/// Distribution of the noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
enum Wobble {
    /// Normal.
    Normal,
    /// Student's t with three degrees of freedom: heavy tails.
    HeavyTailed,
    /// Normal; neighbours have a correlation of 0.5, as on a machine with slow days.
    Correlated,
    /// Exponential, and one value in twenty is slower by 3 to 15 standard deviations.
    Lopsided,
}

/// The course of the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter)]
enum Scenario {
    /// One level.
    Flat,
    /// The level changes evenly by 5 %; there is no step.
    Drift,
    /// One step.
    OneStep,
    /// Three steps.
    ThreeSteps,
}

/// Sizes of steps. Half of the steps go down.
const STEPS: [f64; 6] = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2];

/// Standard deviations of the noise, as shares.
const DEVIATIONS: [f64; 3] = [0.005, 0.01, 0.02];

/// Lengths of the series.
const LENGTHS: [usize; 3] = [50, 150, 400];

/// Least distance of a step from the next one and from both ends.
const LEAST_APART: usize = 8;

/// Draws series of all combinations of noise, course, length and deviation, `times` of each. The series are the same
/// for equal seeds.
pub fn injected(times: usize, seed: u64) -> Vec<KnownSeries> {
    let mut random = Random::new(seed);
    let mut all = Vec::new();
    for wobble in Wobble::iter() {
        for scenario in Scenario::iter() {
            for length in LENGTHS {
                for deviation in DEVIATIONS {
                    for time in 0..times {
                        all.push(one(
                            (wobble, scenario, length, deviation),
                            time,
                            &mut random,
                        ));
                    }
                }
            }
        }
    }
    all
}

/// Draws one long series for each noise, without a step and with a step of 5 % every 200 values.
pub fn long_series(length: usize, seed: u64) -> Vec<KnownSeries> {
    let mut random = Random::new(seed);
    let kinds = Wobble::iter().flat_map(|wobble| [(wobble, false), (wobble, true)]);
    let series = kinds.map(|(wobble, has_steps)| {
        let level = |place: usize| match has_steps && place / 200 % 2 == 1 {
            true => 0.05,
            false => 0.0,
        };
        let noise = noise(wobble, length, &mut random).into_iter().enumerate();
        let values = noise.map(|(place, noise)| (level(place) + 0.01 * noise).exp());
        KnownSeries {
            set: format!("{} noise", <&str>::from(wobble)),
            name: if has_steps { "steps" } else { "no step" }.to_owned(),
            values: values.collect(),
            annotations: vec![
                (1..)
                    .map(|step| step * 200)
                    .take_while(|step| has_steps && *step < length)
                    .collect(),
            ],
        }
    });
    series.collect()
}

fn one(
    (wobble, scenario, length, deviation): (Wobble, Scenario, usize, f64),
    time: usize,
    random: &mut Random,
) -> KnownSeries {
    let steps = match scenario {
        Scenario::Flat | Scenario::Drift => Vec::new(),
        Scenario::OneStep => places(1, length, random),
        Scenario::ThreeSteps => places(3, length, random),
    };
    let mut levels = vec![0.0; length];
    if scenario == Scenario::Drift {
        let slope = sign(random) * 0.05 / length as f64;
        let risen = levels.iter_mut().enumerate();
        risen.for_each(|(place, level)| *level = slope * place as f64);
    }
    for &step in &steps {
        let size = sign(random) * STEPS[random.below(STEPS.len())].ln_1p();
        levels[step..].iter_mut().for_each(|level| *level += size);
    }
    let noise = noise(wobble, length, random);
    let values = levels.iter().zip(noise);
    let values = values.map(|(level, noise)| 100.0 * (level + deviation * noise).exp());
    let course = match scenario {
        Scenario::Drift => "drift",
        _ => "injected",
    };
    KnownSeries {
        set: format!("{course}, {} noise", <&str>::from(wobble)),
        name: format!("{scenario:?}, {length} values, {deviation}, {time}"),
        values: values.collect(),
        annotations: vec![steps],
    }
}

/// Draws places of steps, in order.
fn places(count: usize, length: usize, random: &mut Random) -> Vec<usize> {
    loop {
        let order = shuffled(length - 2 * LEAST_APART, random);
        let mut drawn: Vec<usize> = order[..count].iter().map(|at| at + LEAST_APART).collect();
        drawn.sort_unstable();
        if drawn
            .windows(2)
            .all(|pair| pair[1] - pair[0] >= LEAST_APART)
        {
            return drawn;
        }
    }
}

fn sign(random: &mut Random) -> f64 {
    if random.coin() { 1.0 } else { -1.0 }
}

/// Noise with a standard deviation of about 1 (of the values that are no outliers).
fn noise(wobble: Wobble, length: usize, random: &mut Random) -> Vec<f64> {
    let mut last = normal(random);
    let mut draw = || match wobble {
        Wobble::Normal => normal(random),
        // Scaled by 0.5 %.
        Wobble::HeavyTailed => Noise::HeavyTailed.draw(random) / 0.005,
        Wobble::Correlated => {
            last = 0.5 * last + 0.75_f64.sqrt() * normal(random);
            last
        }
        Wobble::Lopsided => {
            let usual = -(1.0 - random.share()).ln();
            match random.below(20) {
                0 => usual + 3.0 + 12.0 * random.share(),
                _ => usual,
            }
        }
    };
    (0..length).map(|_| draw()).collect()
}

/// Standard normal; the unit of the noise is percent.
fn normal(random: &mut Random) -> f64 {
    Noise::Normal(100.0).draw(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_draw_equal_series_with_all_steps_inside() {
        let drawn = injected(1, 7);
        assert_eq!(drawn.len(), 4 * 4 * 9);
        let again = injected(1, 7);
        assert!(drawn.iter().zip(&again).all(|(a, b)| a.values == b.values));
        for series in &drawn {
            let inside =
                |step: &usize| (LEAST_APART..series.values.len() - LEAST_APART).contains(step);
            assert!(series.annotations[0].iter().all(inside), "{series:?}");
            assert!(series.values.iter().all(|value| *value > 0.0));
        }
        assert!(drawn.iter().any(|series| series.annotations[0].len() == 3));
    }
}
