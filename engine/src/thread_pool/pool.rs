//! The thread pool and the parallel regions that it runs.

use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::backoff::Backoff;
use super::partition::{Partition, share};
use super::shared::{Region, Shared, Task};
use super::sync::{Arc, AtomicBool, Builder, JoinHandle};

/// Time for which a thread spins, for the next region or the end of this one, before it sleeps.
pub const SPIN_LIMIT: Duration = Duration::from_micros(80);

/// A fixed number of threads that run one function at a time, each on its own share of the work.
///
/// A share may be divided into chunks. A thread that has finished its own share takes chunks of other shares. So a
/// thread that is late, because it slept or lost its core, delays the region by a chunk and not by a share. If the
/// delay is longer, the caller computes alone for some time.
///
/// Regions allocate nothing. The calling thread has share 0; a pool of one thread is a plain call. Dropping the pool
/// stops its threads.
pub struct ThreadPool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// True while a region runs. A second caller (another stream, or a nested call) then runs its chunks on its own
    /// thread.
    running: AtomicBool,
    backoff: Backoff,
}

/// A part of a region's work: chunk `index` of `of` in share `share` of `shares`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The share it belongs to.
    pub share: usize,
    /// Number of shares: one for each thread of the pool.
    pub shares: usize,
    /// Index within the share.
    pub index: usize,
    /// Number of chunks of the share.
    pub of: usize,
    /// Index of the thread that runs it; no two threads of a region have the same index.
    pub thread: usize,
}

impl ThreadPool {
    /// Starts `threads - 1` threads (none for 0 or 1) and returns when all of them have started.
    ///
    /// # Errors
    /// Returns an error if the system refuses to start a thread.
    pub fn new(threads: usize) -> std::io::Result<ThreadPool> {
        let threads = threads.max(1);
        let mut pool = ThreadPool {
            shared: Arc::new(Shared::new(threads)),
            workers: Vec::new(),
            running: AtomicBool::new(false),
            backoff: Backoff::new(),
        };
        for thread in 1..threads {
            let shared = Arc::clone(&pool.shared);
            let name = format!("pool-{thread}");
            pool.workers.push(
                Builder::new()
                    .name(name)
                    .spawn(move || shared.work(thread))?,
            );
        }
        pool.shared.wait_for_start(pool.workers.len());
        Ok(pool)
    }

    /// Number of threads that compute, including the caller.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task(part, parts)` once for every part, one per thread, and returns when all have finished.
    ///
    /// # Panics
    /// Same as for [`ThreadPool::run_chunks`].
    #[inline]
    pub fn run(&self, task: &(dyn Fn(usize, usize) + Sync)) {
        self.run_chunks(1, &|chunk: Chunk| task(chunk.share, chunk.shares));
    }

    /// Calls `task` once for each of the `chunks` of every share, in parallel, and returns when all have finished.
    ///
    /// If it is called inside a region, or while the region of another thread runs, it computes all chunks on the
    /// calling thread, one after the other. So tasks must not wait for each other.
    ///
    /// # Panics
    /// Resumes the panic of a chunk after all chunks have ended.
    #[inline]
    pub fn run_chunks(&self, chunks: u16, task: &(dyn Fn(Chunk) + Sync)) {
        let shares = self.threads();
        if shares == 1 || self.running.swap(true, Ordering::Acquire) {
            return run_alone(shares, chunks, task);
        }
        if self.backoff.alone() {
            let _running = Running(&self.running);
            return run_alone(shares, chunks, task);
        }
        self.run_together(chunks, task);
    }

    /// Splits `out` (rows of `width` elements) into contiguous shares of whole rows and calls `task(first_row, rows)`
    /// for each share that is not empty.
    ///
    /// # Panics
    /// Panics if `width` is 0 or does not divide the length of `out`; resumes the panic of a part.
    pub fn split_rows<T: Send>(
        &self,
        out: &mut [T],
        width: usize,
        task: &(dyn Fn(usize, &mut [T]) + Sync),
    ) {
        assert!(
            width > 0 && out.len().is_multiple_of(width),
            "{} elements are no rows of {width}",
            out.len()
        );
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

    fn run_together(&self, chunks: u16, task: &(dyn Fn(Chunk) + Sync)) {
        let _running = Running(&self.running);
        // SAFETY: only the lifetime changes. No one keeps the pointer after the region, which ends before this call.
        let task: Task =
            unsafe { std::mem::transmute::<*const (dyn Fn(Chunk) + Sync), Task>(task) };
        // SAFETY: `running` was free, so this is the only region; the task is borrowed during the call.
        let wait = unsafe {
            self.shared
                .run(Region { task, chunks }, self.backoff.region_start())
        };
        if let Some(wait) = wait {
            self.backoff.note(wait);
        }
        if let Some(panic) = self.shared.take_panic() {
            resume_unwind(panic);
        }
    }
}

/// Runs all chunks on the calling thread.
#[inline]
fn run_alone(shares: usize, chunks: u16, task: &(dyn Fn(Chunk) + Sync)) {
    for share in 0..shares {
        for index in 0..usize::from(chunks) {
            task(Chunk {
                share,
                shares,
                index,
                of: chunks.into(),
                thread: 0,
            });
        }
    }
}

/// Guard that allows the next region when it is dropped, also during a panic.
struct Running<'a>(&'a AtomicBool);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shared.stop();
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its tasks, so `join` has no error to report.
            let _ = worker.join();
        }
    }
}

impl std::fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadPool")
            .field("threads", &self.threads())
            .finish()
    }
}
