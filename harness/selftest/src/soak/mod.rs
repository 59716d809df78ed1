//! Soak: the same work again and again for a long time, while memory, descriptors, threads and files must not grow.

mod gates;
mod growth;
mod sample;
mod workload;

use std::time::Duration;

use harness_report::render::{Cell, Table};

pub use gates::gates;
pub use growth::{Growth, Judgement, Series};
pub use workload::workload;

/// Largest accepted growth of memory, in MB per hour. A leak of one page in every hundredth run of a millisecond exceeds it
/// a hundred times.
const MEMORY: Option<f64> = Some(1.0);
/// Largest accepted growth of the number of descriptors, of threads or of files, per hour.
const NUMBER: Option<f64> = Some(1.0);

/// Duration of a soak, and pause between two samples.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    /// Time from the first sample to the last.
    pub time: Duration,
    /// Time between two samples.
    pub every: Duration,
}

/// All series of a soak.
#[derive(Debug)]
pub struct Soak {
    /// The work, and how often it was done.
    pub title: String,
    /// The quantities.
    pub series: Vec<Series>,
}

impl Soak {
    /// The worst judgement: growth before open before steady.
    pub fn judgement(&self) -> Judgement {
        let all: Vec<Judgement> = self.series.iter().map(Series::judgement).collect();
        let mut worst = [Judgement::Grows, Judgement::Open].into_iter();
        worst
            .find(|one| all.contains(one))
            .unwrap_or(Judgement::Steady)
    }

    /// One row for each quantity.
    pub fn table(&self) -> Table {
        let growth = |one: &Series| one.growth();
        Table::of(format!("Soak: {}", self.title), &self.series)
            .left("quantity", "quantity", |one| Cell::text(one.name))
            .right("samples", "samples", |one| one.samples.len())
            .right("first_quarter", "first quarter", |one| {
                one.quarters().map(|(first, _)| rounded(first))
            })
            .right("last_quarter", "last quarter", |one| {
                one.quarters().map(|(_, last)| rounded(last))
            })
            .right("per_hour", "growth per hour", |one| {
                growth(one).map(|growth| rounded(growth.per_hour))
            })
            .right("low", "low end (95 %)", |one| {
                growth(one).map(|growth| rounded(growth.interval.low))
            })
            .right("high", "high end (95 %)", |one| {
                growth(one).map(|growth| rounded(growth.interval.high))
            })
            .right("limit", "limit per hour", |one| one.limit)
            .left("judgement", "judgement", |one| one.judgement().name())
            .notes([])
    }
}

/// A number with three decimals.
fn rounded(value: f64) -> Cell {
    // Without a negative zero.
    Cell::number(value, format!("{:.3}", value + 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soak(slopes: &[f64]) -> Soak {
        let series = |&slope: &f64| Series {
            samples: (0..20)
                .map(|place| (f64::from(place), f64::from(place) * slope))
                .collect(),
            ..Series::new("files", NUMBER)
        };
        Soak {
            title: "work".to_owned(),
            series: slopes.iter().map(series).collect(),
        }
    }

    #[test]
    fn one_quantity_that_grows_is_enough() {
        assert_eq!(soak(&[0.0, 0.0]).judgement(), Judgement::Steady);
        assert_eq!(soak(&[0.0, 1.0]).judgement(), Judgement::Grows);
        let mut short = soak(&[0.0, 0.0]);
        short.series[1].samples.truncate(3);
        assert_eq!(short.judgement(), Judgement::Open);
        assert_eq!(short.table().rows.len(), 2);
    }
}
