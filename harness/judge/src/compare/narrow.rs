//! Selects the part of two records that is compared: workloads by glob, phases and metrics by name.

use harness_probe::Instrument;
use harness_record::Record;
use harness_record::choice::{Choice, ChoiceError};
use harness_record::metric::{self, Metric};
use harness_record::suggestion::suggestion;
use thiserror::Error;

use crate::compare::Comparison;

/// A metric name that does not exist.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("there is no metric `{wanted}`; {hint}")]
pub struct UnknownMetric {
    /// The requested name.
    wanted: String,
    /// The nearest name, or all names.
    hint: String,
}

/// Removes the rows that are not selected from the records.
///
/// # Errors
/// If a glob or a phase matches nothing in any of the records.
pub fn narrow(choice: &Choice, records: &mut [&mut Record]) -> Result<(), ChoiceError> {
    let rows = || records.iter().flat_map(|record| &record.rows);
    choice.check(
        rows().map(|row| row.workload.as_str()),
        rows().map(|row| row.phase.as_str()),
    )?;
    for record in records {
        record
            .rows
            .retain(|row| choice.workload(&row.workload) && choice.phase(&row.phase));
    }
    Ok(())
}

/// Removes the comparisons of all but the named metrics, which [`metrics`] finds. Comparisons of whole rows stay.
///
/// # Errors
/// If a name is not that of a metric.
pub fn only_metrics(
    comparisons: &mut Vec<Comparison>,
    names: &[String],
) -> Result<(), UnknownMetric> {
    let chosen = metrics(names)?;
    comparisons.retain(|comparison| {
        names.is_empty()
            || comparison
                .metric
                .is_none_or(|metric| chosen.contains(&metric))
    });
    Ok(())
}

/// The metrics with these names, in the order of the tables. The name of an instrument or of its quantity, such as
/// `heap`, selects every metric of the instrument.
///
/// # Errors
/// If a name is not that of a metric.
pub fn metrics(names: &[String]) -> Result<Vec<&'static Metric>, UnknownMetric> {
    if let Some(wanted) = names
        .iter()
        .find(|name| !metric::all().iter().any(|metric| named(metric, name)))
    {
        let known = metric::all()
            .iter()
            .map(|metric| metric.name())
            .chain(Instrument::ALL.map(Instrument::quantity));
        return Err(UnknownMetric {
            wanted: wanted.clone(),
            hint: suggestion(wanted, known),
        });
    }
    Ok(metric::all()
        .iter()
        .filter(|metric| names.iter().any(|name| named(metric, name)))
        .collect())
}

fn named(metric: &Metric, name: &str) -> bool {
    metric.name() == name
        || [metric.instrument().quantity(), metric.instrument().name()].contains(&name)
}

#[cfg(test)]
mod tests {
    use harness_record::sample::{callgrind, clock, dhat, record, row};

    use super::*;
    use crate::compare::{RecordView, compare};

    #[test]
    fn both_sides_are_narrowed_and_a_name_of_one_side_is_enough() {
        let narrowed = |globs: &[&str], phases: &[&str]| -> Result<Vec<String>, ChoiceError> {
            let mut left = record(vec![
                row("medium/decode", "naive", vec![]),
                row("kernel/gelu", "naive", vec![]),
            ]);
            let mut right = record(vec![row("medium/decode", "optimized", vec![])]);
            let owned = |names: &[&str]| {
                names
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect::<Vec<_>>()
            };
            narrow(
                &Choice::new(&owned(globs), &owned(phases))?,
                &mut [&mut left, &mut right],
            )?;
            let rows = left.rows.iter().chain(&right.rows);
            Ok(rows
                .map(|row| format!("{} {}", row.workload, row.phase))
                .collect())
        };
        assert_eq!(narrowed(&[], &[]).expect("all").len(), 3);
        assert_eq!(
            narrowed(&["medium/*"], &[]).expect("two"),
            ["medium/decode naive", "medium/decode optimized"]
        );
        assert_eq!(
            narrowed(&["*"], &["optimized"]).expect("one"),
            ["medium/decode optimized"]
        );
        assert!(narrowed(&["medium/prefill"], &[]).is_err());
    }

    #[test]
    fn metrics_are_chosen_by_name_or_by_kind() {
        let one = record(vec![row(
            "w",
            "naive",
            vec![clock("a", &[1, 2]), callgrind(1), dhat(1, 1)],
        )]);
        let chosen = |names: &[&str]| -> Result<Vec<&str>, String> {
            let mut comparisons = compare(RecordView::record(&one), RecordView::record(&one));
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            only_metrics(&mut comparisons, &names).map_err(|error| error.to_string())?;
            Ok(comparisons
                .iter()
                .filter_map(|comparison| comparison.metric)
                .map(|metric| metric.name())
                .collect())
        };
        assert_eq!(
            chosen(&["peak-bytes", "instructions"]),
            Ok(vec!["instructions", "peak-bytes"])
        );
        let all = chosen(&[]).expect("all");
        assert!(
            ["time", "tokens-per-second", "peak-bytes"]
                .iter()
                .all(|name| all.contains(name)),
            "{all:?}"
        );
        let read_by = |wanted: &str| -> Vec<&str> {
            let quantity = |name: &str| {
                metric::by_name(name)
                    .expect("a metric")
                    .instrument()
                    .quantity()
            };
            all.iter()
                .copied()
                .filter(|name| quantity(name) == wanted)
                .collect()
        };
        assert_eq!(chosen(&["heap"]), Ok(read_by("heap")));
        assert_eq!(chosen(&["dhat"]), Ok(read_by("heap")));
        assert_eq!(chosen(&["time"]), Ok(read_by("time")));
        assert_eq!(
            chosen(&["pick-bytes"]),
            Err("there is no metric `pick-bytes`; did you mean `peak-bytes`?".into())
        );
    }
}
