//! The division of the selected workloads into shards, so that several machines share them.

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::shard::{Balance, Costs, Part, Planned, Shard};

use crate::collect::Selected;

/// Cost of every workload that is read by an instrument if none is stored, in microseconds.
const EQUAL: u64 = 1_000_000;

/// A requested shard, and the costs that all shards share.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// The shard to measure.
    pub shard: Shard,
    /// The stored costs, if there are any.
    pub costs: Option<Costs>,
    /// Where the costs come from, for people.
    pub origin: String,
}

/// A shard of the selected workloads.
#[derive(Debug, Clone, PartialEq)]
pub struct Divided {
    /// The plan of the whole.
    pub part: Part,
    /// The costs of all shards, in microseconds.
    pub balance: Balance,
    /// Number of selected workloads without a stored cost. They count as the median of the others.
    pub unknown: usize,
}

impl Division {
    /// Divides the selected workloads. `all` are those of the suite. `instruments` are those that read the rows, each
    /// `times` times; `more` is the cost of a workload besides them, in microseconds.
    pub fn divide(
        &self,
        all: &[Description],
        selected: &[Selected],
        instruments: &[Instrument],
        times: u64,
        more: impl Fn(&str) -> u64,
    ) -> Divided {
        let takes = |one: &Selected| {
            let instruments = instruments.iter().copied();
            instruments
                .filter(|&instrument| one.takes(instrument))
                .collect::<Vec<_>>()
        };
        let stored = |one: &Selected| {
            let costs = self.costs.as_ref()?;
            costs.microseconds(&one.workload.id, &one.phases, &takes(one))
        };
        let read = || selected.iter().filter(|one| !takes(one).is_empty());
        let mut known: Vec<u64> = read().filter_map(stored).collect();
        known.sort_unstable();
        let median = known.get(known.len() / 2).copied().unwrap_or(EQUAL);
        let unknown = match known.is_empty() {
            true => 0,
            false => read().count() - known.len(),
        };
        let cost = |one: &Selected| {
            let each = match takes(one).is_empty() {
                true => 0,
                false => stored(one).unwrap_or(median),
            };
            each.saturating_mul(times)
                .saturating_add(more(&one.workload.id))
        };
        let find = |id: &str| selected.iter().find(|one| one.workload.id == id);
        let plan = |workload: &Description| {
            let chosen = find(&workload.id);
            let Description {
                id,
                unit,
                definition,
                answer,
                ..
            } = workload.clone();
            Planned {
                workload: id,
                unit,
                definition,
                answer,
                phases: chosen.map(|one| one.phases.clone()).unwrap_or_default(),
                instruments: chosen.map(takes).unwrap_or_default(),
                shard: None,
            }
        };
        let (part, balance) = Part::new(
            self.shard,
            self.origin.clone(),
            all.iter().map(plan).collect(),
            |planned| find(&planned.workload).map(cost),
        );
        Divided {
            part,
            balance,
            unknown,
        }
    }
}

impl Divided {
    /// The selected workloads of this shard.
    pub fn own(&self, selected: Vec<Selected>) -> Vec<Selected> {
        let is_own = |one: &Selected| self.part.has(&one.workload.id);
        selected.into_iter().filter(is_own).collect()
    }

    /// One line on the split.
    pub fn sentence(&self) -> String {
        let own = self.part.of_shard(self.part.shard.number()).count();
        let all: usize = self.balance.shards.iter().map(|(_, count)| count).sum();
        let unknown = match self.unknown {
            0 => String::new(),
            count => format!("; {count} without a stored cost count as the median of the others"),
        };
        format!(
            "shard {}: {own} of {all} workloads, split by {}; the longest shard has {:.2} times the mean cost{unknown}",
            self.part.shard,
            self.part.costs,
            self.balance.longest_over_mean()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harness_probe::{Selection, Unit};

    use super::*;

    fn workload(id: &str) -> Description {
        Description {
            id: id.to_owned(),
            about: String::new(),
            unit: Unit {
                name: "call".to_owned(),
                per_run: 1,
            },
            definition: String::new(),
            answer: String::new(),
            phases: vec!["fast".to_owned()],
            instruments: vec![Instrument::Clock, Instrument::Dhat],
            selection: Selection::Quick,
        }
    }

    fn divided(costs: Option<&str>, more: u64) -> Divided {
        let text = |rows: &str| {
            format!(
                "# harness costs, schema 1, measured x\nworkload,phase,instrument,milliseconds\n{rows}"
            )
        };
        let costs = costs.map(|rows| Costs::parse(&text(rows), Path::new("x")).expect("valid"));
        let division = Division {
            shard: "1/2".parse().expect("a shard"),
            costs,
            origin: "costs.csv".to_owned(),
        };
        let all = ["a", "b", "c", "skipped"].map(workload);
        let selected: Vec<Selected> = all[..3]
            .iter()
            .map(|one| Selected {
                workload: one.clone(),
                phases: one.phases.clone(),
            })
            .collect();
        division.divide(&all, &selected, &[Instrument::Clock], 2, |id| {
            if id == "a" { more } else { 0 }
        })
    }

    fn shards(divided: &Divided) -> Vec<Option<u32>> {
        divided.part.workloads.iter().map(|one| one.shard).collect()
    }

    #[test]
    fn the_costs_decide_and_unknown_ones_are_the_median() {
        let equal = divided(None, 0);
        assert_eq!(shards(&equal), [Some(1), Some(2), Some(1), None]);
        let known = divided(
            Some("a,fast,clock,10\nb,fast,clock,20\nc,fast,clock,40\n"),
            0,
        );
        assert_eq!(shards(&known), [Some(2), Some(2), Some(1), None]);
        assert_eq!(known.balance.shards, [(80_000, 1), (60_000, 2)]);
        assert!(
            known
                .sentence()
                .starts_with("shard 1/2: 1 of 3 workloads, split by costs.csv; "),
            "{}",
            known.sentence()
        );
        let median = divided(Some("a,fast,clock,10\nc,fast,dhat,40\n"), 0);
        assert_eq!(
            (median.unknown, median.balance.shards.clone()),
            (2, vec![(40_000, 2), (20_000, 1)])
        );
        assert!(
            median
                .sentence()
                .ends_with("; 2 without a stored cost count as the median of the others")
        );
        let timed = divided(
            Some("a,fast,clock,10\nb,fast,clock,20\nc,fast,clock,40\n"),
            1_000_000,
        );
        assert_eq!(shards(&timed), [Some(1), Some(2), Some(2), None]);
    }

    #[test]
    fn every_shard_computes_the_same_split() {
        let one = divided(Some("a,fast,clock,10\n"), 0).part;
        let other = Part {
            shard: "2/2".parse().expect("a shard"),
            ..one.clone()
        };
        assert_eq!(one.split, other.split);
        assert_ne!(one.split, divided(Some("a,fast,clock,11\n"), 0).part.split);
    }
}
