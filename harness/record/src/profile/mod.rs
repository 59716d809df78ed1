//! Profiles of a workload by time, instructions and memory, as tables and as stacks for flame graphs.
//!
//! There are three views: by **time**, of the operations that the engine reports as spans; by **instructions**, of
//! functions as callgrind counts them; by **allocations**, of the places in the code that dhat records. All three are
//! a [`Tree`], from which all tables are computed.

mod kinds;
mod name;
mod seen;
mod sites;
mod spans;
mod tree;

pub use kinds::{Kind, Kinds};
pub use name::short;
pub use seen::Seen;
pub use sites::{Frame, Site, Sites, SitesError};
pub use spans::{BETWEEN, SpansError};
pub use tree::{Node, Part, Tree};

use harness_abtest::Interval;
use harness_probe::{Instrument, Unit};

use crate::callgraph::CallGraph;
use crate::metric::Quantity;

/// Quantity that a profile shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Wall time of the engine's operations
    Time,
    /// Instructions of functions, counted by callgrind
    Instructions,
    /// Heap bytes by place of allocation, recorded by dhat
    Allocations,
}

/// Profile of one workload in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The quantity that is shown.
    pub view: View,
    /// The workload's id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// Unit of work of a run.
    pub unit: Unit,
    /// Number of recorded runs, all together.
    pub runs: u64,
    /// The instruction set that the kernels used.
    pub isa: String,
    /// Number of threads that computed.
    pub threads: u32,
    /// The cost of all runs, in nanoseconds, instructions or bytes.
    pub tree: Tree,
    /// The places that allocate; only for allocations.
    pub sites: Vec<Site>,
    /// Overhead of recording; only for time, and only with enough runs.
    pub cost: Option<Cost>,
}

/// Overhead of recording spans.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Time of a run with spans divided by that of a run without; the median over pairs.
    pub ratio: f64,
    /// Confidence interval of the ratio.
    pub interval: Interval,
    /// Number of measured pairs.
    pub pairs: usize,
}

impl View {
    /// Description of the view in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Time => "Wall time, of the engine's own operations",
            Self::Instructions => "Instructions, of functions, by callgrind",
            Self::Allocations => "Bytes on the heap, by the place they are allocated at, by dhat",
        }
    }

    /// Returns the instrument that the view needs.
    pub fn instrument(self) -> Instrument {
        match self {
            Self::Time => Instrument::Clock,
            Self::Instructions => Instrument::Callgrind,
            Self::Allocations => Instrument::Dhat,
        }
    }

    /// Every view, in display order.
    pub const ALL: [Self; 3] = [Self::Time, Self::Instructions, Self::Allocations];

    /// The name in titles, file names and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
        }
    }

    /// The displayed quantity, and the number of the tree's units in one of it.
    pub fn quantity(self) -> (Quantity, f64) {
        match self {
            Self::Time => (Quantity::Seconds, 1e9),
            Self::Instructions => (Quantity::Instructions, 1.0),
            Self::Allocations => (Quantity::Bytes, 1.0),
        }
    }

    /// The unit of the tree's numbers.
    pub fn raw_unit(self) -> &'static str {
        match self {
            Self::Time => "ns",
            Self::Instructions => "Ir",
            Self::Allocations => "bytes",
        }
    }

    /// The kind of the tree's nodes.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Time => "operation",
            Self::Instructions | Self::Allocations => "function",
        }
    }
}

impl Profile {
    /// The workload and phase as text: `medium/prefill in phase optimized`.
    pub fn place(&self) -> String {
        format!("{} in phase {}", self.workload, self.phase)
    }

    /// The tree and its number of runs, for a comparison.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            tree: &self.tree,
            runs: self.runs,
        }
    }
}

impl CallGraph {
    /// Returns the contexts as a tree of functions. It is the true call tree if callers were separated.
    pub fn tree(&self) -> Tree {
        let contexts = self.contexts.iter().zip(self.calls_into());
        Tree::of_stacks(
            contexts.map(|(context, calls)| (context.stack.as_slice(), context.own, calls)),
        )
    }
}
