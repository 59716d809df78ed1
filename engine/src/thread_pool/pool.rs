//! The pool: its threads, and the regions they run together.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::backoff::Backoff;
use super::partition::{Partition, share};
use super::shared::{Region, Shared, Task};

/// How long a thread spins for the next region, or the end of this one, before it sleeps.
pub const SPIN_LIMIT: Duration = Duration::from_micros(80);

/// A fixed number of threads that run one function at a time, each on its own share of the work.
///
/// A share may come in chunks; who has finished its own takes over what others have not begun. So a thread that is late,
/// because it slept or because its core is taken, costs a chunk and not a share; and where it costs more, the caller
/// computes alone for a while.
///
/// Regions allocate nothing. The calling thread has share 0; a pool of one has no threads and is a plain call. Dropping
/// the pool stops its threads.
pub struct ThreadPool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held while a region runs: a second caller (another stream, or a nested call) runs its chunks by itself.
    running: AtomicBool,
    backoff: Backoff,
}

/// A piece of a region's work: chunk `index` of `of` in share `share` of `shares`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The share it belongs to.
    pub share: usize,
    /// How many shares there are: one for each thread of the pool.
    pub shares: usize,
    /// Its place within the share.
    pub index: usize,
    /// How many chunks the share has.
    pub of: usize,
    /// Which thread runs it; no other one of the same region has this number.
    pub thread: usize,
}

impl ThreadPool {
    /// Starts `threads - 1` threads (none for 0 or 1), and returns when all of them are there.
    ///
    /// # Errors
    /// When the system refuses to start a thread.
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
            pool.workers.push(std::thread::Builder::new().name(name).spawn(move || shared.work(thread))?);
        }
        pool.shared.wait_for_start(pool.workers.len());
        Ok(pool)
    }

    /// How many threads compute: those of the pool with the caller among them.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task(part, parts)` once for every part, a part for each thread, and returns when all have finished.
    ///
    /// # Panics
    /// As [`ThreadPool::run_chunks`].
    #[inline]
    pub fn run(&self, task: &(dyn Fn(usize, usize) + Sync)) {
        self.run_chunks(1, &|chunk: Chunk| task(chunk.share, chunk.shares));
    }

    /// Calls `task` once for each of the `chunks` of every share, in parallel, and returns when all have finished.
    ///
    /// Called from inside a region, or while another thread's region runs, it computes all chunks on the calling
    /// thread one after the other: tasks must not wait for each other.
    ///
    /// # Panics
    /// With the panic of a chunk, after every chunk has ended.
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

    fn run_together(&self, chunks: u16, task: &(dyn Fn(Chunk) + Sync)) {
        let _running = Running(&self.running);
        // SAFETY: only the lifetime changes. Nobody keeps the pointer beyond the region, which ends before this call.
        let task: Task = unsafe { std::mem::transmute::<*const (dyn Fn(Chunk) + Sync), Task>(task) };
        // SAFETY: `running` was free, so this is the only region; the task is borrowed during the call.
        let wait = unsafe { self.shared.run(Region { task, chunks }, self.backoff.region_start()) };
        if let Some(wait) = wait {
            self.backoff.note(wait);
        }
        if let Some(panic) = self.shared.take_panic() {
            resume_unwind(panic);
        }
    }
}

/// All chunks on the calling thread.
#[inline]
fn run_alone(shares: usize, chunks: u16, task: &(dyn Fn(Chunk) + Sync)) {
    for share in 0..shares {
        for index in 0..usize::from(chunks) {
            task(Chunk { share, shares, index, of: chunks.into(), thread: 0 });
        }
    }
}

/// Lets the next region begin when it is dropped, be it by a panic.
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
            // A worker catches the panics of its tasks, so it ends normally; there is nothing to report.
            let _ = worker.join();
        }
    }
}

impl std::fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadPool").field("threads", &self.threads()).finish()
    }
}
