//! The registry: the workloads of a probe, each known by its id.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::Description;
use crate::{Workload, digest};

/// Workloads in the order in which they are measured and shown. Nothing else depends on the order: records, baselines and
/// instruments identify a workload by its id.
pub struct Registry {
    workloads: Vec<Box<dyn Workload>>,
    isa: String,
    phases: fn() -> BTreeMap<String, String>,
}

/// Two workloads have the same id.
#[derive(Debug, PartialEq, Eq)]
pub struct RegistryError(String);

impl std::fmt::Display for RegistryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "two workloads are called {}: give one of them another id",
            self.0
        )
    }
}

impl std::error::Error for RegistryError {}

impl Registry {
    /// Registers workloads. `isa` is the name of the best instruction set on this machine.
    ///
    /// # Errors
    /// If two workloads have the same id.
    pub fn new(
        isa: impl Into<String>,
        workloads: Vec<Box<dyn Workload>>,
    ) -> Result<Self, RegistryError> {
        // A sorted set, because a randomly seeded hash set would free its memory in a random order. Instruction counts of
        // later allocations would then vary from run to run.
        let mut seen = BTreeSet::new();
        if let Some(twin) = workloads
            .iter()
            .find(|workload| !seen.insert(workload.id().to_owned()))
        {
            return Err(RegistryError(twin.id().to_owned()));
        }
        Ok(Self {
            workloads,
            isa: isa.into(),
            phases: BTreeMap::new,
        })
    }

    /// Adds one line on each phase for readers of reports, by name. They are computed when a harness requests them, because
    /// memory on the heap would shift instruction counts.
    #[must_use]
    pub fn about_phases(self, phases: fn() -> BTreeMap<String, String>) -> Self {
        Self { phases, ..self }
    }

    /// One line on each phase, by name.
    pub fn phases(&self) -> BTreeMap<String, String> {
        (self.phases)()
    }

    /// All workloads, in order.
    pub fn workloads(&self) -> &[Box<dyn Workload>] {
        &self.workloads
    }

    /// The workload with this id.
    pub fn get(&self, id: &str) -> Option<&dyn Workload> {
        self.workloads
            .iter()
            .find(|workload| workload.id() == id)
            .map(AsRef::as_ref)
    }

    /// The best instruction set on this machine.
    pub fn isa(&self) -> &str {
        &self.isa
    }

    /// The descriptions of all workloads for the protocol.
    pub fn describe(&self) -> Vec<Description> {
        self.workloads
            .iter()
            .map(|workload| Description {
                id: workload.id().to_owned(),
                about: workload.about(),
                unit: workload.unit(),
                definition: digest(&workload.definition()),
                answer: digest(&workload.answer()),
                phases: workload.phases(),
                instruments: workload.instruments(),
                selection: workload.selection(),
            })
            .collect()
    }
}
