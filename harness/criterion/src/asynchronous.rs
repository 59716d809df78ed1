//! The bencher of futures. The measured region begins and ends outside of the executor, so entering that is measured once
//! for each region.

use std::future::Future;
use std::hint::black_box;
use std::time::Instant;

use harness_probe::{Prepared, Region};

use crate::async_executor::AsyncExecutor;
use crate::bencher::{Custom, Unmeasured, batches, routine};
use crate::measurement::{Measurement, WallTime};
use crate::{BatchSize, Bencher};

/// Measures a routine that returns a future.
pub struct AsyncBencher<'a, 'b, A, M = WallTime> {
    bencher: &'b mut Bencher<'a, M>,
    runner: A,
}

impl<'a, 'b, A: AsyncExecutor, M> AsyncBencher<'a, 'b, A, M> {
    pub(crate) fn new(bencher: &'b mut Bencher<'a, M>, runner: A) -> Self {
        Self { bencher, runner }
    }

    /// Measures a routine. Dropping its results is measured, too.
    pub fn iter<O, R, F>(&mut self, routine: R)
    where
        R: FnMut() -> F,
        F: Future<Output = O>,
    {
        let runner = &self.runner;
        self.bencher.measure(&mut Routine { runner, routine });
    }

    /// Measures a routine without dropping its results.
    pub fn iter_with_large_drop<O, R, F>(&mut self, mut routine: R)
    where
        R: FnMut() -> F,
        F: Future<Output = O>,
    {
        self.iter_batched(|| (), |()| routine(), BatchSize::SmallInput);
    }

    /// Measures a routine that gets a fresh input for each run. Making inputs and dropping results are not measured.
    pub fn iter_batched<I, O, S, R, F>(&mut self, setup: S, routine: R, size: BatchSize)
    where
        S: FnMut() -> I,
        R: FnMut(I) -> F,
        F: Future<Output = O>,
    {
        let runner = &self.runner;
        self.bencher.measure(&mut Batched {
            runner,
            setup,
            routine,
            size,
        });
    }

    /// Like [`Self::iter_batched`]; the routine gets a reference.
    pub fn iter_batched_ref<I, O, S, R, F>(&mut self, setup: S, routine: R, size: BatchSize)
    where
        S: FnMut() -> I,
        R: FnMut(&mut I) -> F,
        F: Future<Output = O>,
    {
        let runner = &self.runner;
        self.bencher.measure(&mut BatchedRef {
            runner,
            setup,
            routine,
            size,
        });
    }

    /// [`Self::iter_batched`] with one input at a time.
    pub fn iter_with_setup<I, O, S, R, F>(&mut self, setup: S, routine: R)
    where
        S: FnMut() -> I,
        R: FnMut(I) -> F,
        F: Future<Output = O>,
    {
        self.iter_batched(setup, routine, BatchSize::PerIteration);
    }

    /// [`Self::iter_batched`] with all inputs in one batch.
    pub fn iter_with_large_setup<I, O, S, R, F>(&mut self, setup: S, routine: R)
    where
        S: FnMut() -> I,
        R: FnMut(I) -> F,
        F: Future<Output = O>,
    {
        self.iter_batched(setup, routine, BatchSize::NumBatches(1));
    }

    /// Measures a routine that performs the runs and measures their time itself.
    pub fn iter_custom<R, F>(&mut self, routine: R)
    where
        M: Measurement,
        R: FnMut(u64) -> F,
        F: Future<Output = M::Value>,
    {
        let runner = &self.runner;
        let mut routine = routine;
        self.bencher.measure(&mut Custom(|runs| {
            let start = Instant::now();
            let value = runner.block_on(routine(runs));
            M::own_time(&value).unwrap_or_else(|| start.elapsed())
        }));
    }
}

/// A routine without input.
struct Routine<'r, A, R> {
    runner: &'r A,
    routine: R,
}

impl<A, O, R, F> Prepared for Routine<'_, A, R>
where
    A: AsyncExecutor,
    R: FnMut() -> F,
    F: Future<Output = O>,
{
    routine!();

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        region.measure(&mut |_| {
            self.runner.block_on(async {
                for _ in 0..iterations {
                    black_box((self.routine)().await);
                }
            });
        });
    }
}

/// A routine that gets a fresh input for each run.
struct Batched<'r, A, S, R> {
    runner: &'r A,
    setup: S,
    routine: R,
    size: BatchSize,
}

impl<A, I, O, S, R, F> Prepared for Batched<'_, A, S, R>
where
    A: AsyncExecutor,
    S: FnMut() -> I,
    R: FnMut(I) -> F,
    F: Future<Output = O>,
{
    routine!();

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        for inputs in batches(iterations, self.size) {
            let mut inputs: Vec<I> = (0..inputs).map(|_| black_box((self.setup)())).collect();
            let mut outputs: Vec<O> = Vec::with_capacity(inputs.len());
            region.measure(&mut |_| {
                self.runner.block_on(async {
                    for input in inputs.drain(..) {
                        outputs.push((self.routine)(input).await);
                    }
                });
            });
            black_box(outputs);
        }
    }
}

/// A routine that borrows a fresh input for each run.
struct BatchedRef<'r, A, S, R> {
    runner: &'r A,
    setup: S,
    routine: R,
    size: BatchSize,
}

impl<A, I, O, S, R, F> Prepared for BatchedRef<'_, A, S, R>
where
    A: AsyncExecutor,
    S: FnMut() -> I,
    R: FnMut(&mut I) -> F,
    F: Future<Output = O>,
{
    routine!();

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        for inputs in batches(iterations, self.size) {
            let mut inputs: Vec<I> = (0..inputs).map(|_| black_box((self.setup)())).collect();
            let mut outputs: Vec<O> = Vec::with_capacity(inputs.len());
            region.measure(&mut |_| {
                self.runner.block_on(async {
                    for input in &mut inputs {
                        outputs.push((self.routine)(input).await);
                    }
                });
            });
            black_box(outputs);
            black_box(inputs);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness_probe::protocol::Reading;
    use harness_probe::{Clock, Meter};

    use super::*;

    /// Polls until the future is ready.
    struct Poll;

    impl AsyncExecutor for Poll {
        fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
            let mut future = std::pin::pin!(future);
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            loop {
                if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return output;
                }
            }
        }
    }

    fn run(closure: impl FnOnce(&mut AsyncBencher<'_, '_, Poll>), runs: u64) -> Reading {
        let mut read = None;
        closure(
            &mut Bencher::new(&mut |prepared| read = Some(Clock::new().read(prepared, runs)))
                .to_async(Poll),
        );
        read.expect("measured")
    }

    #[test]
    fn every_run_awaits_a_future() {
        let mut runs = 0;
        let mut count = || {
            runs += 1;
            std::future::ready(runs)
        };
        run(|b| b.iter(&mut count), 3);
        run(|b| b.iter_with_large_drop(&mut count), 100);
        run(
            |b| b.iter_batched(|| 1, |_| count(), BatchSize::LargeInput),
            20,
        );
        run(
            |b| b.iter_batched_ref(|| 1, |_| count(), BatchSize::SmallInput),
            7,
        );
        assert_eq!(runs, 130);
    }

    #[test]
    fn the_time_of_a_custom_routine_is_the_one_it_returns() {
        let read = run(
            |b| b.iter_custom(|runs| std::future::ready(Duration::from_secs(runs))),
            2,
        );
        assert!(
            matches!(
                read,
                Reading::Clock {
                    nanoseconds: 2_000_000_000,
                    ..
                }
            ),
            "{read:?}"
        );
    }
}
