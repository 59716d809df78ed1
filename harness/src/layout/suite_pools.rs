//! The copies of the probes of all suites.

use std::path::Path;

use harness_abtest::Side;
use harness_record::session::Layouts;

use super::{PoolError, Pools, Timed};
use crate::timing::Sides;

/// The copies of every probe that is timed. They are removed when this is dropped.
#[derive(Debug)]
pub struct SuitePools {
    /// The copies of one suite, and the workloads that they measure.
    pools: Vec<(Vec<String>, Pools)>,
}

impl SuitePools {
    /// Makes the copies in new folders within `among`, once for all workloads that have the same probe on both sides.
    /// `workloads` has the probe of the base and of the head for each workload. The random layouts are drawn from
    /// `seed`.
    ///
    /// # Errors
    /// If the copies cannot be written or linked.
    pub fn make<'a>(
        among: &Path,
        workloads: impl IntoIterator<Item = (String, Timed<'a>, Timed<'a>)>,
        seed: u64,
    ) -> Result<Self, PoolError> {
        let mut suites: Vec<(Timed<'_>, Timed<'_>, Vec<String>)> = Vec::new();
        for (workload, base, head) in workloads {
            let same = |(one, other, _): &&mut (Timed<'_>, Timed<'_>, Vec<String>)| {
                (one.probe, other.probe) == (base.probe, head.probe)
            };
            match suites.iter_mut().find(same) {
                Some((_, _, workloads)) => workloads.push(workload),
                None => suites.push((base, head, vec![workload])),
            }
        }
        let pools = |(base, head, workloads)| {
            let pools = Pools::make(among, &base, &head, seed)?;
            Ok::<_, PoolError>((workloads, pools))
        };
        Ok(Self {
            pools: suites.into_iter().map(pools).collect::<Result<_, _>>()?,
        })
    }

    /// The treatment of layouts in this comparison: that of the suite that is treated worst.
    pub fn layouts(&self) -> Layouts {
        let averaged = |layouts: &Layouts| match layouts {
            Layouts::Averaged(count) => Some(*count),
            _ => None,
        };
        let all = self.pools.iter().map(|(_, pools)| pools.layouts());
        let worst = all.min_by_key(|layouts| averaged(layouts));
        worst.cloned().unwrap_or(Layouts::Untimed)
    }

    /// Calls `measure` with the copies of one side as the base and those of another side, or of the same, as the
    /// head.
    pub fn between<R>(&self, base: Side, head: Side, measure: impl FnOnce(&Sides<'_>) -> R) -> R {
        measure(&Sides {
            base: &|workload, number| self.of(workload).side(base).command(number),
            head: &|workload, number| self.of(workload).side(head).command(number),
            copies: &|workload| self.of(workload).copies(base, head),
        })
    }

    fn of(&self, workload: &str) -> &Pools {
        let mut pools = self.pools.iter();
        let of =
            |(workloads, _): &&(Vec<String>, Pools)| workloads.iter().any(|one| one == workload);
        let (_, pools) = pools
            .find(of)
            .expect("copies are made for every workload that is timed");
        pools
    }
}
