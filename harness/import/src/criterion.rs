//! The estimates and samples of criterion. The format of its files is not documented as stable; only this file depends on
//! it.

use harness_record::{Data, Sample};

use crate::content;
use crate::json::{self, Json};
use crate::number::{picoseconds, positive, whole};

/// Reads the content of criterion's `estimates.json` and `sample.json`. Criterion writes nanoseconds as floating point
/// numbers; a record contains integers.
///
/// # Errors
/// The problem, as a predicate: a file is damaged, or a number is impossible.
pub fn reading(estimates: &[u8], sample: &[u8]) -> Result<Data, String> {
    let of = |name: &str, bytes| {
        document(bytes).map_err(|problem| format!("has a {name} that {problem}"))
    };
    let (estimates, sample) = (of("estimates.json", estimates)?, of("sample.json", sample)?);
    // Criterion's own choice: the slope if the number of iterations varied, otherwise the mean.
    let estimate = match estimates.optional("slope") {
        Some(slope) => slope,
        None => estimates.at("mean")?,
    };
    let interval = estimate.at("confidence_interval")?;
    let [value, low, high] = [
        (estimate, "point_estimate"),
        (interval, "lower_bound"),
        (interval, "upper_bound"),
    ]
    .map(|(place, name)| positive(place.number_at(name)?, name));
    let (value, low, high) = (value?, low?, high?);
    if !(low..=high).contains(&value) {
        return Err(format!(
            "has an estimate of {value} outside its interval from {low} to {high}"
        ));
    }
    let level = interval.number_at("confidence_level")?;
    if !(level > 0.0 && level < 1.0) {
        return Err(format!("has an interval with the level {level}"));
    }
    Ok(Data::Criterion {
        samples: samples(
            &sample.at("iters")?.numbers()?,
            &sample.at("times")?.numbers()?,
        )?,
        estimate_picoseconds: picoseconds(value, "estimate")?,
        lower_picoseconds: picoseconds(low, "lower bound")?,
        upper_picoseconds: picoseconds(high, "upper bound")?,
        confidence_permille: (level * 1e3).round() as u32,
    })
}

/// Pairs iterations with their nanoseconds.
fn samples(iterations: &[f64], times: &[f64]) -> Result<Vec<Sample>, String> {
    if iterations.len() != times.len() {
        return Err(format!(
            "has {} samples and {} times",
            iterations.len(),
            times.len()
        ));
    }
    if iterations.is_empty() {
        return Err("has no samples".to_owned());
    }
    let sample = |(&iterations, &time): (&f64, &f64)| {
        if iterations.fract() != 0.0 {
            return Err(format!("has a sample of {iterations} iterations"));
        }
        Ok(Sample {
            iterations: whole(
                positive(iterations, "number of iterations")?,
                "number of iterations",
            )?,
            nanoseconds: whole(positive(time, "time")?, "time")?,
        })
    };
    iterations.iter().zip(times).map(sample).collect()
}

fn document(bytes: &[u8]) -> Result<Json, String> {
    let mut documents = json::documents(&content::text(bytes)?)?;
    match documents.len() {
        1 => Ok(documents.remove(0)),
        several => Err(format!("has {several} JSON documents")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESTIMATES: &str = r#"{"mean":{"confidence_interval":{"confidence_level":0.95,"lower_bound":99.0,"upper_bound":102.5},"point_estimate":100.0,"standard_error":1.0},"slope":null}"#;
    const SAMPLE: &str = r#"{"sampling_mode":"Linear","iters":[2.0,4.0],"times":[200.4,401.6]}"#;

    fn read(estimates: &str, sample: &str) -> Result<Data, String> {
        reading(estimates.as_bytes(), sample.as_bytes())
    }

    #[test]
    fn the_slope_is_preferred_to_the_mean() {
        let slope = ESTIMATES.replace(
            "null",
            r#"{"confidence_interval":{"confidence_level":0.9,"lower_bound":99.0,"upper_bound":102.5},"point_estimate":100.5}"#,
        );
        for (estimates, expected, level) in [(ESTIMATES, 100_000, 950), (&slope, 100_500, 900)] {
            let sample = |iterations, nanoseconds| Sample {
                iterations,
                nanoseconds,
            };
            assert_eq!(
                read(estimates, SAMPLE),
                Ok(Data::Criterion {
                    samples: vec![sample(2, 200), sample(4, 402)],
                    estimate_picoseconds: expected,
                    lower_picoseconds: 99_000,
                    upper_picoseconds: 102_500,
                    confidence_permille: level,
                })
            );
        }
    }

    #[test]
    fn impossible_numbers_are_refused_with_the_reason() {
        for (from, to, reason) in [
            ("100.0", "-100.0", "point_estimate of -100"),
            ("100.0", "1e999", "estimates.json"),
            ("100.0", "NaN", "is NaN"),
            ("100.0", "200.0", "outside its interval"),
            ("99.0", "103.0", "outside its interval"),
            ("0.95", "1.5", "the level 1.5"),
            ("\"mean\"", "\"average\"", "has no `mean`"),
        ] {
            let problem = read(&ESTIMATES.replacen(from, to, 1), SAMPLE).expect_err(to);
            assert!(problem.contains(reason), "{problem}");
        }
        for (from, to, reason) in [
            ("[2.0,4.0]", "[2.0]", "1 samples and 2 times"),
            ("2.0", "0.0", "number of iterations of 0"),
            ("2.0", "2.5", "2.5 iterations"),
            ("200.4", "-200.4", "time of -200.4"),
            ("]}", "", "is cut"),
        ] {
            let problem = read(ESTIMATES, &SAMPLE.replacen(from, to, 1)).expect_err(to);
            assert!(problem.contains(reason), "{problem}");
        }
        let empty = r#"{"iters":[],"times":[]}"#;
        assert_eq!(read(ESTIMATES, empty), Err("has no samples".to_owned()));
    }
}
