//! The workloads that a probe knows.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::protocol::Description;
use crate::{Workload, digest};

/// Workloads in the order they were registered, which is the order they are measured and shown in.
pub struct Registry {
    workloads: Vec<Box<dyn Workload>>,
    isa: String,
}

/// A set of workloads that cannot be told apart.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("two workloads are called {0}: give one of them another id")]
pub struct RegistryError(String);

impl Registry {
    /// Registers workloads; `isa` names the best instruction set that they found on this machine.
    ///
    /// # Errors
    /// If two workloads have one id.
    pub fn new(isa: impl Into<String>, workloads: Vec<Box<dyn Workload>>) -> Result<Self, RegistryError> {
        // A set in order: one that hashes by chance would free its memory in another order each time, and the counts of
        // whatever allocates later would differ from run to run.
        let mut seen = BTreeSet::new();
        if let Some(twin) = workloads.iter().find(|workload| !seen.insert(workload.id().to_owned())) {
            return Err(RegistryError(twin.id().to_owned()));
        }
        Ok(Self { workloads, isa: isa.into() })
    }

    /// All of them, in order.
    pub fn workloads(&self) -> &[Box<dyn Workload>] {
        &self.workloads
    }

    /// The workload of that id.
    pub fn get(&self, id: &str) -> Option<&dyn Workload> {
        self.workloads.iter().find(|workload| workload.id() == id).map(AsRef::as_ref)
    }

    /// The best instruction set on this machine.
    pub fn isa(&self) -> &str {
        &self.isa
    }

    /// All of them as the protocol describes them.
    pub fn describe(&self) -> Vec<Description> {
        self.workloads
            .iter()
            .map(|workload| Description {
                id: workload.id().to_owned(),
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
