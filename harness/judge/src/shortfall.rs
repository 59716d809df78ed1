//! The cause of a missed target, from counts, and the most that one operation can still give, from a profile.
//!
//! Time is instructions times the time for each. A phase that removes too few instructions can only reach its target if
//! each becomes faster; one that removes enough misses it because each became slower.

use harness_record::profile::{BETWEEN, Operation, Summary};

/// The cause of a missed target. All ratios are of the phase to the phase that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause {
    /// Too few instructions were removed: at an equal time for each, the speed is only `1 / instructions` times as high.
    Work {
        /// Ratio of instructions.
        instructions: f64,
    },
    /// Enough instructions were removed, but each takes `slower` times as long.
    Rate {
        /// Ratio of instructions.
        instructions: f64,
        /// Ratio of the time for each instruction.
        slower: f64,
    },
    /// The counts of one of the two phases are missing.
    NotCounted,
}

/// Returns the cause of a missed target of time. `wanted` and `measured` are ratios of time, `instructions` is the ratio of
/// instructions.
pub fn cause(wanted: f64, measured: f64, instructions: Option<f64>) -> Cause {
    match instructions.filter(|ratio| ratio.is_finite() && *ratio > 0.0) {
        None => Cause::NotCounted,
        Some(instructions) if instructions > wanted => Cause::Work { instructions },
        Some(instructions) => Cause::Rate {
            instructions,
            slower: measured / instructions,
        },
    }
}

/// The operation with the largest share of a profile, without the time between operations; none if there is none.
pub fn lever(summary: &Summary) -> Option<&Operation> {
    let operations = summary.operations.iter();
    let named = operations.filter(|operation| operation.name != BETWEEN);
    named.max_by_key(|operation| operation.own)
}

/// The speed if an operation with this share took no time, relative to now (Amdahl's law): `1 / (1 - share)`.
pub fn ceiling(share: f64) -> f64 {
    1.0 / (1.0 - share)
}

#[cfg(test)]
mod tests {
    use harness_record::profile::View;
    use harness_record::sample::environment;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instructions_decide_between_the_causes() {
        // Wanted 25 % faster: a time of 0.8.
        assert_eq!(
            cause(0.8, 0.99, Some(0.993)),
            Cause::Work {
                instructions: 0.993
            }
        );
        assert_eq!(
            cause(0.8, 0.9, Some(0.6)),
            Cause::Rate {
                instructions: 0.6,
                slower: 0.9 / 0.6
            }
        );
        assert_eq!(cause(0.8, 0.9, None), Cause::NotCounted);
        assert_eq!(cause(0.8, 0.9, Some(f64::NAN)), Cause::NotCounted);
    }

    #[test]
    fn the_largest_named_operation_is_the_lever() {
        let operation = |name: &str, own| Operation {
            name: name.to_owned(),
            own,
        };
        let mut summary = Summary {
            created: String::new(),
            workload: "w".to_owned(),
            phase: "fast".to_owned(),
            view: View::Time,
            isa: "avx2".to_owned(),
            threads: 1,
            environment: environment(),
            runs: 1,
            total: 100,
            operations: vec![
                operation(BETWEEN, 60),
                operation("norm", 10),
                operation("product", 30),
            ],
        };
        let largest = lever(&summary).expect("two are named");
        assert_eq!(
            (largest.name.as_str(), summary.share(largest)),
            ("product", 0.3)
        );
        assert_eq!(ceiling(0.5), 2.0);
        summary.operations.truncate(1);
        assert_eq!(lever(&summary), None);
    }

    proptest! {
        /// A missed target has a cause that explains it: too much work, or instructions that take longer.
        #[test]
        fn the_cause_explains_the_miss(wanted in 0.05..1.0f64, by in 1.0..3.0f64, instructions in 0.01..2.0f64) {
            match cause(wanted, wanted * by, Some(instructions)) {
                Cause::Work { instructions } => prop_assert!(instructions > wanted),
                Cause::Rate { slower, .. } => prop_assert!(slower >= 1.0),
                Cause::NotCounted => prop_assert!(false),
            }
        }
    }
}
