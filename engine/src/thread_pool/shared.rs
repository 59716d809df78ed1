//! State shared by the threads of a pool: the task, its unclaimed chunks, and the sleep of threads.
//!
//! Data that every region accesses has its own cache lines, so that a region transfers one line to each worker and one
//! back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::pool::{Chunk, SPIN_LIMIT};
use super::sync::{
    AtomicBool, AtomicI32, AtomicU32, Condvar, Instant, Mutex, MutexGuard, UnsafeCell, spin_until,
    yield_now,
};

/// The function that a region runs.
pub(super) type Task = *const (dyn Fn(Chunk) + Sync);

/// A parallel region: its task, and the number of chunks of each share.
#[derive(Clone, Copy)]
pub(super) struct Region {
    pub(super) task: Task,
    pub(super) chunks: u16,
}

/// Times of the caller in a region: busy with chunks first, then waiting for the last chunks of other threads.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    /// None if the region was not timed.
    pub(super) busy: Option<Duration>,
    pub(super) waited: Duration,
}

/// State that the caller and the workers share.
pub(super) struct Shared {
    shares: Box<[CachePadded<Share>]>,
    /// For every worker, the number of chunks it has finished since it started.
    done: Box<[CachePadded<AtomicU32>]>,
    sleep_state: CachePadded<SleepState>,
}

/// The part of a region for one thread.
struct Share {
    /// Number of unclaimed chunks; negative after claims that came too late.
    left: AtomicI32,
    region: UnsafeCell<Option<Region>>,
}

/// State that is only written when a thread sleeps, panics or stops.
struct SleepState {
    /// True if a worker that was not woken yet sleeps or is about to sleep.
    workers_sleep: AtomicBool,
    /// True if the caller sleeps or is about to sleep.
    caller_sleeps: AtomicBool,
    stop: AtomicBool,
    /// Number of workers that have started.
    started: AtomicU32,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    sleep: Mutex<()>,
    wake_workers: Condvar,
    wake_caller: Condvar,
}

/// A value on its own two cache lines, because processors fetch lines in pairs.
#[repr(align(128))]
struct CachePadded<T>(T);

// SAFETY: the caller writes the `region` of a share while all chunks of the region before are finished. Other threads
// read it only after they have claimed a chunk of the share. They can claim one only after the caller published it
// (release / acquire on `left`), and the region does not end before that chunk. The task is Sync and outlives the
// region. All other fields are Sync themselves.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    pub(super) fn new(threads: usize) -> Self {
        Shared {
            shares: (0..threads)
                .map(|_| {
                    CachePadded(Share {
                        left: AtomicI32::new(0),
                        region: UnsafeCell::new(None),
                    })
                })
                .collect(),
            done: (1..threads)
                .map(|_| CachePadded(AtomicU32::new(0)))
                .collect(),
            sleep_state: CachePadded(SleepState {
                workers_sleep: AtomicBool::new(false),
                caller_sleeps: AtomicBool::new(false),
                stop: AtomicBool::new(false),
                started: AtomicU32::new(0),
                panic: Mutex::new(None),
                sleep: Mutex::new(()),
                wake_workers: Condvar::new(),
                wake_caller: Condvar::new(),
            }),
        }
    }

    /// Runs all chunks of `region` together with the workers. If the caller had to sleep in the end to wait for them,
    /// returns its waiting time, and its busy time before if the `start` of the region is given.
    ///
    /// # Safety
    /// One call at a time; the task must stay alive during the call.
    pub(super) unsafe fn run(&self, region: Region, start: Option<Instant>) -> Option<Wait> {
        let before = self.done_by_workers();
        for CachePadded(share) in &self.shares {
            // SAFETY: there is only one call at a time, and all chunks of the call before are finished.
            unsafe { *share.region.get() = Some(region) };
            // Sequentially consistent, like the check before a worker sleeps: either the worker reads the new chunks,
            // or this thread reads that the worker sleeps.
            share.left.store(region.chunks.into(), Ordering::SeqCst);
        }
        let sleep_state = &self.sleep_state.0;
        if sleep_state.workers_sleep.load(Ordering::SeqCst) {
            let _guard = lock(&sleep_state.sleep);
            sleep_state.workers_sleep.store(false, Ordering::SeqCst);
            sleep_state.wake_workers.notify_all();
        }
        let end = before.wrapping_add(u32::from(region.chunks) * self.shares.len() as u32);
        let mut own = self.run_share(0, 0);
        for share in 1..self.shares.len() {
            // Reading a share takes its cache line away from its owner, so stop as soon as all chunks are done.
            if self.done_by_workers().wrapping_add(own) == end {
                return None;
            }
            own += self.run_share(share, 0);
        }
        self.wait_for_workers(end.wrapping_sub(own), start)
    }

    /// The panic of a chunk, if there was one.
    pub(super) fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        lock(&self.sleep_state.0.panic).take()
    }

    /// Waits until `workers` workers have started. While it starts, a thread allocates and frees memory.
    pub(super) fn wait_for_start(&self, workers: usize) {
        while (self.sleep_state.0.started.load(Ordering::Acquire) as usize) < workers {
            yield_now();
        }
    }

    /// The loop of a worker, until it is stopped.
    pub(super) fn work(&self, thread: usize) {
        self.sleep_state.0.started.fetch_add(1, Ordering::Release);
        let done = &self.done[thread - 1].0;
        while self.wait_for_work(thread) {
            for turn in 0..self.shares.len() {
                let count = self.run_share((thread + turn) % self.shares.len(), thread);
                if count > 0 {
                    done.store(
                        done.load(Ordering::Relaxed).wrapping_add(count),
                        Ordering::SeqCst,
                    );
                    if self.sleep_state.0.caller_sleeps.load(Ordering::SeqCst) {
                        let _guard = lock(&self.sleep_state.0.sleep);
                        self.sleep_state.0.wake_caller.notify_one();
                    }
                }
            }
        }
    }

    /// Stops the workers.
    pub(super) fn stop(&self) {
        let sleep_state = &self.sleep_state.0;
        sleep_state.stop.store(true, Ordering::SeqCst);
        let _guard = lock(&sleep_state.sleep);
        sleep_state.wake_workers.notify_all();
    }

    /// Runs the unclaimed chunks of `share` on thread `thread`; returns their number.
    fn run_share(&self, share: usize, thread: usize) -> u32 {
        let Share { left, region } = &self.shares[share].0;
        let mut count = 0;
        loop {
            // Read first: a claim would take the cache line away from its owner.
            if left.load(Ordering::Relaxed) <= 0 {
                return count;
            }
            let before = left.fetch_sub(1, Ordering::AcqRel);
            if before <= 0 {
                return count;
            }
            // SAFETY: a chunk is claimed and not finished, so the region exists and does not change.
            if let Some(Region { task, chunks }) = unsafe { *region.get() } {
                let of = usize::from(chunks);
                let index = of - before as usize;
                let chunk = Chunk {
                    share,
                    shares: self.shares.len(),
                    index,
                    of,
                    thread,
                };
                // SAFETY: as above; the caller keeps the task alive until all chunks are finished.
                let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { (*task)(chunk) }));
                if let Err(panic) = outcome {
                    lock(&self.sleep_state.0.panic).get_or_insert(panic);
                }
            }
            count += 1;
        }
    }

    /// Waits for chunks in the worker's own share; returns false if the worker has to stop.
    fn wait_for_work(&self, thread: usize) -> bool {
        let sleep_state = &self.sleep_state.0;
        let left = &self.shares[thread].0.left;
        let has_work =
            || left.load(Ordering::SeqCst) > 0 || sleep_state.stop.load(Ordering::SeqCst);
        if !spin_until(has_work) {
            let mut guard = lock(&sleep_state.sleep);
            loop {
                sleep_state.workers_sleep.store(true, Ordering::SeqCst);
                if has_work() {
                    break;
                }
                guard = sleep_state
                    .wake_workers
                    .wait(guard)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        !sleep_state.stop.load(Ordering::SeqCst)
    }

    /// Number of chunks finished by all workers. It wraps around; only differences are meaningful.
    fn done_by_workers(&self) -> u32 {
        self.done.iter().fold(0, |sum, done| {
            sum.wrapping_add(done.0.load(Ordering::SeqCst))
        })
    }

    /// Waits until the workers' number of finished chunks is `expected`.
    fn wait_for_workers(&self, expected: u32, start: Option<Instant>) -> Option<Wait> {
        let finished = || self.done_by_workers() == expected;
        if spin_until(finished) {
            return None;
        }
        let sleep = Instant::now();
        let sleep_state = &self.sleep_state.0;
        let mut guard = lock(&sleep_state.sleep);
        sleep_state.caller_sleeps.store(true, Ordering::SeqCst);
        while !finished() {
            guard = sleep_state
                .wake_caller
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner);
        }
        sleep_state.caller_sleeps.store(false, Ordering::SeqCst);
        let busy = start.map(|start| sleep.duration_since(start).saturating_sub(SPIN_LIMIT));
        Some(Wait {
            busy,
            waited: sleep.elapsed() + SPIN_LIMIT,
        })
    }
}

/// Locks `mutex`. No code can panic while it holds one of these locks, so poisoning is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
