//! Sharing a product out over threads.

use std::ops::Range;

use crate::thread_pool::{Chunk, ThreadPool, share};

/// Panels every thread must get at least before the outputs are divided rather than the rows: with fewer, one panel
/// more or less is a large part of a thread's work.
const PANELS_PER_THREAD: usize = 4;

/// Panels of a chunk where many rows are multiplied: every chunk copies the rows for itself.
const PANELS_PER_CHUNK: usize = 12;

/// What every chunk of one row's product should read or compute at least: a claim and the start of a kernel cost some tens of nanoseconds.
const BYTES_PER_CHUNK: usize = 64 << 10;

/// How many chunks a share has at most: enough that one more or less is a small part of it.
const MOST_CHUNKS: usize = 16;

/// How many chunks are worth making of a share of `units` that cannot be divided, which reads `bytes` in all.
pub(super) fn chunks(units: usize, bytes: usize) -> u16 {
    (bytes / BYTES_PER_CHUNK).clamp(1, units.clamp(1, MOST_CHUNKS)) as u16
}

/// Calls `task(rows, panels)` on the pool so that together the calls cover all rows and panels once.
///
/// Threads that own different panels read different weights, so panels are divided where there are enough of them; a
/// product of few outputs and many rows (in units of `tile_rows`) is divided by rows instead. A share then is taken in
/// chunks of `block` rows, or of panels where there are fewer rows.
pub(super) fn share_out(
    pool: &ThreadPool,
    rows: usize,
    panels: usize,
    tile_rows: usize,
    block: usize,
    task: &(dyn Fn(Range<usize>, Range<usize>) + Sync),
) {
    let threads = pool.threads();
    if threads == 1 {
        return task(0..rows, 0..panels);
    }
    let by_rows = panels < PANELS_PER_THREAD * threads && rows.div_ceil(tile_rows) > panels;
    let chunk_rows = by_rows || rows > block;
    let count = match (by_rows, chunk_rows) {
        (true, _) => rows.div_ceil(threads).div_ceil(block),
        (false, true) => rows.div_ceil(block),
        (false, false) => panels.div_ceil(threads) / PANELS_PER_CHUNK,
    };
    pool.run_chunks(
        count.clamp(1, u16::MAX.into()) as u16,
        &|Chunk { share: part, shares: parts, index, of, .. }| {
            let (mut my_rows, mut my_panels) = if by_rows {
                (share(rows, tile_rows, part, parts), 0..panels)
            } else {
                (0..rows, share(panels, 1, part, parts))
            };
            if chunk_rows {
                my_rows = within(&my_rows, tile_rows, index, of);
            } else {
                my_panels = within(&my_panels, 1, index, of);
            }
            if !my_rows.is_empty() && !my_panels.is_empty() {
                task(my_rows, my_panels);
            }
        },
    );
}

/// Part `part` of `parts` of a range, as [`share`] divides it.
fn within(range: &Range<usize>, unit: usize, part: usize, parts: usize) -> Range<usize> {
    let piece = share(range.len(), unit, part, parts);
    range.start + piece.start..range.start + piece.end
}
