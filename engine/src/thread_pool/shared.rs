//! What crosses between the threads of a pool: the task, the chunks that are left of it, and sleep.
//!
//! Everything that is touched in every region lies in cache lines of its own: a region then costs one line on its way to
//! each worker and one back.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::pool::{Chunk, SPIN_LIMIT};

/// What a region runs.
pub(super) type Task = *const (dyn Fn(Chunk) + Sync);

/// A region: its task, and how many chunks each of its shares has.
#[derive(Clone, Copy)]
pub(super) struct Region {
    pub(super) task: Task,
    pub(super) chunks: u16,
}

/// How a region went for the caller: busy with chunks first, then waiting for the last ones of others.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    /// Where it was measured.
    pub(super) busy: Option<Duration>,
    pub(super) waited: Duration,
}

pub(super) struct Shared {
    shares: Box<[Line<Share>]>,
    /// For every worker, how many chunks it has finished since it started.
    done: Box<[Line<AtomicU32>]>,
    rest: Line<Rest>,
}

/// A thread's part of a region, with all it needs to begin.
struct Share {
    /// How many of its chunks nobody has claimed yet (less than 0, where claims came too late).
    left: AtomicI32,
    region: UnsafeCell<Option<Region>>,
}

/// What is only touched when a thread sleeps, panics or stops.
struct Rest {
    /// Whether a worker sleeps, or is about to, that was not called yet.
    workers_sleep: AtomicBool,
    /// Whether the caller sleeps, or is about to.
    caller_sleeps: AtomicBool,
    stop: AtomicBool,
    /// How many workers have begun to work.
    started: AtomicU32,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    sleep: Mutex<()>,
    wake_workers: Condvar,
    wake_caller: Condvar,
}

/// Two cache lines, since processors fetch them in pairs.
#[repr(align(128))]
struct Line<T>(T);

// SAFETY: a share's `region` is written by the caller while no chunk of the region before is unfinished, and read by others
// only after they have claimed a chunk of the share, which they can only after the caller published it (release / acquire on
// `left`) and which keeps the region unfinished; the pointee is Sync and outlives the region. All other fields are Sync
// themselves.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    pub(super) fn new(threads: usize) -> Self {
        Shared {
            shares: (0..threads)
                .map(|_| Line(Share { left: AtomicI32::new(0), region: UnsafeCell::new(None) }))
                .collect(),
            done: (1..threads).map(|_| Line(AtomicU32::new(0))).collect(),
            rest: Line(Rest {
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

    /// Runs all chunks of `region` with whoever comes to help. When the caller had to sleep to wait for others in the end,
    /// returns for how long it waited, and how long it was busy before, where the `start` of the region was noted.
    ///
    /// # Safety
    /// One call at a time; the task must stay alive during the call.
    pub(super) unsafe fn run(&self, region: Region, start: Option<Instant>) -> Option<Wait> {
        let before = self.done_by_workers();
        for Line(share) in &self.shares {
            // SAFETY: only one call at a time, and the one before ended with all of its chunks finished.
            unsafe { *share.region.get() = Some(region) };
            // Sequentially consistent, like the sleepers' check: either a worker sees the chunks, or we see it asleep.
            share.left.store(region.chunks.into(), Ordering::SeqCst);
        }
        let rest = &self.rest.0;
        if rest.workers_sleep.load(Ordering::SeqCst) {
            let _guard = lock(&rest.sleep);
            rest.workers_sleep.store(false, Ordering::SeqCst);
            rest.wake_workers.notify_all();
        }
        let end = before.wrapping_add(u32::from(region.chunks) * self.shares.len() as u32);
        let mut own = self.run_share(0, 0);
        for share in 1..self.shares.len() {
            // A look at a share takes its line away from its owner, so it has to be worth it.
            if self.done_by_workers().wrapping_add(own) == end {
                return None;
            }
            own += self.run_share(share, 0);
        }
        self.wait_for_workers(end.wrapping_sub(own), start)
    }

    /// The panic of a chunk, if there was one.
    pub(super) fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        lock(&self.rest.0.panic).take()
    }

    /// Waits until so many workers work. Until then they allocate and free what every thread does at its start.
    pub(super) fn wait_for_start(&self, workers: usize) {
        while (self.rest.0.started.load(Ordering::Acquire) as usize) < workers {
            std::thread::yield_now();
        }
    }

    /// What a worker does until it is stopped.
    pub(super) fn work(&self, thread: usize) {
        self.rest.0.started.fetch_add(1, Ordering::Release);
        let done = &self.done[thread - 1].0;
        while self.wait_for_work(thread) {
            for turn in 0..self.shares.len() {
                let count = self.run_share((thread + turn) % self.shares.len(), thread);
                if count > 0 {
                    done.store(done.load(Ordering::Relaxed).wrapping_add(count), Ordering::SeqCst);
                    if self.rest.0.caller_sleeps.load(Ordering::SeqCst) {
                        let _guard = lock(&self.rest.0.sleep);
                        self.rest.0.wake_caller.notify_one();
                    }
                }
            }
        }
    }

    /// Lets the workers end.
    pub(super) fn stop(&self) {
        let rest = &self.rest.0;
        rest.stop.store(true, Ordering::SeqCst);
        let _guard = lock(&rest.sleep);
        rest.wake_workers.notify_all();
    }

    /// Runs the chunks of `share` that are left, as `thread`; returns how many it ran.
    fn run_share(&self, share: usize, thread: usize) -> u32 {
        let Share { left, region } = &self.shares[share].0;
        let mut count = 0;
        loop {
            // A look first: a claim would take the line away from its owner.
            if left.load(Ordering::Relaxed) <= 0 {
                return count;
            }
            let before = left.fetch_sub(1, Ordering::AcqRel);
            if before <= 0 {
                return count;
            }
            // SAFETY: a chunk was claimed and is not finished, so the region is there and stays.
            if let Some(Region { task, chunks }) = unsafe { *region.get() } {
                let of = usize::from(chunks);
                let index = of - before as usize;
                let chunk = Chunk { share, shares: self.shares.len(), index, of, thread };
                // SAFETY: as above; the caller keeps the task alive until all chunks are finished.
                let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { (*task)(chunk) }));
                if let Err(panic) = outcome {
                    lock(&self.rest.0.panic).get_or_insert(panic);
                }
            }
            count += 1;
        }
    }

    /// Waits for chunks in the worker's own share; `false` when it is to stop.
    fn wait_for_work(&self, thread: usize) -> bool {
        let rest = &self.rest.0;
        let left = &self.shares[thread].0.left;
        let called = || left.load(Ordering::SeqCst) > 0 || rest.stop.load(Ordering::SeqCst);
        if !spin_until(called) {
            let mut guard = lock(&rest.sleep);
            loop {
                rest.workers_sleep.store(true, Ordering::SeqCst);
                if called() {
                    break;
                }
                guard = rest.wake_workers.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
        }
        !rest.stop.load(Ordering::SeqCst)
    }

    /// The sum over all workers; differences are meaningful, the number itself wraps around.
    fn done_by_workers(&self) -> u32 {
        self.done.iter().fold(0, |sum, done| sum.wrapping_add(done.0.load(Ordering::SeqCst)))
    }

    /// Waits until the workers' count of finished chunks is `expected`.
    fn wait_for_workers(&self, expected: u32, start: Option<Instant>) -> Option<Wait> {
        let finished = || self.done_by_workers() == expected;
        if spin_until(finished) {
            return None;
        }
        let sleep = Instant::now();
        let rest = &self.rest.0;
        let mut guard = lock(&rest.sleep);
        rest.caller_sleeps.store(true, Ordering::SeqCst);
        while !finished() {
            guard = rest.wake_caller.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        rest.caller_sleeps.store(false, Ordering::SeqCst);
        let busy = start.map(|start| sleep.duration_since(start).saturating_sub(SPIN_LIMIT));
        Some(Wait { busy, waited: sleep.elapsed() + SPIN_LIMIT })
    }
}

/// Spins until `done` or the limit; returns whether it was done.
#[inline]
fn spin_until(done: impl Fn() -> bool) -> bool {
    // Reading the clock costs more than a look at the flag, so it is read only now and then.
    const LOOKS_PER_CLOCK: u32 = 64;
    let mut deadline = None;
    loop {
        for _ in 0..LOOKS_PER_CLOCK {
            if done() {
                return true;
            }
            std::hint::spin_loop();
        }
        let now = Instant::now();
        if now > *deadline.get_or_insert(now + SPIN_LIMIT) {
            return false;
        }
    }
}

/// Nothing can panic while it holds one of these locks, so a poisoned one is as good as new.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
