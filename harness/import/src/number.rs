//! Numbers of other tools as the integers of a record. Each conversion refuses what cannot be a measurement.

use harness_record::{Data, Run, Spread, Statistic};

/// Most samples of a row that a record keeps: a record of more would be too large to read.
pub(crate) const MOST_SAMPLES: usize = 10_000;

/// A unit of time: its name in files, and its nanoseconds.
const UNITS: [(&[&str], f64); 4] = [
    (&["ns", "nanosecond"], 1.0),
    (&["us", "µs", "μs", "microsecond"], 1e3),
    (&["ms", "millisecond"], 1e6),
    (&["s", "second"], 1e9),
];

/// The nanoseconds of a unit.
pub(crate) fn unit_of_time(name: &str) -> Result<f64, String> {
    let found = UNITS.iter().find(|(names, _)| names.contains(&name));
    found
        .map(|(_, nanoseconds)| *nanoseconds)
        .ok_or_else(|| format!("is measured in {name:?}, which is no unit of time"))
}

/// A number that is finite and above zero.
pub(crate) fn positive(value: f64, name: &str) -> Result<f64, String> {
    match value.is_finite() && value > 0.0 {
        true => Ok(value),
        false => Err(format!("has a {name} of {value}")),
    }
}

/// A number that is finite and not negative.
pub(crate) fn not_negative(value: f64, name: &str) -> Result<f64, String> {
    match value.is_finite() && value >= 0.0 {
        true => Ok(value),
        false => Err(format!("has a {name} of {value}")),
    }
}

/// Rounds to a whole number.
pub(crate) fn whole(value: f64, name: &str) -> Result<u64, String> {
    let value = not_negative(value, name)?.round();
    match value < u64::MAX as f64 {
        true => Ok(value as u64),
        false => Err(format!("has a {name} of {value}")),
    }
}

/// Refuses numbers that do not increase, such as a mean above the maximum. Sums of rounded numbers may be off by a
/// millionth.
pub(crate) fn increasing(values: &[(&str, f64)]) -> Result<(), String> {
    match values
        .windows(2)
        .find(|pair| pair[0].1 > pair[1].1 + pair[1].1.abs() * 1e-6)
    {
        None => Ok(()),
        Some(pair) => Err(format!(
            "has a {} of {} above its {} of {}",
            pair[0].0, pair[0].1, pair[1].0, pair[1].1
        )),
    }
}

/// The reading of a clock: one round for each sample, which is a number of iterations and their nanoseconds.
pub(crate) fn clock(samples: &[(u64, f64)]) -> Result<Data, String> {
    if samples.is_empty() {
        return Err("has no samples".to_owned());
    }
    let run = |(round, &(iterations, nanoseconds)): (u32, &(u64, f64))| {
        if iterations == 0 {
            return Err("has a sample of no iterations".to_owned());
        }
        let nanoseconds = whole(positive(nanoseconds, "time")?, "time")?;
        match nanoseconds {
            0 => Err("has a sample of less than one nanosecond".to_owned()),
            nanoseconds => Ok(Run {
                round,
                iterations,
                nanoseconds,
                tokens_at: Vec::new(),
            }),
        }
    };
    let runs = (0..).zip(samples).map(run).collect::<Result<_, _>>()?;
    // The session is written with the record.
    Ok(Data::Clock {
        session: String::new(),
        runs,
    })
}

/// A time that a tool states without samples, in nanoseconds.
pub(crate) fn estimate(
    statistic: Statistic,
    nanoseconds: f64,
    spread: Option<Spread>,
) -> Result<Data, String> {
    let picoseconds = picoseconds(positive(nanoseconds, "time")?, "time")?;
    if picoseconds == 0 {
        return Err("has a time of less than one picosecond".to_owned());
    }
    spread
        .iter()
        .try_for_each(|spread| spread.check(picoseconds))?;
    Ok(Data::Estimate {
        statistic,
        picoseconds,
        spread,
    })
}

/// The standard deviation of a number of samples, in nanoseconds.
pub(crate) fn deviation(nanoseconds: f64, samples: u64) -> Result<Spread, String> {
    if samples == 0 {
        return Err("has no samples".to_owned());
    }
    Ok(Spread::Deviation {
        picoseconds: picoseconds(nanoseconds, "standard deviation")?,
        samples,
    })
}

/// A confidence interval, in nanoseconds; the level is a share.
pub(crate) fn interval(low: f64, high: f64, level: f64) -> Result<Spread, String> {
    if !(level > 0.0 && level < 1.0) {
        return Err(format!("has an interval with the level {level}"));
    }
    Ok(Spread::Interval {
        lower_picoseconds: picoseconds(low, "lower end of an interval")?,
        upper_picoseconds: picoseconds(high, "upper end of an interval")?,
        confidence_permille: (level * 1e3).round() as u32,
    })
}

/// Rounds nanoseconds to picoseconds.
pub(crate) fn picoseconds(nanoseconds: f64, name: &str) -> Result<u64, String> {
    not_negative(nanoseconds, name)?;
    whole(nanoseconds * 1e3, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_numbers_are_refused() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            assert!(positive(wrong, "time").is_err(), "{wrong}");
            assert!(clock(&[(1, 5.0), (1, wrong)]).is_err(), "{wrong}");
            assert!(estimate(Statistic::Mean, wrong, None).is_err(), "{wrong}");
        }
        assert!(clock(&[]).is_err() && clock(&[(0, 5.0)]).is_err() && clock(&[(1, 0.2)]).is_err());
        assert!(whole(1e300, "count").is_err());
        assert_eq!(whole(2.4, "count"), Ok(2));
        assert!(interval(1.0, 2.0, 1.0).is_err() && interval(-1.0, 2.0, 0.9).is_err());
        let swapped = interval(3.0, 2.0, 0.95).expect("checked with its time");
        assert!(estimate(Statistic::Mean, 2.5, Some(swapped)).is_err());
    }

    #[test]
    fn a_mean_lies_between_minimum_and_maximum() {
        assert!(increasing(&[("minimum", 1.0), ("mean", 1.0 + 1e-9), ("maximum", 1.0)]).is_ok());
        assert_eq!(
            increasing(&[("minimum", 1.0), ("mean", 3.0), ("maximum", 2.0)]),
            Err("has a mean of 3 above its maximum of 2".to_owned())
        );
    }

    #[test]
    fn units_of_time_have_several_names() {
        assert_eq!(unit_of_time("µs"), unit_of_time("microsecond"));
        assert!(unit_of_time("cycles").is_err());
    }
}
