//! The bencher: it gets the routine of a workload from its function, and keeps control while the routine is measured.

use std::fmt::Display;
use std::hint::black_box;

use harness_probe::{Prepared, Region};

/// Number of inputs that are made before they are used, so that reading the clock costs little for each.
const BATCH: u64 = 64;

/// Measures the routine of a workload. A function calls one of its methods once; everything before the call prepares
/// the workload and is not measured.
pub struct Bencher<'a> {
    measure: &'a mut dyn FnMut(&mut dyn Prepared),
    calls: u32,
}

impl<'a> Bencher<'a> {
    pub(crate) fn new(measure: &'a mut dyn FnMut(&mut dyn Prepared)) -> Self {
        Self { measure, calls: 0 }
    }

    /// Measures a routine.
    pub fn iter<O>(&mut self, run: impl FnMut() -> O) {
        self.measure(&mut Routine {
            run,
            check: None::<fn(&O)>,
        });
    }

    /// Measures a routine and checks its result: `check` returns `bool`, a `Result`, or nothing if it asserts. It is
    /// called once after the last run.
    pub fn iter_checked<O, A: Answer>(
        &mut self,
        run: impl FnMut() -> O,
        check: impl FnMut(&O) -> A,
    ) {
        self.measure(&mut Routine {
            run,
            check: Some(check),
        });
    }

    /// Measures a routine that gets a fresh input for each run. Making inputs and dropping results are not measured.
    pub fn iter_with<I, O>(&mut self, input: impl FnMut() -> I, run: impl FnMut(I) -> O) {
        self.measure(&mut WithInput {
            input,
            run,
            check: None::<fn(&O)>,
        });
    }

    /// Like [`Self::iter_with`], and checks the result as [`Self::iter_checked`] does.
    pub fn iter_with_checked<I, O, A: Answer>(
        &mut self,
        input: impl FnMut() -> I,
        run: impl FnMut(I) -> O,
        check: impl FnMut(&O) -> A,
    ) {
        self.measure(&mut WithInput {
            input,
            run,
            check: Some(check),
        });
    }

    fn measure(&mut self, prepared: &mut dyn Prepared) {
        self.calls += 1;
        assert!(
            self.calls == 1,
            "a workload is measured once: its function calls one method of the bencher, one time"
        );
        (self.measure)(prepared);
    }
}

/// The result of checking an answer.
pub trait Answer {
    /// Turns it into a result whose error is one sentence.
    ///
    /// # Errors
    /// If the answer is wrong.
    fn into_result(self) -> Result<(), String>;
}

impl Answer for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl Answer for bool {
    fn into_result(self) -> Result<(), String> {
        match self {
            true => Ok(()),
            false => Err("the check of the answer returned false".to_owned()),
        }
    }
}

impl<T, E: Display> Answer for Result<T, E> {
    fn into_result(self) -> Result<(), String> {
        self.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// A routine without input.
struct Routine<R, C> {
    run: R,
    check: Option<C>,
}

impl<O, A: Answer, R: FnMut() -> O, C: FnMut(&O) -> A> Prepared for Routine<R, C> {
    fn run(&mut self, _on_token: &mut dyn FnMut()) {
        black_box((self.run)());
    }

    // Not by the method above, whose call costs as much as a short routine.
    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        region.measure(&mut |_| {
            for _ in 0..iterations {
                black_box((self.run)());
            }
        });
    }

    fn warm_up(&mut self) {
        black_box((self.run)());
    }

    fn check(&mut self) -> Result<(), String> {
        let output = (self.run)();
        self.check
            .as_mut()
            .map_or(Ok(()), |check| check(&output).into_result())
    }

    fn has_answer(&self) -> bool {
        self.check.is_some()
    }
}

/// A routine with a fresh input for each run.
struct WithInput<S, R, C> {
    input: S,
    run: R,
    check: Option<C>,
}

impl<I, O, A, S, R, C> Prepared for WithInput<S, R, C>
where
    A: Answer,
    S: FnMut() -> I,
    R: FnMut(I) -> O,
    C: FnMut(&O) -> A,
{
    fn run(&mut self, _on_token: &mut dyn FnMut()) {
        black_box((self.run)((self.input)()));
    }

    fn run_measured(&mut self, iterations: u64, region: &mut dyn Region) {
        let mut left = iterations;
        while left > 0 {
            let count = left.min(BATCH);
            left -= count;
            let mut inputs: Vec<I> = (0..count).map(|_| (self.input)()).collect();
            let mut outputs: Vec<O> = Vec::with_capacity(inputs.len());
            region.measure(&mut |_| {
                for input in inputs.drain(..) {
                    outputs.push(black_box((self.run)(black_box(input))));
                }
            });
        }
    }

    fn warm_up(&mut self) {
        black_box((self.run)((self.input)()));
    }

    fn check(&mut self) -> Result<(), String> {
        let output = (self.run)((self.input)());
        self.check
            .as_mut()
            .map_or(Ok(()), |check| check(&output).into_result())
    }

    fn has_answer(&self) -> bool {
        self.check.is_some()
    }
}

#[cfg(test)]
mod tests {
    use harness_probe::protocol::Reading;
    use harness_probe::{Clock, Meter};

    use super::*;

    /// Runs a function with a bencher that reads the clock over some iterations, and returns the nanoseconds and the check.
    fn measured(
        function: impl FnOnce(&mut Bencher),
        iterations: u64,
    ) -> (u64, Result<(), String>, bool) {
        let mut result = None;
        let mut measure = |prepared: &mut dyn Prepared| {
            let Reading::Clock { nanoseconds, .. } = Clock::new().read(prepared, iterations) else {
                panic!("a clock reads time");
            };
            result = Some((nanoseconds, prepared.check(), prepared.has_answer()));
        };
        function(&mut Bencher::new(&mut measure));
        result.expect("the function measures")
    }

    #[test]
    fn a_routine_runs_as_often_as_requested_and_once_more_for_its_answer() {
        let (mut runs, mut checks) = (0, 0);
        let (_, answer, has_answer) = measured(
            |bencher| {
                bencher.iter_checked(
                    || {
                        runs += 1;
                        runs
                    },
                    |count| {
                        checks += 1;
                        *count == 6
                    },
                );
            },
            5,
        );
        assert_eq!((answer, has_answer, checks), (Ok(()), true, 1));
    }

    #[test]
    fn making_inputs_and_dropping_results_are_not_measured() {
        struct Slow;
        impl Drop for Slow {
            fn drop(&mut self) {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
        let slow = || {
            std::thread::sleep(std::time::Duration::from_millis(2));
            Slow
        };
        let (nanoseconds, ..) = measured(|bencher| bencher.iter_with(slow, |input| input), 10);
        assert!(nanoseconds < 4_000_000, "{nanoseconds} of 40 ms");
    }

    #[test]
    fn every_batch_gets_its_inputs() {
        let (mut made, mut used) = (0, 0);
        let _ = measured(
            |bencher| {
                bencher.iter_with(
                    || {
                        made += 1;
                        made
                    },
                    |number| {
                        used += 1;
                        assert_eq!(number, used);
                    },
                );
            },
            2 * BATCH + 3,
        );
        assert_eq!(used, 2 * BATCH + 3 + 1, "one more for the answer");
    }

    #[test]
    fn answers_of_every_kind_are_judged() {
        let answers = [
            ().into_result(),
            true.into_result(),
            false.into_result(),
            Err::<(), _>("two of three").into_result(),
        ];
        assert_eq!(
            answers.map(|answer| answer.is_ok()),
            [true, true, false, false]
        );
    }
}
