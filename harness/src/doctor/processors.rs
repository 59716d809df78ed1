//! The CPUs: how many run, how many this process may use, and if they share cores.

use itertools::Itertools;

use crate::doctor::System;

/// Upper bound of CPU numbers. A list with a higher one is invalid.
const MOST: u32 = 1 << 16;

/// Number of CPUs that this process may use.
pub(super) fn allowed(system: &System) -> Option<u32> {
    let status = system.text("proc/self/status")?;
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(cpus_in(list)?.len() as u32)
}

/// Number of CPUs that are online.
pub(super) fn online(system: &System) -> Option<u32> {
    Some(cpus_in(&system.text("sys/devices/system/cpu/online")?)?.len() as u32)
}

/// True if two CPUs are threads of one core (simultaneous multithreading); none if unknown.
pub(super) fn siblings(system: &System) -> Option<bool> {
    if let Some(active) = system.number("sys/devices/system/cpu/smt/active") {
        return Some(active != 0);
    }
    let list = system.text("sys/devices/system/cpu/cpu0/topology/thread_siblings_list")?;
    Some(cpus_in(&list)?.len() > 1)
}

/// The CPUs in a list in the kernel's format, such as `0-3,8`; none if it is invalid.
fn cpus_in(list: &str) -> Option<Vec<u32>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last < MOST).then_some(first..=last)
    };
    let ranges = list
        .trim()
        .split(',')
        .map(range)
        .collect::<Option<Vec<_>>>()?;
    Some(
        ranges
            .into_iter()
            .flatten()
            .sorted_unstable()
            .dedup()
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::doctor::system::fixture::Fixture;

    #[test]
    fn valid_lists_are_parsed_and_others_are_rejected() {
        assert_eq!(cpus_in("0-2,8\n"), Some(vec![0, 1, 2, 8]));
        assert_eq!(cpus_in("3"), Some(vec![3]));
        for wrong in ["", "1-", "2-1", "0-4294967295", "a", "0,,1"] {
            assert_eq!(cpus_in(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fewer_cpus_may_be_usable_than_online() {
        let machine = Fixture::of(&[
            (
                "proc/self/status",
                "Name:\tharness\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n",
            ),
            ("sys/devices/system/cpu/online", "0-7\n"),
            (
                "sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
                "0,4\n",
            ),
        ]);
        assert_eq!(
            (allowed(&machine.system), online(&machine.system)),
            (Some(2), Some(8))
        );
        assert_eq!(siblings(&machine.system), Some(true));
        machine.put("sys/devices/system/cpu/smt/active", "0\n");
        assert_eq!(siblings(&machine.system), Some(false));
        assert_eq!(siblings(&Fixture::of(&[]).system), None);
    }

    proptest! {
        #[test]
        fn every_set_of_cpus_is_read_from_its_list(cpus in prop::collection::btree_set(0..200u32, 1..40)) {
            let cpus: Vec<u32> = cpus.into_iter().collect();
            let list = cpus.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
                [one] => one.to_string(),
                run => format!("{}-{}", run[0], run[run.len() - 1]),
            });
            prop_assert_eq!(cpus_in(&list.collect::<Vec<_>>().join(",")), Some(cpus));
        }

        #[test]
        fn no_text_panics(text in "[0-9,-]{0,12}|.{0,20}") {
            prop_assert!(cpus_in(&text).is_none_or(|cpus| cpus.is_sorted() && !cpus.is_empty()));
        }
    }
}
