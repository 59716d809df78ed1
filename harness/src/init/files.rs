//! The files that `harness init` writes.

use itertools::Itertools;

use super::Source;

/// The bench with a first workload.
pub(super) const BENCH: &str = include_str!("templates/bench.rs");

/// The cargo feature of the heap build.
pub(super) const HEAP: &str = "harness/heap";

/// The workflow, with gaps for the installation.
const WORKFLOW: &str = include_str!("templates/workflow.yml");

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

/// The workflow that judges pull requests.
pub(super) fn workflow(source: &Source) -> String {
    let install = match source {
        Source::Git(address) => format!("cargo install --locked --git {address} harness"),
        Source::Checkout(folder) => {
            let root = folder.parent().unwrap_or(folder).display();
            format!(
                "git clone \"$HARNESS_REPOSITORY\" {root} && cargo install --locked --path {}",
                folder.display()
            )
        }
        Source::OfThisHarness | Source::Registry => {
            format!(
                "cargo install --locked harness@{}",
                env!("CARGO_PKG_VERSION")
            )
        }
    };
    let variable = match source {
        Source::Checkout(_) => {
            "        env:\n          # Address of the repository of the harness: Cargo.toml names a folder, in which it is cloned here.\n          \
             HARNESS_REPOSITORY: ${{ vars.HARNESS_REPOSITORY }}\n"
        }
        _ => "",
    };
    WORKFLOW
        .replace("INSTALL\n", &format!("{install}\n"))
        .replace("ENVIRONMENT\n", variable)
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

    #[test]
    fn the_workflow_installs_from_every_origin() {
        for (name, source) in [
            ("git", Source::Git("https://example.org/h".to_owned())),
            ("checkout", Source::Checkout("/opt/h/harness".into())),
            ("registry", Source::Registry),
        ] {
            let workflow = workflow(&source);
            assert!(!workflow.contains("INSTALL\n") && !workflow.contains("ENVIRONMENT\n"));
            let step: Vec<&str> = workflow
                .lines()
                .skip_while(|line| !line.contains("Install the harness"))
                .take(5)
                .collect();
            insta::assert_snapshot!(name, step.join("\n"));
        }
    }
}
