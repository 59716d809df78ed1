//! Values of a sweep over sizes: the change from the first to the last size, the exponent, and shares of single sequences.

use crate::mentions::names;
use crate::readings::{Readings, SPEED};
use crate::statistics::{Computed, power_law};
use crate::text::Text;

/// The change over a sweep, the exponent, and shares of single sequences.
pub(crate) fn candidates(
    readings: &Readings<'_>,
    text: &Text,
    workloads: &[&str],
    metrics: &[&str],
) -> Vec<Computed> {
    let mut found = Vec::new();
    let families = workloads.iter().filter_map(|id| id.split_once('@'));
    let mut families: Vec<&str> = families
        .filter(|(_, sizes)| sizes.contains('=') && !sizes.contains(','))
        .map(|(family, _)| family)
        .collect();
    families.dedup();
    let near = format!("{} | {}", text.row, text.text);
    let size_of = |id: &str| {
        id.rsplit_once('=')
            .and_then(|(_, size)| size.parse::<f64>().ok())
    };
    for family in families {
        let ids = readings
            .workloads()
            .iter()
            .copied()
            .filter(|id| id.split_once('@').is_some_and(|(name, _)| name == family));
        let ids: Vec<&str> = ids.collect();
        let phases = ids
            .first()
            .map(|id| readings.phases(id))
            .unwrap_or_default();
        let named = names(&near, phases.iter().copied());
        let phases = if named.is_empty() { phases } else { named };
        let last = if family.contains("decode") {
            f64::from(readings.record.environment.cpus)
        } else {
            f64::INFINITY
        };
        for metric in metrics {
            let metric = if *metric == SPEED {
                "tokens-per-second"
            } else {
                *metric
            };
            for phase in &phases {
                let points: Vec<(f64, Computed)> = ids
                    .iter()
                    .filter_map(|id| Some((size_of(id)?, readings.figure(id, phase, metric)?)))
                    .collect();
                found.extend(
                    points
                        .iter()
                        .map(|(size, figure)| Computed::exact(figure.value / size)),
                );
                let used: Vec<(f64, Computed)> = points
                    .iter()
                    .filter(|(size, _)| *size <= last)
                    .copied()
                    .collect();
                let (Some(first), Some(last)) = (used.first(), used.last()) else {
                    continue;
                };
                found.push(Computed::exact(last.0 / first.0));
                found.push(independent_quotient(&last.1, &first.1));
                let values: Vec<(f64, f64)> = used
                    .iter()
                    .map(|(size, figure)| (*size, figure.value))
                    .collect();
                if let Some((exponent, deviation)) = power_law(&values) {
                    found.extend([exponent, Computed::exact(deviation)]);
                }
            }
        }
    }
    found
}

/// The quotient of two figures with independent errors.
fn independent_quotient(head: &Computed, base: &Computed) -> Computed {
    let value = head.value / base.value;
    let ends = head.ends.zip(base.ends).map(|(of_head, of_base)| {
        let below = (head.value / of_head.0)
            .ln()
            .hypot((of_base.1 / base.value).ln());
        let above = (of_head.1 / head.value)
            .ln()
            .hypot((base.value / of_base.0).ln());
        (value * (-below).exp(), value * above.exp())
    });
    Computed { value, ends }
}
