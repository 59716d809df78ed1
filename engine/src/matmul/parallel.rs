//! Sharing a product out over threads.

use std::ops::Range;

use crate::team::{Team, share};

/// Panels every thread must get at least before the outputs are divided rather than the rows: with fewer, one panel
/// more or less is a large part of a thread's work.
const PANELS_PER_THREAD: usize = 4;

/// Calls `task(rows, panels)` on the team so that together the calls cover all rows and panels once.
///
/// Threads that own different panels read different weights, so panels are divided where there are enough of them; a
/// product of few outputs and many rows (in units of `tile_rows`) is divided by rows instead.
pub(super) fn share_out(
    team: &Team,
    rows: usize,
    panels: usize,
    tile_rows: usize,
    task: &(dyn Fn(Range<usize>, Range<usize>) + Sync),
) {
    team.run(&|part, parts| {
        let by_rows = panels < PANELS_PER_THREAD * parts && rows.div_ceil(tile_rows) > panels;
        let (my_rows, my_panels) = if by_rows {
            (share(rows, tile_rows, part, parts), 0..panels)
        } else {
            (0..rows, share(panels, 1, part, parts))
        };
        if !my_rows.is_empty() && !my_panels.is_empty() {
            task(my_rows, my_panels);
        }
    });
}
