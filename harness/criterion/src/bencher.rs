//! The bencher: it gets the routine of a benchmark, and keeps control while a meter measures it.

use std::hint::black_box;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use harness_probe::{Prepared, Region};

use crate::BatchSize;
#[cfg(feature = "async")]
use crate::asynchronous::AsyncBencher;
use crate::measurement::{Measurement, WallTime};

/// Measures a prepared workload.
pub(crate) type Measure<'a> = &'a mut dyn FnMut(&mut dyn Prepared);

/// Measures the routine of a benchmark.
pub struct Bencher<'a, M = WallTime> {
    /// Taken by the first routine.
    measure: Option<Measure<'a>>,
    measurement: PhantomData<M>,
}

impl<'a, M> Bencher<'a, M> {
    pub(crate) fn new(measure: Measure<'a>) -> Self {
        Self {
            measure: Some(measure),
            measurement: PhantomData,
        }
    }

    /// Measures a routine. Dropping its results is measured, too.
    pub fn iter<O, R>(&mut self, routine: R)
    where
        R: FnMut() -> O,
    {
        self.measure(&mut Routine(routine));
    }

    /// Measures a routine without dropping its results.
    pub fn iter_with_large_drop<O, R>(&mut self, mut routine: R)
    where
        R: FnMut() -> O,
    {
        self.iter_batched(|| (), |()| routine(), BatchSize::SmallInput);
    }

    /// Measures a routine that gets a fresh input for each run. Making inputs and dropping results are not measured.
    pub fn iter_batched<I, O, S, R>(&mut self, setup: S, routine: R, size: BatchSize)
    where
        S: FnMut() -> I,
        R: FnMut(I) -> O,
    {
        self.measure(&mut Batched {
            setup,
            routine,
            size,
        });
    }

    /// Like [`Self::iter_batched`]; the routine borrows its input, so dropping that is not measured, either.
    pub fn iter_batched_ref<I, O, S, R>(&mut self, setup: S, routine: R, size: BatchSize)
    where
        S: FnMut() -> I,
        R: FnMut(&mut I) -> O,
    {
        self.measure(&mut BatchedRef {
            setup,
            routine,
            size,
        });
    }

    /// [`Self::iter_batched`] with one input at a time.
    pub fn iter_with_setup<I, O, S, R>(&mut self, setup: S, routine: R)
    where
        S: FnMut() -> I,
        R: FnMut(I) -> O,
    {
        self.iter_batched(setup, routine, BatchSize::PerIteration);
    }

    /// [`Self::iter_batched`] with all inputs in one batch.
    pub fn iter_with_large_setup<I, O, S, R>(&mut self, setup: S, routine: R)
    where
        S: FnMut() -> I,
        R: FnMut(I) -> O,
    {
        self.iter_batched(setup, routine, BatchSize::NumBatches(1));
    }

    /// Measures a routine that performs the runs and measures their time itself. Instructions and allocations are those
    /// of the routine as a whole.
    pub fn iter_custom<R>(&mut self, mut routine: R)
    where
        M: Measurement,
        R: FnMut(u64) -> M::Value,
    {
        self.measure(&mut Custom(|runs| {
            let start = Instant::now();
            let value = routine(runs);
            M::own_time(&value).unwrap_or_else(|| start.elapsed())
        }));
    }

    /// Measures futures, which the executor runs.
    #[cfg(feature = "async")]
    pub fn to_async<'b, A>(&'b mut self, runner: A) -> AsyncBencher<'a, 'b, A, M>
    where
        A: crate::async_executor::AsyncExecutor,
    {
        AsyncBencher::new(self, runner)
    }

    pub(crate) fn measure(&mut self, prepared: &mut dyn Prepared) {
        match self.measure.take() {
            Some(measure) => measure(prepared),
            None => eprintln!(
                "warning: a benchmark has several routines: its closure calls the bencher more than once. Only the first is measured"
            ),
        }
    }
}

/// Implements the methods of [`Prepared`] that are equal for all routines.
macro_rules! routine {
    () => {
        fn run(&mut self, _on_token: &mut dyn FnMut()) {
            self.warm_up();
        }

        fn warm_up(&mut self) {
            self.run_measured(1, &mut Unmeasured);
        }

        // A benchmark of criterion states no answer.
        fn check(&mut self) -> Result<(), String> {
            Ok(())
        }

        fn has_answer(&self) -> bool {
            false
        }
    };
}
#[cfg(feature = "async")]
pub(crate) use routine;

/// Does the work of a region without reading its cost.
pub(crate) struct Unmeasured;

impl Region for Unmeasured {
    fn measure(&mut self, work: &mut dyn FnMut(&mut dyn FnMut())) {
        work(&mut || {});
    }
}

/// A routine without input.
struct Routine<R>(R);

impl<O, R: FnMut() -> O> Prepared for Routine<R> {
    routine!();

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        region.measure(&mut |_| {
            for _ in 0..iterations {
                black_box((self.0)());
            }
        });
    }
}

/// A routine that gets a fresh input for each run.
struct Batched<S, R> {
    setup: S,
    routine: R,
    size: BatchSize,
}

impl<I, O, S: FnMut() -> I, R: FnMut(I) -> O> Prepared for Batched<S, R> {
    routine!();

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        for inputs in batches(iterations, self.size) {
            let mut inputs: Vec<I> = (0..inputs).map(|_| black_box((self.setup)())).collect();
            let mut outputs: Vec<O> = Vec::with_capacity(inputs.len());
            region.measure(&mut |_| {
                outputs.extend(inputs.drain(..).map(&mut self.routine));
            });
            black_box(outputs);
        }
    }
}

/// A routine that borrows a fresh input for each run.
struct BatchedRef<S, R> {
    setup: S,
    routine: R,
    size: BatchSize,
}

impl<I, O, S: FnMut() -> I, R: FnMut(&mut I) -> O> Prepared for BatchedRef<S, R> {
    routine!();

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        for inputs in batches(iterations, self.size) {
            let mut inputs: Vec<I> = (0..inputs).map(|_| black_box((self.setup)())).collect();
            let mut outputs: Vec<O> = Vec::with_capacity(inputs.len());
            region.measure(&mut |_| {
                outputs.extend(inputs.iter_mut().map(&mut self.routine));
            });
            black_box(outputs);
            black_box(inputs);
        }
    }
}

/// A routine that measures its own time.
pub(crate) struct Custom<R>(pub(crate) R);

impl<R: FnMut(u64) -> Duration> Prepared for Custom<R> {
    routine!();

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        region.measure_own_time(&mut || (self.0)(iterations));
    }
}

/// The sizes of the batches of these runs.
pub(crate) fn batches(runs: u64, size: BatchSize) -> impl Iterator<Item = u64> {
    let inputs = size.inputs(runs);
    let mut left = runs;
    std::iter::from_fn(move || {
        let batch = left.min(inputs);
        left -= batch;
        (batch > 0).then_some(batch)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use harness_probe::protocol::Reading;
    use harness_probe::{Clock, Meter};

    use super::*;

    thread_local! {
        static IN_REGION: Cell<bool> = const { Cell::new(false) };
    }

    /// A region during which [`IN_REGION`] is true.
    struct Marked;

    impl Region for Marked {
        fn measure(&mut self, work: &mut dyn FnMut(&mut dyn FnMut())) {
            IN_REGION.set(true);
            work(&mut || {});
            IN_REGION.set(false);
        }
    }

    fn run(closure: impl FnOnce(&mut Bencher), runs: u64) {
        let mut measured = 0;
        closure(&mut Bencher::new(&mut |prepared| {
            measured += 1;
            prepared.run_measured(runs, &mut Marked);
            assert_eq!((prepared.check(), prepared.has_answer()), (Ok(()), false));
        }));
        assert_eq!(measured, 1);
    }

    /// Panics if it is dropped in a region.
    struct Kept;

    impl Drop for Kept {
        fn drop(&mut self) {
            assert!(!IN_REGION.get(), "dropped in a region");
        }
    }

    fn outside() -> Kept {
        assert!(!IN_REGION.get(), "made in a region");
        Kept
    }

    #[test]
    fn setup_and_drops_are_measured_only_where_criterion_measures_them() {
        run(
            |b| {
                b.iter(|| assert!(IN_REGION.get()));
            },
            3,
        );
        let unmeasured: [fn(&mut Bencher); 5] = [
            |b| b.iter_with_large_drop(|| Kept),
            |b| b.iter_batched(outside, |input| input, BatchSize::SmallInput),
            |b| b.iter_batched_ref(outside, |_| Kept, BatchSize::PerIteration),
            |b| b.iter_with_setup(outside, |input| input),
            |b| b.iter_with_large_setup(outside, |input| input),
        ];
        for closure in unmeasured {
            run(closure, 100);
        }
    }

    #[test]
    fn every_run_gets_the_next_input() {
        for size in [
            BatchSize::SmallInput,
            BatchSize::PerIteration,
            BatchSize::NumBatches(7),
        ] {
            let made = Cell::new(0);
            let make = || {
                made.set(made.get() + 1);
                made.get()
            };
            let mut used = 0;
            let mut take = |number: u32| {
                assert!(IN_REGION.get());
                used += 1;
                assert_eq!(number, used);
            };
            run(|b| b.iter_batched(make, &mut take, size), 130);
            run(
                |b| b.iter_batched_ref(make, |number| take(*number), size),
                130,
            );
            assert_eq!(used, 260, "{size:?}");
        }
    }

    #[test]
    fn the_time_of_a_custom_routine_is_the_one_it_returns() {
        let mut read = None;
        Bencher::<WallTime>::new(&mut |prepared| read = Some(Clock::new().read(prepared, 5)))
            .iter_custom(Duration::from_secs);
        assert!(
            matches!(
                read,
                Some(Reading::Clock {
                    nanoseconds: 5_000_000_000,
                    ..
                })
            ),
            "{read:?}"
        );
    }

    #[test]
    fn only_the_first_routine_of_a_closure_is_measured() {
        run(
            |b| {
                b.iter(|| 1);
                b.iter(|| unreachable!("not the first"));
            },
            1,
        );
    }
}
