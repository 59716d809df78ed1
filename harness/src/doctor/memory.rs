//! Memory settings that make runs differ: huge pages and swap.

use crate::doctor::System;

/// File with the setting of transparent huge pages: always, on request (`madvise`), or never.
pub(super) const HUGE_PAGES: &str = "sys/kernel/mm/transparent_hugepage/enabled";

/// The setting of huge pages; none if the kernel has none.
pub(super) fn huge_pages(system: &System) -> Option<String> {
    chosen(&system.text(HUGE_PAGES)?).map(str::to_owned)
}

/// The word in brackets of a choice in the kernel's format, such as `always [madvise] never`.
pub(super) fn chosen(choice: &str) -> Option<&str> {
    choice
        .split_whitespace()
        .find_map(|word| word.strip_prefix('[')?.strip_suffix(']'))
        .filter(|word| !word.is_empty())
}

/// Bytes of swap in use, and total bytes of swap; none if unknown.
pub(super) fn swap(system: &System) -> Option<(u64, u64)> {
    swap_in(&system.text("proc/swaps")?)
}

/// Parses a table with the columns file name, type, size and used (both in KiB), and priority.
fn swap_in(swaps: &str) -> Option<(u64, u64)> {
    let mut lines = swaps.lines();
    lines.next().filter(|head| head.starts_with("Filename"))?;
    lines
        .filter(|line| !line.trim().is_empty())
        .try_fold((0_u64, 0_u64), |(used, size), line| {
            // From the end: a file name may contain anything.
            let mut words = line.split_whitespace().rev().skip(1);
            let mut bytes = || words.next()?.parse::<u64>().ok()?.checked_mul(1024);
            Some((used.checked_add(bytes()?)?, size.checked_add(bytes()?)?))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::doctor::system::fixture::Fixture;

    #[test]
    fn the_choice_in_brackets_is_the_one_in_use() {
        let machine = Fixture::of(&[(HUGE_PAGES, "always [madvise] never\n")]);
        assert_eq!(huge_pages(&machine.system).as_deref(), Some("madvise"));
        assert_eq!(
            (chosen("always madvise"), chosen("[] x"), chosen("[never]")),
            (None, None, Some("never"))
        );
    }

    #[test]
    fn swap_is_summed_over_its_areas() {
        let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        assert_eq!(swap_in(head), Some((0, 0)));
        let two = format!("{head}/dev/sda2 partition 1000 10 -2\n/swap\\040file file 24 1 -3\n");
        assert_eq!(swap_in(&two), Some((11 * 1024, 1024 * 1024)));
        assert_eq!(swap_in("nothing of that kind"), None);
        assert_eq!(
            swap_in(&format!("{head}/dev/sda2 partition many few -2\n")),
            None
        );
    }

    proptest! {
        #[test]
        fn any_areas_are_summed(areas in prop::collection::vec((0..1u64 << 40, 0..1u64 << 40), 0..8)) {
            let lines = areas.iter().map(|(size, used)| format!("/dev/x partition\t{size}\t{used}\t-1\n"));
            let text = format!("Filename Type Size Used Priority\n{}", lines.collect::<String>());
            let sum = |of: fn(&(u64, u64)) -> u64| areas.iter().map(of).sum::<u64>() * 1024;
            prop_assert_eq!(swap_in(&text), Some((sum(|area| area.1), sum(|area| area.0))));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            prop_assert!(swap_in(&text).is_none() || text.starts_with("Filename"));
            let word = chosen(&text).map(|word| format!("[{word}]"));
            prop_assert!(word.is_none_or(|word| text.contains(&word)));
        }
    }
}
