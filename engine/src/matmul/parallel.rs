//! Distribution of a product over threads.

use std::ops::Range;

use crate::thread_pool::{Chunk, ThreadPool, share};

/// Minimum number of panels per thread for dividing the outputs instead of the rows. With fewer, one panel more or less
/// is a large part of a thread's work.
const PANELS_PER_THREAD: usize = 4;

/// Panels per chunk of a product of many rows. Every chunk copies the rows, so it should have several panels.
const PANELS_PER_CHUNK: usize = 12;

/// Minimum number of bytes that a chunk of a product of one row reads. Claiming a chunk and starting a kernel cost some
/// tens of nanoseconds.
const BYTES_PER_CHUNK: usize = 64 << 10;

/// Maximum number of chunks of a share. One of so many is a small part of the share.
const MAX_CHUNKS: usize = 16;

/// Number of chunks for a share of `units` indivisible units that reads `bytes` in all.
pub(super) fn chunks(units: usize, bytes: usize) -> u16 {
    (bytes / BYTES_PER_CHUNK).clamp(1, units.clamp(1, MAX_CHUNKS)) as u16
}

/// Calls `task(rows, panels)` on the pool so that together the calls cover all rows and panels once.
///
/// Threads with different panels read different weights, so the panels are divided if there are enough of them. A
/// product of few outputs and many rows is divided by rows instead, in units of `tile_rows`. The chunks of a share are
/// `block` rows each, or groups of panels if there are fewer rows.
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
        &|Chunk {
              share: part,
              shares: parts,
              index,
              of,
              ..
          }| {
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
