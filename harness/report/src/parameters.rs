//! What the id of a workload says it varies: `NAME@key=value`, several keys with commas between them.

use harness_record::distinct::distinct;

use crate::ReportData;

/// A workload whose id names what it varies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameters<'a> {
    /// The id.
    pub(super) workload: &'a str,
    /// What stands before the keys.
    pub(super) name: &'a str,
    /// Keys and values, in order.
    pub(super) pairs: Vec<(&'a str, &'a str)>,
}

/// Reads an id; none if it names no keys.
pub(super) fn parameters(workload: &str) -> Option<Parameters<'_>> {
    let (name, rest) = workload.split_once('@')?;
    let pairs: Option<Vec<(&str, &str)>> = rest.split(',').map(|pair| pair.split_once('=')).collect();
    Some(Parameters { workload, name, pairs: pairs? })
}

/// Sizes of one sweep: workloads of one name that vary one number, in the order of the number.
pub(super) struct Sweep<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a str,
    pub(super) sizes: Vec<(f64, &'a str)>,
}

/// The sweeps of a dossier that have at least three sizes.
pub(super) fn sweeps(report_data: &ReportData) -> Vec<Sweep<'_>> {
    let single = report_data.record.workloads().into_iter().filter_map(parameters).filter_map(|one| match *one.pairs {
        [(key, value)] => Some((one.name, key, value.parse::<f64>().ok().filter(|size| *size > 0.0)?, one.workload)),
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
    fn an_id_says_what_it_varies() {
        let one = parameters("matrix/last-token@model=small,context=32").expect("keys");
        assert_eq!(
            (one.name, one.pairs.as_slice()),
            ("matrix/last-token", &[("model", "small"), ("context", "32")][..])
        );
        assert_eq!(parameters("medium/decode@57"), None);
        assert_eq!(parameters("sweep/add@100x100"), None);
        assert_eq!(parameters("medium/inference"), None);
    }
}
