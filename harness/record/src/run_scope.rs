//! The requested scope of a run. It prevents that a partial record is mistaken for a complete one.

use harness_probe::Instrument;
use serde::{Deserialize, Serialize};

use crate::shard::Shard;

/// The selection of a run, in the terms of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunScope {
    /// Globs on workloads. If empty, all workloads except those that are measured on demand only.
    pub filters: Vec<String>,
    /// Phases. If empty, all phases.
    pub phases: Vec<String>,
    /// True if only the short selection was requested.
    pub quick: bool,
    /// Selected instruments.
    pub instruments: Vec<Instrument>,
    /// Forced instruction set; `None` if each instrument used the best available.
    pub isa: Option<String>,
    /// The shard, if the selected workloads were split over several machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// Returns true if runs of these scopes measured every phase of their workloads, were not shortened by `--quick`, and are
/// no shards. A record without scopes (schema version 1) counts as whole unless it is quick.
pub fn is_whole(quick: bool, asked: &[RunScope]) -> bool {
    let is_whole = |asked: &RunScope| asked.phases.is_empty() && asked.shard.is_none();
    !quick && asked.iter().all(is_whole)
}

impl RunScope {
    /// Returns true if a run of this scope also measures everything in `other`. A glob is covered by an equal
    /// glob only: it may match workloads that are measured on demand only, and a run without filters leaves these out.
    pub fn covers(&self, other: &Self) -> bool {
        let within =
            |these: &[String], those: &[String]| these.iter().all(|name| those.contains(name));
        let filters = self.filters.is_empty() == other.filters.is_empty()
            && within(&other.filters, &self.filters);
        let phases = self.phases.is_empty()
            || (!other.phases.is_empty() && within(&other.phases, &self.phases));
        let instruments = other
            .instruments
            .iter()
            .all(|instrument| self.instruments.contains(instrument));
        let shard = self.shard.is_none() || self.shard == other.shard;
        filters
            && phases
            && instruments
            && shard
            && (!self.quick || other.quick)
            && self.isa == other.isa
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(filters: &[&str], phases: &[&str]) -> RunScope {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        RunScope {
            filters: owned(filters),
            phases: owned(phases),
            quick: false,
            instruments: Instrument::COUNTED.to_vec(),
            isa: None,
            shard: None,
        }
    }

    #[test]
    fn a_part_covers_neither_the_whole_nor_another_part() {
        let (whole, kernels) = (scope(&[], &[]), scope(&["kernel/*"], &[]));
        assert!(whole.covers(&whole) && kernels.covers(&kernels));
        assert!(!kernels.covers(&whole), "a part is not the whole");
        assert!(
            !whole.covers(&kernels),
            "the glob may match workloads on demand"
        );
        assert!(
            scope(&["kernel/*", "a"], &[]).covers(&kernels)
                && !kernels.covers(&scope(&["kernel/*", "a"], &[]))
        );
        let naive = scope(&[], &["naive"]);
        assert!(
            whole.covers(&naive)
                && !naive.covers(&whole)
                && !naive.covers(&scope(&[], &["naive", "fast"]))
        );
        let with = |change: fn(&mut RunScope)| {
            let mut scope = whole.clone();
            change(&mut scope);
            scope
        };
        let quick = with(|scope| scope.quick = true);
        assert!(whole.covers(&quick) && !quick.covers(&whole));
        let heap = with(|scope| scope.instruments = vec![Instrument::Dhat]);
        assert!(whole.covers(&heap) && !heap.covers(&whole));
        let forced = with(|scope| scope.isa = Some("avx2".to_owned()));
        assert!(!whole.covers(&forced) && !forced.covers(&whole));
        let [first, second] = [
            with(|scope| scope.shard = Shard::new(1, 2)),
            with(|scope| scope.shard = Shard::new(2, 2)),
        ];
        assert!(whole.covers(&first) && first.covers(&first));
        assert!(!first.covers(&whole) && !first.covers(&second));
        assert!(is_whole(false, &[whole]) && !is_whole(false, &[first]));
    }
}
