//! Suites: the workloads of one program, however they are declared.

use std::collections::BTreeMap;

use crate::protocol::Description;
use crate::{Case, Options, Prepared, Registry, WorkloadError};

/// The workloads of one program.
///
/// A suite keeps control while a workload is measured: [`Suite::with_prepared`] calls `measure` at the point where the
/// workload is ready. A workload may therefore borrow from variables of a function that prepares it.
pub trait Suite {
    /// The best instruction set on this machine. By default, the architecture that the program was compiled for.
    fn isa(&self) -> &str {
        std::env::consts::ARCH
    }

    /// The descriptions of all workloads, in the order in which they are measured and shown.
    fn describe(&self) -> Vec<Description>;

    /// One line on each phase, by name. By default none.
    fn phases(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Prepares a workload in a phase, and calls `measure` once with it. Returns after `measure` has returned.
    ///
    /// # Errors
    /// If there is no such workload or phase, or the options cannot be met.
    fn with_prepared(
        &self,
        case: &Case,
        options: &Options,
        measure: &mut dyn FnMut(&mut dyn Prepared),
    ) -> Result<(), WorkloadError>;
}

impl Suite for Registry {
    fn isa(&self) -> &str {
        self.isa()
    }

    fn describe(&self) -> Vec<Description> {
        self.describe()
    }

    fn phases(&self) -> BTreeMap<String, String> {
        self.phases()
    }

    fn with_prepared(
        &self,
        case: &Case,
        options: &Options,
        measure: &mut dyn FnMut(&mut dyn Prepared),
    ) -> Result<(), WorkloadError> {
        let workload = self
            .get(&case.workload)
            .ok_or_else(|| WorkloadError::new(format!("there is no workload {}", case.workload)))?;
        measure(workload.prepare(&case.phase, options)?.as_mut());
        Ok(())
    }
}
