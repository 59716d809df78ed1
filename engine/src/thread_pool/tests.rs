//! Tests of the pool: every part runs once, also after threads slept; panics are reported; nested and concurrent calls
//! work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::{SPIN_LIMIT, ThreadPool, share};

#[test]
fn shares_cover_the_range_once_on_unit_bounds() {
    for total in [0, 1, 15, 16, 17, 100, 50_257] {
        for unit in [1, 16, 32] {
            for parts in [1, 2, 3, 7] {
                let mut next = 0;
                for part in 0..parts {
                    let mine = share(total, unit, part, parts);
                    assert_eq!(mine.start, next);
                    assert!(mine.start.is_multiple_of(unit) || mine.start == total);
                    next = mine.end;
                }
                assert_eq!(next, total);
            }
        }
    }
}

#[test]
fn every_part_runs_once_in_every_region() {
    for threads in [0, 1, 2, 3, 5] {
        let pool = ThreadPool::new(threads).unwrap();
        assert_eq!(pool.threads(), threads.max(1));
        let calls: Vec<AtomicUsize> = (0..pool.threads()).map(|_| AtomicUsize::new(0)).collect();
        for _ in 0..500 {
            pool.run(&|part, parts| {
                assert_eq!(parts, calls.len());
                calls[part].fetch_add(1, Ordering::Relaxed);
            });
        }
        assert!(
            calls
                .iter()
                .all(|count| count.load(Ordering::Relaxed) == 500)
        );
    }
}

#[test]
fn every_chunk_runs_once_and_no_two_threads_have_one_number() {
    for threads in [1, 2, 3] {
        let pool = ThreadPool::new(threads).unwrap();
        for chunks in [0u16, 1, 2, 7] {
            let calls: Vec<AtomicUsize> = (0..threads * usize::from(chunks))
                .map(|_| AtomicUsize::new(0))
                .collect();
            let busy: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..300 {
                pool.run_chunks(chunks, &|chunk| {
                    assert_eq!((chunk.shares, chunk.of), (threads, usize::from(chunks)));
                    assert_eq!(
                        busy[chunk.thread].fetch_add(1, Ordering::SeqCst),
                        0,
                        "two threads have one number"
                    );
                    calls[chunk.share * chunk.of + chunk.index].fetch_add(1, Ordering::Relaxed);
                    busy[chunk.thread].fetch_sub(1, Ordering::SeqCst);
                });
            }
            assert!(
                calls
                    .iter()
                    .all(|count| count.load(Ordering::Relaxed) == 300)
            );
        }
    }
}

/// The first chunk keeps its thread busy until the other thread has done all others.
#[test]
fn a_thread_takes_over_what_a_late_one_has_not_begun() {
    let pool = ThreadPool::new(2).unwrap();
    let (done, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    pool.run_chunks(4, &|chunk| {
        if taken.fetch_add(1, Ordering::SeqCst) == 0 {
            while done.load(Ordering::SeqCst) < 7 {
                std::thread::yield_now();
            }
        }
        assert!(chunk.index < 4);
        done.fetch_add(1, Ordering::SeqCst);
    });
    assert_eq!(done.load(Ordering::SeqCst), 8);
}

#[test]
fn workers_that_fell_asleep_come_back() {
    let pool = ThreadPool::new(3).unwrap();
    let sum = AtomicU64::new(0);
    for round in 0..20 {
        // Pauses around the spin limit: regions begin while workers spin, sleep, or are about to sleep.
        std::thread::sleep(SPIN_LIMIT * (round % 5) / 2);
        pool.run(&|part, _| {
            sum.fetch_add(part as u64 + 1, Ordering::Relaxed);
        });
    }
    assert_eq!(sum.load(Ordering::Relaxed), 20 * (1 + 2 + 3));
}

#[test]
fn a_caller_that_fell_asleep_comes_back() {
    let pool = ThreadPool::new(2).unwrap();
    let done = AtomicUsize::new(0);
    for _ in 0..5 {
        pool.run(&|part, _| {
            if part == 1 {
                std::thread::sleep(SPIN_LIMIT * 4);
            }
            done.fetch_add(1, Ordering::Relaxed);
        });
    }
    assert_eq!(done.load(Ordering::Relaxed), 10);
}

#[test]
fn a_panic_of_any_part_reaches_the_caller_and_the_pool_lives_on() {
    let pool = ThreadPool::new(3).unwrap();
    for guilty in 0..3 {
        let finished = AtomicUsize::new(0);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.run(&|part, _| {
                assert_ne!(part, guilty, "part {part} failed");
                finished.fetch_add(1, Ordering::Relaxed);
            });
        }));
        let message = *outcome.unwrap_err().downcast::<String>().unwrap();
        assert!(
            message.contains(&format!("part {guilty} failed")),
            "{message}"
        );
        assert_eq!(finished.load(Ordering::Relaxed), 2);
    }
    let after = AtomicUsize::new(0);
    pool.run(&|_, _| {
        after.fetch_add(1, Ordering::Relaxed);
    });
    assert_eq!(after.load(Ordering::Relaxed), 3);
}

#[test]
fn nested_and_concurrent_regions_run_all_their_parts() {
    let pool = ThreadPool::new(2).unwrap();
    let inner = AtomicUsize::new(0);
    pool.run(&|_, _| {
        pool.run(&|_, _| {
            inner.fetch_add(1, Ordering::Relaxed);
        });
    });
    assert_eq!(inner.load(Ordering::Relaxed), 4);

    let total = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..200 {
                    pool.run(&|_, _| {
                        total.fetch_add(1, Ordering::Relaxed);
                    });
                }
            });
        }
    });
    assert_eq!(total.load(Ordering::Relaxed), 3 * 200 * 2);
}

#[test]
fn rows_are_split_whole_and_written_once() {
    let pool = ThreadPool::new(3).unwrap();
    for rows in [0, 1, 2, 3, 10] {
        let mut out = vec![0u32; rows * 7];
        pool.split_rows(&mut out, 7, &|first, part| {
            for (i, row) in part.chunks_exact_mut(7).enumerate() {
                row.iter_mut().for_each(|v| *v += (first + i) as u32 + 1);
            }
        });
        let expected: Vec<u32> = (0..rows).flat_map(|row| [row as u32 + 1; 7]).collect();
        assert_eq!(out, expected);
    }
}
