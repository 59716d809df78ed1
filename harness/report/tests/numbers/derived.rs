//! Values that are computed from several figures: means over workloads, effects of single axes, sweeps, and counts.

use harness_record::Check;

use crate::known::Known;
use crate::mentions::names;
use crate::readings::Readings;
use crate::statistics::{Computed, mean_of_ratios, product};
use crate::sweeps;
use crate::text::Text;

/// The values that a text may show beside figures and ratios of phases.
pub(crate) fn candidates(
    known: &Known<'_>,
    text: &Text,
    workloads: &[&str],
    metrics: &[&str],
) -> Vec<Computed> {
    let words = format!(
        "{} | {} | {} | {}",
        text.around, text.heading, text.row, text.text
    );
    let mut found = Vec::new();
    if words.contains("geometric mean")
        || words.contains("step by step")
        || words.contains("all steps")
    {
        found.extend(means(known, text, metrics));
    }
    for workload in workloads {
        found.extend(effects(&known.readings, workload, &words, metrics));
    }
    if words.contains("all steps") {
        for workload in workloads {
            let phases = known.readings.phases(workload);
            if let (Some(first), Some(last)) = (phases.first(), phases.last()) {
                found.extend(
                    metrics
                        .iter()
                        .filter_map(|metric| known.readings.ratio(workload, first, last, metric)),
                );
            }
        }
    }
    found.extend(sweeps::candidates(
        &known.readings,
        text,
        workloads,
        metrics,
    ));
    found.extend(counts(known, &words));
    found
}

/// Geometric means over the workloads that were measured in every phase of the ladder.
fn means(known: &Known<'_>, text: &Text, metrics: &[&str]) -> Vec<Computed> {
    let readings = &known.readings;
    let phases = readings.phases(known.headline);
    let common = readings.workloads().iter().copied().filter(|workload| {
        !workload.contains('=')
            && phases
                .iter()
                .all(|phase| readings.row(workload, phase).is_some())
    });
    let common: Vec<&str> = common.collect();
    let near = format!("{} | {}", text.row, text.text);
    let mut heads = names(&near, phases.iter().copied());
    if near.contains("all steps") || near.contains("From ") {
        heads.extend(phases.last());
    }
    let bases = |head: &str| {
        let place = phases
            .iter()
            .position(|phase| *phase == head)
            .unwrap_or_default();
        let over_first = !text.heading.contains("previous") || text.row.contains("all steps");
        let over_before = text.heading.is_empty() || text.heading.contains("previous");
        let mut bases = Vec::new();
        bases.extend(over_first.then_some(phases[0]));
        bases.extend(
            place
                .checked_sub(1)
                .filter(|_| over_before)
                .map(|before| phases[before]),
        );
        bases
    };
    let mut found = Vec::new();
    for metric in metrics {
        let first = phases[0];
        // Only workloads that have the ratio in every phase.
        let complete = common.iter().filter(|workload| {
            let ratios = phases
                .iter()
                .map(|phase| readings.ratio(workload, first, phase, metric));
            ratios
                .into_iter()
                .all(|ratio| ratio.is_some_and(|ratio| ratio.value > 0.0))
        });
        let complete: Vec<&str> = complete.copied().collect();
        found.push(Computed::exact(complete.len() as f64));
        for head in &heads {
            for base in bases(head) {
                let all = |workloads: &[&str]| -> Vec<Computed> {
                    workloads
                        .iter()
                        .filter_map(|workload| readings.ratio(workload, base, head, metric))
                        .collect()
                };
                for ratios in [all(&complete), all(&common)] {
                    if !ratios.is_empty() && ratios.iter().all(|ratio| ratio.value > 0.0) {
                        found.push(mean_of_ratios(&ratios));
                    }
                }
            }
        }
    }
    found
}

/// Effects of single axes of an ablation: alone, at the end, their products, and all together.
fn effects(
    readings: &Readings<'_>,
    workload: &str,
    words: &str,
    metrics: &[&str],
) -> Vec<Computed> {
    let phases = readings.phases(workload);
    let changed: Vec<(&str, &str, &str)> = phases
        .iter()
        .filter_map(|phase| {
            let (base, change) = phase.split_once(',')?;
            let (axis, _) = change.split_once('=')?;
            (!change.contains(',') && phases.contains(&base)).then_some((base, axis, *phase))
        })
        .collect();
    let (Some(&(start, ..)), Some(&(end, ..))) = (changed.first(), changed.last()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for metric in metrics {
        let alone = |axis: &str| {
            let (_, _, phase) = changed.iter().find(|of| of.0 == start && of.1 == axis)?;
            readings.ratio(workload, start, phase, metric)
        };
        let at_end = |axis: &str| {
            let (_, _, phase) = changed.iter().find(|of| of.0 == end && of.1 == axis)?;
            readings.ratio(workload, phase, end, metric)
        };
        let axes: Vec<&str> = changed
            .iter()
            .filter(|of| of.0 == end)
            .map(|of| of.1)
            .collect();
        let spaced = words.replace(' ', "_");
        let named: Vec<&str> = axes
            .iter()
            .copied()
            .filter(|axis| spaced.contains(axis))
            .collect();
        // The noise band names no axis.
        let of: Vec<&str> = if named.is_empty() {
            axes.clone()
        } else {
            named
        };
        let both: Vec<Computed> = of
            .iter()
            .flat_map(|axis| [alone(axis), at_end(axis)])
            .flatten()
            .collect();
        let ends = both
            .iter()
            .filter_map(|effect| effect.ends)
            .flat_map(|(low, high)| [low, high]);
        if words.contains("Noise band") {
            found.extend(ends.map(Computed::exact));
        }
        found.extend(both);
        if words.contains("product") || words.contains("overlap") || words.contains("together") {
            let alone: Vec<Computed> = axes.iter().filter_map(|axis| alone(axis)).collect();
            let at_end: Vec<Computed> = axes.iter().filter_map(|axis| at_end(axis)).collect();
            found.extend([product(&alone), product(&at_end)]);
        }
        found.extend(readings.ratio(workload, start, end, metric));
    }
    found
}

/// Counts of rows and of workloads.
fn counts(known: &Known<'_>, words: &str) -> Vec<Computed> {
    let rows = &known.readings.record.rows;
    let with = |wanted: fn(&Check) -> bool| rows.iter().filter(|row| wanted(&row.check)).count();
    let mut counts = Vec::new();
    if ["answers", "Answers", "answer", "checked"]
        .iter()
        .any(|word| words.contains(word))
    {
        let failures: usize = rows.iter().map(|row| row.failures.len()).sum();
        let wrong = with(|check| matches!(check, Check::Failed(_)));
        let open = with(|check| matches!(check, Check::NotRun(_)));
        counts.extend([
            with(|check| *check == Check::Passed),
            rows.len(),
            wrong,
            open,
            wrong + open + failures,
        ]);
    }
    if words.contains("combinations") {
        for (metric, sign) in [("tokens-per-second", 1.0), ("instructions", -1.0)] {
            counts.extend(best(known, metric, sign));
        }
    }
    if words.contains("n = ") {
        counts.extend(rows.iter().flat_map(|row| &row.readings).map(
            |reading| match &reading.data {
                harness_record::Data::Clock { runs, .. } => {
                    let mut rounds: Vec<u32> = runs.iter().map(|run| run.round).collect();
                    rounds.dedup();
                    rounds.len()
                }
                _ => 1,
            },
        ));
    }
    counts
        .into_iter()
        .map(|count| Computed::exact(count as f64))
        .collect()
}

/// The combinations that have a metric, and those in which the last phase is the best; a higher value is better if `sign` is 1.
fn best(known: &Known<'_>, metric: &str, sign: f64) -> [usize; 2] {
    let ids = known
        .readings
        .workloads()
        .iter()
        .filter(|id| id.starts_with("matrix/"));
    let values = ids.map(|id| {
        let phases = known.readings.phases(id);
        let values = phases
            .iter()
            .filter_map(|phase| known.readings.figure(id, phase, metric));
        values
            .map(|figure| sign * figure.value)
            .collect::<Vec<f64>>()
    });
    let values: Vec<Vec<f64>> = values.filter(|values| !values.is_empty()).collect();
    let is_best = |values: &&Vec<f64>| {
        values
            .iter()
            .all(|value| value <= &values[values.len() - 1])
    };
    [values.len(), values.iter().filter(is_best).count()]
}
