//! The bencher of divan, on top of the bencher of the harness.

use crate::counter::IntoCounter;

/// Measures the routine of a benchmark.
pub struct Bencher<'a, 'b, C = ()> {
    bencher: &'a mut harness_bench::Bencher<'b>,
    config: C,
}

/// A bencher that makes an input for each run has this configuration.
pub struct Inputs<G>(G);

impl<'a, 'b> Bencher<'a, 'b> {
    pub(crate) fn new(bencher: &'a mut harness_bench::Bencher<'b>) -> Self {
        Self {
            bencher,
            config: (),
        }
    }

    /// Measures a routine.
    pub fn bench<O>(self, routine: impl Fn() -> O + Sync) {
        self.bencher.iter(routine);
    }

    /// Measures a routine that need not be shared by threads.
    pub fn bench_local<O>(self, routine: impl FnMut() -> O) {
        self.bencher.iter(routine);
    }

    /// Makes an input for each run. This is not measured.
    pub fn with_inputs<G>(self, inputs: G) -> Bencher<'a, 'b, Inputs<G>> {
        Bencher {
            bencher: self.bencher,
            config: Inputs(inputs),
        }
    }
}

impl<C> Bencher<'_, '_, C> {
    /// Has no effect: the harness knows the throughput from the attribute only.
    #[must_use]
    pub fn counter(self, counter: impl IntoCounter) -> Self {
        let _ = counter.into_counter();
        self
    }
}

impl<I, G: FnMut() -> I> Bencher<'_, '_, Inputs<G>> {
    /// Has no effect: the harness knows the throughput from the attribute only.
    #[must_use]
    pub fn input_counter<C: IntoCounter>(self, counter: impl Fn(&I) -> C + Sync + 'static) -> Self {
        let _ = counter;
        self
    }

    /// Has no effect: the harness knows the throughput from the attribute only.
    #[must_use]
    pub fn count_inputs_as<C>(self) -> Self {
        self
    }

    /// Measures a routine that consumes its input.
    pub fn bench_values<O>(self, routine: impl Fn(I) -> O + Sync) {
        self.bench_local_values(routine);
    }

    /// Measures a routine that consumes its input and need not be shared by threads.
    pub fn bench_local_values<O>(self, routine: impl FnMut(I) -> O) {
        self.bencher.iter_with(self.config.0, routine);
    }

    /// Measures a routine that borrows its input. Dropping the input is not measured.
    pub fn bench_refs<O>(self, routine: impl Fn(&mut I) -> O + Sync) {
        self.bench_local_refs(routine);
    }

    /// Measures a routine that borrows its input and need not be shared by threads.
    pub fn bench_local_refs<O>(self, mut routine: impl FnMut(&mut I) -> O) {
        self.bencher.iter_with(self.config.0, |mut input| {
            let output = routine(&mut input);
            // Both are dropped outside of the measured part.
            (input, output)
        });
    }
}
