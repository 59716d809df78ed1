//! Meters: each reads one kind of cost while a workload runs.

use crate::Prepared;
use crate::protocol::Reading;

/// Runs a prepared workload and reads its cost. One process has one meter: counting the heap slows allocations down, so the
/// timed binary never does it.
pub trait Meter {
    /// The name in the reply to [`Request::Hello`](crate::protocol::Request::Hello): `clock`, `heap`.
    fn name(&self) -> &'static str;

    /// Runs the workload `iterations` times and returns the reading.
    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading;

    /// Like [`Self::read`], for runs that can fail. By default, no run can.
    ///
    /// # Errors
    /// One sentence, if a run fails.
    fn try_read(
        &mut self,
        prepared: &mut dyn Prepared,
        iterations: u64,
    ) -> Result<Reading, String> {
        Ok(self.read(prepared, iterations))
    }

    /// Runs the workload `iterations` times and returns a profile: the reading, divided over the parts of the workload.
    ///
    /// # Errors
    /// One sentence, if this meter has no profile.
    fn profile(
        &mut self,
        _prepared: &mut dyn Prepared,
        _iterations: u64,
    ) -> Result<Reading, String> {
        Err(format!(
            "this probe has no profile for its meter ({})",
            self.name()
        ))
    }
}
