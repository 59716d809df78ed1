//! Measured regions: the part of a run whose cost counts.

use std::time::Duration;

/// Measures the regions of runs. A meter provides it; a workload encloses in it the work that counts, and does
/// everything else, such as making inputs, outside.
pub trait Region {
    /// Does the work, and adds its cost to the reading. The work calls the function that it gets after each generated
    /// token; most workloads never call it.
    fn measure(&mut self, work: &mut dyn FnMut(&mut dyn FnMut()));

    /// Does work that measures its own time, and returns it. A clock adds this time to its reading. By default the work is
    /// measured as a whole.
    fn measure_own_time(&mut self, work: &mut dyn FnMut() -> Duration) {
        self.measure(&mut |_| {
            work();
        });
    }
}

/// Does the work of a region. Every meter does it by this function, so that callgrind can count by its name:
/// [`REGION_FUNCTION`].
#[inline(never)]
pub(crate) fn measured_region(work: &mut dyn FnMut(&mut dyn FnMut()), on_token: &mut dyn FnMut()) {
    work(on_token);
    // The call above must not be the last instruction: a jump instead of a call would end the function early.
    std::hint::black_box(());
}

/// Pattern for callgrind's `--toggle-collect` that matches the function `measured_region`.
pub const REGION_FUNCTION: &str = "*harness_probe::region::measured_region*";
