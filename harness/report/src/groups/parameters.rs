//! Parameters in the id of a workload: `NAME@key=value`, with several pairs separated by commas.

use harness_record::distinct::distinct;

use crate::ReportData;

/// A workload whose id has parameters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameters<'a> {
    /// The id.
    pub(super) workload: &'a str,
    /// The part before the keys.
    pub(super) name: &'a str,
    /// Keys and values, in order.
    pub(super) pairs: Vec<(&'a str, &'a str)>,
}

/// Parses an id; none if it has no parameters.
pub(super) fn parameters(workload: &str) -> Option<Parameters<'_>> {
    let (name, rest) = workload.split_once('@')?;
    let pairs: Option<Vec<(&str, &str)>> = rest.split(',').map(|pair| pair.split_once('=')).collect();
    Some(Parameters { workload, name, pairs: pairs? })
}

/// A sweep: workloads of one name that differ in one number, in the order of that number.
pub(super) struct Sweep<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a str,
    pub(super) sizes: Vec<(f64, &'a str)>,
}

/// Returns the sweeps that have at least three sizes.
pub(super) fn sweeps(report_data: &ReportData) -> Vec<Sweep<'_>> {
    let single = report_data.record.workloads().into_iter().filter_map(parameters).filter_map(|id| match *id.pairs {
        [(key, value)] => Some((id.name, key, value.parse::<f64>().ok().filter(|size| *size > 0.0)?, id.workload)),
        _ => None,
    });
    let single: Vec<_> = single.collect();
    let sweep = |(name, key): (&'_ str, &'_ str)| {
        let mut sizes: Vec<(f64, &str)> = single
            .iter()
            .filter(|(other, other_key, ..)| *other == name && *other_key == key)
            .map(|(.., size, workload)| (*size, *workload))
            .collect();
        sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
        sizes
    };
    let named = distinct(single.iter().map(|(name, key, ..)| (*name, *key)));
    let all = named.into_iter().map(|(name, key)| Sweep { name, key, sizes: sweep((name, key)) });
    all.filter(|sweep| sweep.sizes.len() >= 3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_an_id() {
        let id = parameters("matrix/last-token@model=small,context=32").expect("keys");
        assert_eq!((id.name, id.pairs.as_slice()), ("matrix/last-token", &[("model", "small"), ("context", "32")][..]));
        assert_eq!(parameters("medium/decode@57"), None);
        assert_eq!(parameters("sweep/add@100x100"), None);
        assert_eq!(parameters("medium/inference"), None);
    }
}
