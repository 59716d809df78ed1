//! Sizes of batches of inputs.

/// The number of inputs that are made before they are used.
///
/// Unlike criterion, `SmallInput` and `LargeInput` have a fixed number. With a number that grows with the runs, the
/// memory that a run touches would depend on the time of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::manual_non_exhaustive,
    reason = "the variant is part of criterion's interface"
)]
pub enum BatchSize {
    /// Many inputs fit into memory: 64.
    SmallInput,
    /// Few inputs fit into memory: 8.
    LargeInput,
    /// One at a time. Reading the clock then costs tens of nanoseconds for each run.
    PerIteration,
    /// This number of batches.
    NumBatches(u64),
    /// This number of inputs.
    NumIterations(u64),
    #[doc(hidden)]
    __NonExhaustive,
}

impl BatchSize {
    /// The number of inputs in each batch of these runs, at least 1.
    pub(crate) fn inputs(self, runs: u64) -> u64 {
        let inputs = match self {
            Self::SmallInput | Self::__NonExhaustive => 64,
            Self::LargeInput => 8,
            Self::PerIteration => 1,
            Self::NumBatches(batches) => runs.div_ceil(batches.max(1)),
            Self::NumIterations(inputs) => inputs,
        };
        inputs.clamp(1, runs.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_at_least_one_input_and_at_most_one_for_each_run() {
        let sizes = [
            (BatchSize::SmallInput, [1, 10, 64]),
            (BatchSize::LargeInput, [1, 8, 8]),
            (BatchSize::PerIteration, [1, 1, 1]),
            (BatchSize::NumBatches(3), [1, 4, 334]),
            (BatchSize::NumBatches(0), [1, 10, 1000]),
            (BatchSize::NumIterations(20), [1, 10, 20]),
            (BatchSize::NumIterations(0), [1, 1, 1]),
        ];
        for (size, expected) in sizes {
            assert_eq!(
                [1, 10, 1000].map(|runs| size.inputs(runs)),
                expected,
                "{size:?}"
            );
        }
    }
}
