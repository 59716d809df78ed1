//! What reads a run while it happens.

use crate::Prepared;
use crate::protocol::Reading;

/// Runs a prepared workload and reads what it costs. One process has one meter: counting the heap slows an allocation
/// down, so the binary that is timed never does it.
pub trait Meter {
    /// The name in the probe's greeting: `clock`, `heap`.
    fn name(&self) -> &'static str;

    /// Runs the workload `iterations` times and says what was read.
    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading;

    /// Runs the workload `iterations` times and says where what this meter reads comes from.
    ///
    /// # Errors
    /// One sentence, if it cannot tell.
    fn profile(&mut self, _prepared: &mut dyn Prepared, _iterations: u64) -> Result<Reading, String> {
        Err(format!("this probe has no profile of what its meter ({}) reads", self.name()))
    }
}
