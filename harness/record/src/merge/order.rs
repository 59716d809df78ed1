//! Completeness of the shards: each once, and all of one plan.

use itertools::Itertools;

use crate::merge::{MergeError, Named};
use crate::shard::{Part, Planned, Shard, Sharding};

/// Most workloads of a missing shard that a message names.
const NAMED: usize = 3;

/// A file with a shard.
pub(super) trait HasShard {
    /// The trace of the split, if there is one.
    fn sharding(&self) -> Option<&Sharding>;
}

/// The shard of a file.
pub(super) fn part<T: HasShard>(named: &Named<T>) -> Result<&Part, MergeError> {
    let part = named.content.sharding().and_then(Sharding::part);
    part.ok_or_else(|| MergeError::NoShard(named.name.clone()))
}

/// Compares the plan of a shard with that of the first one.
pub(super) fn same_plan<T: HasShard>(first: &Named<T>, other: &Named<T>) -> Result<(), MergeError> {
    let (here, there) = (part(first)?, part(other)?);
    let differs = |what: &str, values| Err(first.differs(other, what, values));
    let of = |part: &Part| format!("{} shards", part.shard.of());
    if here.shard.of() != there.shard.of() {
        return differs("the numbers of shards", [of(here), of(there)]);
    }
    for (one, two) in here
        .workloads
        .iter()
        .zip_longest(&there.workloads)
        .map(|both| both.left_and_right())
    {
        let name = |one: Option<&Planned>| {
            one.map_or("no more workload".to_owned(), |one| one.workload.clone())
        };
        let (Some(one), Some(two)) = (one, two) else {
            return differs("the workloads of the suites", [name(one), name(two)]);
        };
        let id = &one.workload;
        if one.workload != two.workload {
            return differs(
                "the workloads of the suites",
                [one, two].map(|one| one.workload.clone()),
            );
        }
        let definition = |one: &Planned| (one.definition.clone(), one.unit.clone());
        if definition(one) != definition(two) {
            return differs(
                &format!("the definitions of {id}"),
                [one, two].map(|one| one.definition.clone()),
            );
        }
        if one.answer != two.answer {
            return differs(
                &format!("the expected answers of {id}"),
                [one, two].map(|one| one.answer.clone()),
            );
        }
        let settings = |one: &Planned| {
            let instruments = one.instruments.iter().map(|one| one.name()).join(", ");
            match one.phases.is_empty() {
                true => "none".to_owned(),
                false => format!("{} by {instruments}", one.phases.join(", ")),
            }
        };
        if settings(one) != settings(two) {
            return differs(
                &format!("the selected phases and instruments of {id}"),
                [one, two].map(settings),
            );
        }
    }
    let shards = |part: &Part| part.workloads.iter().map(|one| one.shard).collect_vec();
    if here.split != there.split || shards(here) != shards(there) {
        let of = |part: &Part| format!("split {} by {}", part.split, part.costs);
        return differs("the splits", [of(here), of(there)]);
    }
    if here.timed != there.timed {
        let of = |part: &Part| format!("{} timed phases", part.timed.len());
        return differs("the timed workloads", [of(here), of(there)]);
    }
    let budget = |part: &Part| format!("{} s", part.budget_milliseconds as f64 / 1e3);
    match here.budget_milliseconds == there.budget_milliseconds {
        true => Ok(()),
        false => differs("the budgets", [budget(here), budget(there)]),
    }
}

/// Sorts the shards by their number. Every number must occur once.
pub(super) fn sorted<T: HasShard>(mut shards: Vec<Named<T>>) -> Result<Vec<Named<T>>, MergeError> {
    let numbers: Vec<u32> = shards
        .iter()
        .map(|named| Ok(part(named)?.shard.number()))
        .collect::<Result<_, _>>()?;
    for (place, number) in numbers.iter().enumerate() {
        if let Some(before) = numbers[..place].iter().position(|one| one == number) {
            return Err(MergeError::Duplicate {
                shard: part(&shards[place])?.shard,
                first: shards[before].name.clone(),
                second: shards[place].name.clone(),
            });
        }
    }
    let first = part(&shards[0])?;
    let missing = (1..=first.shard.of()).filter(|number| !numbers.contains(number));
    let missing = missing.map(|number| sentence(first, number)).join("; ");
    if !missing.is_empty() {
        return Err(MergeError::Missing(missing));
    }
    let mut numbers = numbers.into_iter();
    shards.sort_by_cached_key(|_| numbers.next());
    Ok(shards)
}

/// A missing shard and its workloads.
fn sentence(part: &Part, number: u32) -> String {
    let workloads: Vec<&str> = part
        .of_shard(number)
        .map(|one| one.workload.as_str())
        .collect();
    let shard =
        Shard::new(number, part.shard.of()).map_or(String::new(), |shard| shard.to_string());
    let more = match workloads.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match workloads.is_empty() {
        true => format!("shard {shard} is missing, which has no workload"),
        false => format!(
            "shard {shard} is missing, which measures {}{more}",
            workloads.iter().take(NAMED).join(", ")
        ),
    }
}
