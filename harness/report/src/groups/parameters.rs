//! Parameters in a name: a workload `NAME@key=value` and a phase `BASE,axis=value`, with several pairs separated by commas.

use crate::ReportData;

/// A name with parameters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameters<'a> {
    /// The whole name.
    pub(super) id: &'a str,
    /// The part before the keys.
    pub(super) name: &'a str,
    /// Keys and values, in order.
    pub(super) pairs: Vec<(&'a str, &'a str)>,
}

/// Parses the id of a workload; none if it has no parameters.
pub(crate) fn parameters(workload: &str) -> Option<Parameters<'_>> {
    split(workload, '@')
}

/// Splits the name of a phase with one axis changed into base, axis and value.
pub(super) fn changed_axis(phase: &str) -> Option<(&str, &str, &str)> {
    let parameters = split(phase, ',')?;
    match *parameters.pairs {
        [(axis, value)] => Some((parameters.name, axis, value)),
        _ => None,
    }
}

fn split(id: &str, separator: char) -> Option<Parameters<'_>> {
    let (name, rest) = id.split_once(separator)?;
    let pairs: Option<Vec<(&str, &str)>> =
        rest.split(',').map(|pair| pair.split_once('=')).collect();
    Some(Parameters {
        id,
        name,
        pairs: pairs?,
    })
}

/// A sweep: workloads of one name that differ in one number, in the order of that number.
pub(super) struct Sweep<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a str,
    pub(super) sizes: Vec<(f64, &'a str)>,
}

/// Returns the sweeps that have at least three sizes.
pub(super) fn sweeps(report_data: &ReportData) -> Vec<Sweep<'_>> {
    let mut sweeps: Vec<Sweep<'_>> = Vec::new();
    for id in report_data
        .record
        .workloads()
        .into_iter()
        .filter_map(parameters)
    {
        let [(key, value)] = *id.pairs else { continue };
        let Some(size) = value.parse().ok().filter(|size| *size > 0.0) else {
            continue;
        };
        match sweeps
            .iter_mut()
            .find(|sweep| (sweep.name, sweep.key) == (id.name, key))
        {
            Some(sweep) => sweep.sizes.push((size, id.id)),
            None => sweeps.push(Sweep {
                name: id.name,
                key,
                sizes: vec![(size, id.id)],
            }),
        }
    }
    sweeps.retain(|sweep| sweep.sizes.len() >= 3);
    sweeps
        .iter_mut()
        .for_each(|sweep| sweep.sizes.sort_by(|a, b| a.0.total_cmp(&b.0)));
    sweeps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_an_id() {
        let id = parameters("matrix/last-token@model=small,context=32").expect("keys");
        assert_eq!(
            (id.name, id.pairs.as_slice()),
            (
                "matrix/last-token",
                &[("model", "small"), ("context", "32")][..]
            )
        );
        assert_eq!(parameters("medium/decode@57"), None);
        assert_eq!(parameters("sweep/add@100x100"), None);
        assert_eq!(parameters("medium/inference"), None);
    }

    #[test]
    fn only_a_phase_with_one_axis_changed_is_split() {
        assert_eq!(
            changed_axis("optimized,softmax=three-loops"),
            Some(("optimized", "softmax", "three-loops"))
        );
        assert_eq!(changed_axis("optimized"), None);
        assert_eq!(
            changed_axis("optimized,softmax=three-loops,gelu=scalar"),
            None
        );
        assert_eq!(changed_axis("a,b"), None);
    }
}
