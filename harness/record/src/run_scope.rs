//! What a run was asked to measure, so that nobody takes a part for the whole.

use harness_probe::Instrument;
use serde::{Deserialize, Serialize};

/// What was selected for a run, in the words of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunScope {
    /// Globs on workloads; without any, all but those that are measured on demand only.
    pub filters: Vec<String>,
    /// Phases; without any, all.
    pub phases: Vec<String>,
    /// Whether only the short selection was wanted.
    pub quick: bool,
    /// The instruments.
    pub instruments: Vec<Instrument>,
    /// The instruction set that was forced; none if each instrument took the best it found.
    pub isa: Option<String>,
}

/// Whether everything was measured that the workloads have, and for as long as it takes, by runs that were asked for these; nothing is
/// known of a record from before that was noted, which is taken to be whole.
pub fn is_whole(quick: bool, asked: &[RunScope]) -> bool {
    !quick && asked.iter().all(|asked| asked.phases.is_empty())
}

impl RunScope {
    /// Whether whoever measured this has measured all of `other`, too. A glob may fit workloads that are measured on demand
    /// only, which the whole suite leaves out, so it is covered by itself alone.
    pub fn covers(&self, other: &Self) -> bool {
        let within = |these: &[String], those: &[String]| these.iter().all(|one| those.contains(one));
        let filters = self.filters.is_empty() == other.filters.is_empty() && within(&other.filters, &self.filters);
        let phases = self.phases.is_empty() || (!other.phases.is_empty() && within(&other.phases, &self.phases));
        let instruments = other.instruments.iter().all(|one| self.instruments.contains(one));
        filters && phases && instruments && (!self.quick || other.quick) && self.isa == other.isa
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(filters: &[&str], phases: &[&str]) -> RunScope {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        RunScope {
            filters: owned(filters),
            phases: owned(phases),
            quick: false,
            instruments: Instrument::COUNTED.to_vec(),
            isa: None,
        }
    }

    #[test]
    fn a_part_does_not_answer_for_the_whole_nor_for_another_part() {
        let (whole, kernels) = (asked(&[], &[]), asked(&["kernel/*"], &[]));
        assert!(whole.covers(&whole) && kernels.covers(&kernels));
        assert!(!kernels.covers(&whole), "a part is not the whole");
        assert!(!whole.covers(&kernels), "the glob may fit what is measured on demand");
        assert!(asked(&["kernel/*", "a"], &[]).covers(&kernels) && !kernels.covers(&asked(&["kernel/*", "a"], &[])));
        let naive = asked(&[], &["naive"]);
        assert!(whole.covers(&naive) && !naive.covers(&whole) && !naive.covers(&asked(&[], &["naive", "fast"])));
        let with = |change: fn(&mut RunScope)| {
            let mut one = whole.clone();
            change(&mut one);
            one
        };
        let quick = with(|one| one.quick = true);
        assert!(whole.covers(&quick) && !quick.covers(&whole));
        let heap = with(|one| one.instruments = vec![Instrument::Dhat]);
        assert!(whole.covers(&heap) && !heap.covers(&whole));
        let forced = with(|one| one.isa = Some("avx2".to_owned()));
        assert!(!whole.covers(&forced) && !forced.covers(&whole));
    }
}
