//! The program without a harness: it lists the benchmarks, runs each once, or measures each briefly.

use std::process;

use harness_probe::{Meter, PROBE_ARGUMENT, Unit, measure_briefly};
use regex_lite::Regex;

use crate::BenchmarkFilter;
use crate::bencher::Measure;

/// Options of criterion with a value, none of which has an effect.
const WITH_VALUE: [&str; 20] = [
    "-b",
    "-c",
    "-s",
    "--baseline",
    "--baseline-lenient",
    "--color",
    "--colour",
    "--confidence-level",
    "--format",
    "--load-baseline",
    "--measurement-time",
    "--noise-threshold",
    "--nresamples",
    "--output-format",
    "--plotting-backend",
    "--profile-time",
    "--sample-size",
    "--save-baseline",
    "--significance-level",
    "--warm-up-time",
];

/// The request of a person.
pub(crate) struct ByHand {
    deed: Deed,
    filter: BenchmarkFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    List,
    /// `cargo test --benches` and `--test`.
    RunOnce,
    Measure,
}

impl ByHand {
    /// Reads the arguments of the program.
    ///
    /// # Errors
    /// If the filter is not a regular expression; one sentence.
    pub(crate) fn of(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments.into_iter();
        let (mut bench, mut test, mut list, mut exact, mut ignored) =
            (false, false, false, false, false);
        let mut filter = None;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => bench = true,
                "--test" => test = true,
                "--list" => list = true,
                "--exact" => exact = true,
                "--ignored" => ignored = true,
                option if WITH_VALUE.contains(&option) => {
                    arguments.next();
                }
                option if option.starts_with('-') => {}
                _ => filter = Some(argument),
            }
        }
        let filter = match filter {
            _ if ignored => BenchmarkFilter::RejectAll,
            None => BenchmarkFilter::AcceptAll,
            Some(id) if exact => BenchmarkFilter::Exact(id),
            Some(text) => Regex::new(&text)
                .map(BenchmarkFilter::Regex)
                .map_err(|error| {
                    format!("the filter {text} is not a regular expression: {error}")
                })?,
        };
        let deed = match () {
            () if list => Deed::List,
            // Criterion's rule: only `cargo bench` measures.
            () if test || !bench => Deed::RunOnce,
            () => Deed::Measure,
        };
        Ok(Self { deed, filter })
    }

    /// Reads the arguments of a program with a function `main` of its own. That runs each benchmark once and in its own
    /// order, so it cannot be a probe.
    pub(crate) fn of_own_main() -> Self {
        let arguments: Vec<String> = arguments().collect();
        if arguments.iter().any(|one| one == PROBE_ARGUMENT) {
            fail(
                "this bench has a function `main` of its own, so the harness cannot request single benchmarks: \
                 define it by `criterion_main!`, or leave the bench out of harness.toml",
            );
        }
        Self::of(arguments).unwrap_or_else(|error| fail(&error))
    }

    /// Treats a benchmark as requested.
    pub(crate) fn measure(&self, id: &str, unit: &Unit, call: &mut dyn FnMut(Measure<'_>)) {
        if !self.filter.accepts(id) {
            return;
        }
        let once = match self.deed {
            Deed::List => {
                println!("{id}: benchmark");
                return;
            }
            Deed::RunOnce => true,
            Deed::Measure => false,
        };
        let mut result = None;
        call(&mut |prepared| result = Some(measure_briefly(&mut meter(), prepared, unit, once)));
        let result = result.unwrap_or_else(|| "measures nothing".to_owned());
        println!("{id}: {result}");
    }

    /// Prints the end of the output.
    pub(crate) fn end(&self) {
        if self.deed == Deed::Measure {
            println!(
                "\nThese are single measurements. `harness run` measures with intervals, instructions and heap;\n\
                 `harness gate --base REVISION` compares with another revision."
            );
        }
    }
}

/// The arguments after the name of the program.
pub(crate) fn arguments() -> impl Iterator<Item = String> {
    std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
}

/// The meter of this build.
pub(crate) fn meter() -> impl Meter {
    #[cfg(feature = "heap")]
    return harness_probe::Heap::new();
    #[cfg(not(feature = "heap"))]
    harness_probe::Clock::new()
}

/// Ends the program with an error.
pub(crate) fn fail(error: &str) -> ! {
    eprintln!("error: {error}");
    process::exit(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> ByHand {
        ByHand::of(arguments.iter().map(|&one| one.to_owned())).expect("valid")
    }

    #[test]
    fn cargo_bench_measures_and_cargo_test_runs_once() {
        assert_eq!(of(&["--bench"]).deed, Deed::Measure);
        assert_eq!(of(&[]).deed, Deed::RunOnce);
        assert_eq!(of(&["--bench", "--test"]).deed, Deed::RunOnce);
        assert_eq!(of(&["--bench", "--list"]).deed, Deed::List);
    }

    #[test]
    fn a_filter_is_a_regular_expression_or_an_exact_id() {
        let accepted = |arguments: &[&str]| {
            let by_hand = of(arguments);
            ["copy/1", "copy/10", "sum"].map(|id| by_hand.filter.accepts(id))
        };
        assert_eq!(accepted(&["--bench"]), [true; 3]);
        assert_eq!(accepted(&["--bench", "copy"]), [true, true, false]);
        assert_eq!(accepted(&["10$|^s"]), [false, true, true]);
        assert_eq!(accepted(&["--exact", "copy/1"]), [true, false, false]);
        assert_eq!(accepted(&["--ignored", "copy"]), [false; 3]);
        assert!(ByHand::of(["(".to_owned()]).is_err());
    }

    #[test]
    fn values_of_the_options_of_criterion_are_no_filter() {
        let by_hand = of(&[
            "--bench",
            "--save-baseline",
            "main",
            "--sample-size=10",
            "-n",
        ]);
        assert!(by_hand.filter.accepts("sum"));
    }
}
