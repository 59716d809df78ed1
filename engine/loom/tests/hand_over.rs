//! The hand-over between the caller and the workers in all interleavings: start, spin, sleep, wake, join, panic, drop.
//!
//! Loom ends a model if all threads wait (a lost wake-up), if two accesses to a cell are not ordered (a data race), or if
//! memory is left. Three threads are tried with a bound on the number of preemptions, because their interleavings are too
//! many.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine_loom::{Chunk, ThreadPool};
use loom::cell::UnsafeCell;

/// Runs a model in all interleavings with at most so many preemptions, and prints their number.
fn all(name: &str, preemptions: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    let tried = Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = 100_000;
    let count = Arc::clone(&tried);
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let tried = tried.load(Ordering::Relaxed);
    let bound = preemptions.map_or("all".to_owned(), |most| format!("at most {most}"));
    println!("{name}: {tried} interleavings ({bound} preemptions)");
    assert!(tried > 1, "{name} has only one interleaving");
}

/// The results of the chunks of regions, which no two threads may write at once.
struct Results(Vec<UnsafeCell<usize>>);

// SAFETY: loom checks each access.
unsafe impl Sync for Results {}

impl Results {
    fn new(count: usize) -> Self {
        Self((0..count).map(|_| UnsafeCell::new(0)).collect())
    }

    fn add(&self, chunk: Chunk) {
        let place = chunk.share * chunk.of + chunk.index;
        // SAFETY: loom checks that no other thread accesses it.
        self.0[place].with_mut(|count| unsafe { *count += 1 });
    }

    /// The caller reads them after the region.
    fn assert_all(&self, times: usize) {
        for result in &self.0 {
            // SAFETY: as above.
            assert_eq!(result.with(|count| unsafe { *count }), times);
        }
    }
}

/// Regions in a row, of so many chunks for each thread, and the end of the pool.
fn regions(threads: usize, chunks: u16, times: usize) {
    let pool = ThreadPool::new(threads).expect("started");
    let results = Results::new(threads * usize::from(chunks));
    for time in 1..=times {
        pool.run_chunks(chunks, &|chunk| results.add(chunk));
        results.assert_all(time);
    }
}

#[test]
fn a_pool_without_work_ends() {
    all("start and drop, 2 threads", None, || regions(2, 1, 0));
    all("start and drop, 3 threads", Some(3), || regions(3, 1, 0));
}

#[test]
fn each_chunk_runs_once_and_its_result_reaches_the_caller() {
    all("1 region, 2 threads", Some(5), || regions(2, 1, 1));
    all("1 region of 2 chunks each, 2 threads", Some(4), || {
        regions(2, 2, 1);
    });
    all("1 region, 3 threads", Some(2), || regions(3, 1, 1));
}

#[test]
fn regions_in_a_row_wake_workers_that_sleep() {
    all("2 regions, 2 threads", Some(4), || regions(2, 1, 2));
}

/// The caller would do the work of a worker that was not woken. So its own chunk waits here for that of the worker.
#[test]
fn a_worker_that_sleeps_is_woken_by_each_region() {
    all("2 regions that need the worker, 2 threads", Some(3), || {
        let pool = ThreadPool::new(2).expect("started");
        for _ in 0..2 {
            let worked = loom::sync::Notify::new();
            pool.run_chunks(1, &|chunk| match chunk.share {
                0 => worked.wait(),
                _ => worked.notify(),
            });
        }
    });
}

#[test]
fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
    all("panic of the second share, 2 threads", Some(4), || {
        let pool = ThreadPool::new(2).expect("started");
        let results = Results::new(2);
        let failed = catch_unwind(AssertUnwindSafe(|| {
            pool.run_chunks(1, &|chunk| {
                if chunk.share == 1 {
                    // Without the message of `panic!`, which every interleaving would print.
                    resume_unwind(Box::new("expected"));
                }
                results.add(chunk);
            });
        }));
        let failed = failed.expect_err("a panic");
        assert_eq!(failed.downcast_ref(), Some(&"expected"));
        pool.run_chunks(1, &|chunk| {
            if chunk.share == 1 {
                results.add(chunk);
            }
        });
        results.assert_all(1);
    });
}

#[test]
fn two_callers_at_once_get_all_their_chunks() {
    all("2 callers, 2 threads", Some(3), || {
        let pool = loom::sync::Arc::new(ThreadPool::new(2).expect("started"));
        let call = |pool: &ThreadPool| {
            let results = Results::new(2);
            pool.run_chunks(1, &|chunk| results.add(chunk));
            results.assert_all(1);
        };
        let other = loom::sync::Arc::clone(&pool);
        let caller = loom::thread::spawn(move || call(&other));
        call(&pool);
        caller.join().expect("no panic");
    });
}
