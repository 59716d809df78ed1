//! The threads: start, spin, sleep, wake, panic, stop.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::partition::{Partition, share};

/// How long a thread spins for the next region, or the end of this one, before it sleeps.
pub const SPIN_LIMIT: Duration = Duration::from_micros(80);

/// A fixed number of threads that run one function at a time, each as its own part.
///
/// [`Team::run`] allocates nothing. The calling thread is part 0; a team of one has no threads and is a plain call.
/// Dropping the team stops its threads.
pub struct Team {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held while a region runs: a second caller (another stream, or a nested call) runs its parts by itself.
    running: AtomicBool,
}

type Task = *const (dyn Fn(usize, usize) + Sync);

/// What crosses between threads in every region lies in cache lines of its own, each written by one side only: a region
/// then costs one line on its way to each worker and one back.
struct Shared {
    order: Line<Order>,
    /// For every worker, the last region it finished.
    finished: Box<[Line<AtomicU32>]>,
    rest: Line<Rest>,
}

/// What the caller writes.
struct Order {
    /// Counts regions; a worker that sees it change has a task.
    region: AtomicU32,
    task: UnsafeCell<Option<Task>>,
}

/// What is only touched when a thread sleeps, panics or stops.
struct Rest {
    /// Workers that sleep, or are about to.
    sleeping: AtomicU32,
    /// Whether the caller sleeps, or is about to.
    caller_sleeps: AtomicBool,
    stop: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    sleep: Mutex<()>,
    wake_workers: Condvar,
    wake_caller: Condvar,
}

/// Two cache lines, since processors fetch them in pairs.
#[repr(align(128))]
struct Line<T>(T);

impl Shared {
    fn region(&self) -> &AtomicU32 {
        &self.order.0.region
    }

    fn all_finished(&self, region: u32) -> bool {
        self.finished.iter().all(|finished| finished.0.load(Ordering::SeqCst) == region)
    }
}

// SAFETY: `task` is written only by the caller while no worker runs, and read by workers only after they saw
// `region` change, which the caller does after writing (release / acquire); the pointee is Sync and outlives the
// region because `run` returns only after every worker has finished. All other fields are Sync themselves.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Team {
    /// Starts `threads - 1` threads (none for 0 or 1).
    ///
    /// # Errors
    /// When the system refuses to start a thread.
    pub fn new(threads: usize) -> std::io::Result<Team> {
        let parts = threads.max(1);
        let mut team = Team {
            shared: Arc::new(Shared {
                order: Line(Order { region: AtomicU32::new(0), task: UnsafeCell::new(None) }),
                finished: (1..parts).map(|_| Line(AtomicU32::new(0))).collect(),
                rest: Line(Rest {
                    sleeping: AtomicU32::new(0),
                    caller_sleeps: AtomicBool::new(false),
                    stop: AtomicBool::new(false),
                    panic: Mutex::new(None),
                    sleep: Mutex::new(()),
                    wake_workers: Condvar::new(),
                    wake_caller: Condvar::new(),
                }),
            }),
            workers: Vec::new(),
            running: AtomicBool::new(false),
        };
        for part in 1..parts {
            let shared = Arc::clone(&team.shared);
            let worker =
                std::thread::Builder::new().name(format!("team-{part}")).spawn(move || work(&shared, part, parts))?;
            team.workers.push(worker);
        }
        Ok(team)
    }

    /// How many parts a region has: the threads of the team with the caller among them.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task(part, parts)` once for every part, in parallel, and returns when all have finished.
    ///
    /// Called from inside a region, or while another thread's region runs, it computes all parts on the calling
    /// thread one after the other: tasks must not wait for each other.
    ///
    /// # Panics
    /// With the panic of a part, after every part has ended.
    #[inline]
    pub fn run(&self, task: &(dyn Fn(usize, usize) + Sync)) {
        let parts = self.threads();
        if parts == 1 {
            return task(0, 1);
        }
        if self.running.swap(true, Ordering::Acquire) {
            return (0..parts).for_each(|part| task(part, parts));
        }
        self.run_in_parallel(task, parts);
    }

    /// Splits `out` (rows of `width` elements) into contiguous shares of whole rows and calls
    /// `task(first_row, rows)` for each non-empty one.
    ///
    /// # Panics
    /// When `width` is 0 or does not divide `out`; with the panic of a part.
    pub fn split_rows<T: Send>(&self, out: &mut [T], width: usize, task: &(dyn Fn(usize, &mut [T]) + Sync)) {
        assert!(width > 0 && out.len().is_multiple_of(width), "{} elements are no rows of {width}", out.len());
        let rows = out.len() / width;
        let out = Partition::new(out);
        self.run(&|part, parts| {
            let mine = share(rows, 1, part, parts);
            if !mine.is_empty() {
                // SAFETY: the shares of different parts are disjoint, and each part is run once.
                let elements = unsafe { out.range(mine.start * width..mine.end * width) };
                task(mine.start, elements);
            }
        });
    }

    fn run_in_parallel(&self, task: &(dyn Fn(usize, usize) + Sync), parts: usize) {
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. No worker keeps the pointer beyond this call: it ends after all of them
        // have finished, panics included.
        let task_of_region: Task = unsafe { std::mem::transmute::<*const (dyn Fn(usize, usize) + Sync), Task>(task) };
        // SAFETY: `running` was free, so no region runs and no worker reads the task.
        unsafe { *shared.order.0.task.get() = Some(task_of_region) };
        // Sequentially consistent, like the sleepers' check: either a worker sees the region, or we see it asleep.
        let region = shared.region().fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        let rest = &shared.rest.0;
        if rest.sleeping.load(Ordering::SeqCst) > 0 {
            let _guard = lock(&rest.sleep);
            rest.wake_workers.notify_all();
        }
        let own = catch_unwind(AssertUnwindSafe(|| task(0, parts)));
        wait_for_workers(shared, region);
        let panicked = own.err().or_else(|| lock(&rest.panic).take());
        self.running.store(false, Ordering::Release);
        if let Some(panic) = panicked {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        let rest = &self.shared.rest.0;
        rest.stop.store(true, Ordering::SeqCst);
        self.shared.region().fetch_add(1, Ordering::SeqCst);
        {
            let _guard = lock(&rest.sleep);
            rest.wake_workers.notify_all();
        }
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its tasks, so it ends normally; there is nothing to report.
            let _ = worker.join();
        }
    }
}

impl std::fmt::Debug for Team {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Team").field("threads", &self.threads()).finish()
    }
}

fn work(shared: &Shared, part: usize, parts: usize) {
    let rest = &shared.rest.0;
    let mut seen = 0;
    loop {
        seen = next_region(shared, seen);
        if rest.stop.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: the region changed, so the caller has written the task and waits for us before it changes again.
        let task = unsafe { *shared.order.0.task.get() };
        if let Some(task) = task {
            // SAFETY: the caller keeps the task alive until we report that we have finished.
            let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { (*task)(part, parts) }));
            if let Err(panic) = outcome {
                lock(&rest.panic).get_or_insert(panic);
            }
        }
        shared.finished[part - 1].0.store(seen, Ordering::SeqCst);
        if rest.caller_sleeps.load(Ordering::SeqCst) {
            let _guard = lock(&rest.sleep);
            rest.wake_caller.notify_one();
        }
    }
}

/// Waits until the region is no longer `seen`, and returns it.
fn next_region(shared: &Shared, seen: u32) -> u32 {
    if spin_until(|| shared.region().load(Ordering::Acquire) != seen) {
        return shared.region().load(Ordering::Acquire);
    }
    let rest = &shared.rest.0;
    let mut guard = lock(&rest.sleep);
    rest.sleeping.fetch_add(1, Ordering::SeqCst);
    while shared.region().load(Ordering::SeqCst) == seen {
        guard = rest.wake_workers.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
    rest.sleeping.fetch_sub(1, Ordering::SeqCst);
    shared.region().load(Ordering::Acquire)
}

fn wait_for_workers(shared: &Shared, region: u32) {
    if spin_until(|| shared.all_finished(region)) {
        return;
    }
    let rest = &shared.rest.0;
    let mut guard = lock(&rest.sleep);
    rest.caller_sleeps.store(true, Ordering::SeqCst);
    while !shared.all_finished(region) {
        guard = rest.wake_caller.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
    rest.caller_sleeps.store(false, Ordering::SeqCst);
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
