//! Causal multi-head attention (Vaswani et al., arXiv:1706.03762). The output of a query is the sum of the values up to
//! its own position, weighted by the softmax of its scaled products with their keys.

mod batched;
mod causal;
mod heads;
mod masked;
mod online;
mod scores;
mod values;

pub use heads::Heads;

use crate::simd::Level;
use crate::softmax::Softmax;
use crate::thread_pool::{Partition, ThreadPool, share};
use crate::variant::Attention as Choice;

/// Multiply-adds of the scores below which one thread finishes before another could start.
const MIN_SHARED_WORK: usize = 4096;

/// Multiply-adds of the scores below which a thread's share stays one chunk; above, every head is a chunk.
const MIN_CHUNKED_WORK: usize = 1 << 18;

/// Sizes of an attention: queries, and keys that they attend to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Number of heads.
    pub heads: usize,
    /// Width of a head, D.
    pub head_size: usize,
    /// Number of queries, T.
    pub queries: usize,
    /// Number of keys before the first query's own; query `t` attends to keys `0..=past + t`.
    pub past: usize,
}

impl Shape {
    /// Number of keys and values, S.
    pub fn keys(&self) -> usize {
        self.past + self.queries
    }

    /// Factor of the scores, `1 / sqrt(D)`.
    fn scale(&self) -> f32 {
        1.0 / (self.head_size as f32).sqrt()
    }
}

/// Attention in the chosen implementation.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    choice: Choice,
    softmax: Softmax,
    level: Level,
}

impl Attention {
    /// The implementation `choice`. `softmax` serves those that store a row of scores; the online one computes its own.
    pub fn new(choice: Choice, softmax: Softmax, level: Level) -> Self {
        Self {
            choice,
            softmax,
            level,
        }
    }

    /// Number of f32 of scratch that [`Attention::run`] needs for `shape` on `threads` threads.
    pub fn scratch(&self, shape: &Shape, threads: usize) -> usize {
        match self.choice {
            Choice::Masked => masked::scratch(shape),
            Choice::Causal => causal::scratch(shape),
            Choice::Batched => threads * batched::scratch(shape),
            Choice::Online => threads * online::scratch(shape),
        }
    }

    /// Attends with queries `q` (T rows per head) to keys `k` and values `v` (S rows per head) and writes `out` `[T,
    /// C]`. The vector implementations distribute the work over `pool`.
    ///
    /// # Panics
    /// Panics if `out` is not `[T, C]` or `scratch` is shorter than [`Attention::scratch`] requires.
    pub fn run(&self, task: &Task<'_>, out: &mut [f32], scratch: &mut [f32], pool: &ThreadPool) {
        let shape = &task.shape;
        let threads = pool.threads();
        assert_eq!(
            out.len(),
            shape.queries * shape.heads * shape.head_size,
            "attention: out is not [T, C]"
        );
        let needed = self.scratch(shape, threads);
        assert!(scratch.len() >= needed, "attention: scratch is too short");
        match self.choice {
            Choice::Masked => masked::run(task, &self.softmax, out, scratch),
            Choice::Causal => causal::run(task, &self.softmax, out, scratch),
            Choice::Batched | Choice::Online => {
                self.run_shared(task, out, &mut scratch[..needed], pool);
            }
        }
    }

    /// Runs a vector implementation: every head on one thread, or on several where there are fewer heads than threads.
    fn run_shared(&self, task: &Task<'_>, out: &mut [f32], scratch: &mut [f32], pool: &ThreadPool) {
        let (shape, threads) = (&task.shape, pool.threads());
        let work = shape.queries * shape.keys() * shape.heads * shape.head_size;
        let groups = if shape.heads >= threads {
            1
        } else {
            threads.div_ceil(shape.heads)
        };
        let pieces = shape.heads * groups;
        let out = Partition::new(out);
        if work < MIN_SHARED_WORK || threads == 1 {
            (0..shape.heads).for_each(|head| {
                self.run_piece(
                    Piece {
                        task,
                        head,
                        group: 0,
                        groups: 1,
                        out: &out,
                    },
                    scratch,
                )
            });
            return;
        }
        let of_a_share = pieces.div_ceil(threads);
        let chunks = if work < MIN_CHUNKED_WORK {
            1
        } else {
            of_a_share
        };
        let length = scratch.len() / threads;
        let scratch = Partition::new(scratch);
        pool.run_chunks(chunks.min(u16::MAX.into()) as u16, &|chunk| {
            // SAFETY: every thread takes its own part, one chunk at a time.
            let scratch =
                unsafe { scratch.range(chunk.thread * length..(chunk.thread + 1) * length) };
            for item in share(of_a_share, 1, chunk.index, chunk.of) {
                let piece = item * chunk.shares + chunk.share;
                if piece < pieces {
                    let (head, group) = (piece / groups, piece % groups);
                    self.run_piece(
                        Piece {
                            task,
                            head,
                            group,
                            groups,
                            out: &out,
                        },
                        scratch,
                    );
                }
            }
        });
    }

    fn run_piece(&self, piece: Piece<'_>, scratch: &mut [f32]) {
        match self.choice {
            Choice::Online => self.level.run(online::Online { piece, scratch }),
            _ => batched::run(self.level, &self.softmax, &piece, scratch),
        }
    }
}

/// The inputs of attention.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The sizes.
    pub shape: Shape,
    /// Queries, T rows per head.
    pub q: Heads<'a>,
    /// Keys, S rows per head.
    pub k: Heads<'a>,
    /// Values, S rows per head.
    pub v: Heads<'a>,
}

/// Unit of work of a thread: the tiles of queries of one head, every `groups`-th tile from `group` on. All tiles of a
/// task have the same height.
#[derive(Clone, Copy)]
struct Piece<'a> {
    task: &'a Task<'a>,
    head: usize,
    group: usize,
    groups: usize,
    out: &'a Partition<'a, f32>,
}

impl Piece<'_> {
    /// The first query of every tile of this piece, of `height` queries each.
    #[inline(always)]
    fn tiles(&self, height: usize) -> impl Iterator<Item = usize> + use<> {
        (self.group * height..self.task.shape.queries).step_by(height * self.groups)
    }

    /// The output row of query `t` for this piece's head.
    ///
    /// # Safety
    /// `t` must lie in one of this piece's [`tiles`](Self::tiles), and no other reference to the same row may be alive.
    #[allow(
        clippy::mut_from_ref,
        reason = "pieces borrow disjoint parts of the output; see Partition"
    )]
    #[inline(always)]
    unsafe fn out_row(&self, t: usize) -> &mut [f32] {
        let shape = &self.task.shape;
        let start = (t * shape.heads + self.head) * shape.head_size;
        // SAFETY: a tile of a head belongs to one piece and a piece to one thread, so no other thread has this row. The
        // caller guarantees that this thread borrows it once.
        unsafe { self.out.range(start..start + shape.head_size) }
    }
}

#[cfg(test)]
mod tests;
