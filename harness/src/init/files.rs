//! The files that `harness init` writes.

use itertools::Itertools;

/// The bench with a first workload.
pub(super) const BENCH: &str = include_str!("templates/bench.rs");

/// The cargo feature of the heap build.
pub(super) const HEAP: &str = "harness/heap";

/// A bench that becomes a suite.
pub(super) struct Suite {
    /// Name of the bench.
    pub(super) bench: String,
    /// The cargo feature of its heap build.
    pub(super) heap_feature: &'static str,
}

/// The configuration of a project with these benches of a package.
pub(super) fn config(package: &str, suites: &[Suite]) -> String {
    let suite = |Suite {
                     bench,
                     heap_feature,
                 }: &Suite| {
        let heap = match *heap_feature {
            // The default.
            HEAP => String::new(),
            other => format!("heap-feature = \"{other}\"\n"),
        };
        format!("[[suite]]\npackage = \"{package}\"\nbench = \"{bench}\"\n{heap}")
    };
    format!(
        "# Configuration of `harness`. `harness run` measures every suite; `harness gate --base REVISION` judges a change.\n\
         # A suite is a bench: timed as it is, counted under valgrind, and built once more to count heap allocations.\n\n{}",
        suites.iter().map(suite).join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_each_bench() {
        let suite = |bench: &str, heap_feature| Suite {
            bench: bench.to_owned(),
            heap_feature,
        };
        let benches = ["parse", "render"].map(|bench| suite(bench, "criterion/heap"));
        insta::assert_snapshot!(config("words", &benches));
        insta::assert_snapshot!(config("words", &[suite("harness", HEAP)]));
    }
}
