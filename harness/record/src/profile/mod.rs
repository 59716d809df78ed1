//! Where time, instructions and memory go: what a workload is made of, as tables and as the stacks of a flame graph.
//!
//! Three views of one shape. By **time**, of the operations that the engine itself tells apart; by **instructions**, of
//! functions as callgrind sees them; by **allocations**, of the places that dhat finds on the way to each. All three are a
//! [`Tree`], and everything that is shown is worked out from that.

mod name;
mod seen;
mod sites;
mod spans;
mod tree;

pub use name::short;
pub use seen::Seen;
pub use sites::{Frame, Site, Sites, SitesError};
pub use spans::{BETWEEN, SpansError};
pub use tree::{Node, Part, Tree};

use harness_abtest::Interval;
use harness_probe::{Instrument, Unit};

use crate::callgraph::CallGraph;
use crate::metric::Quantity;

/// What a profile is a profile of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Wall time, of the engine's own operations
    Time,
    /// Instructions, of functions, by callgrind
    Instructions,
    /// Bytes on the heap, by the place they are allocated at, by dhat
    Allocations,
}

/// What was seen of one workload in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What it is a profile of.
    pub view: View,
    /// The workload's id.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// What a run yields.
    pub unit: Unit,
    /// Runs that were seen, all together.
    pub runs: u64,
    /// The instruction set that the kernels used.
    pub isa: String,
    /// Threads that computed.
    pub threads: u32,
    /// What the runs are made of: nanoseconds, instructions or bytes.
    pub tree: Tree,
    /// The places that allocate; of allocations only.
    pub sites: Vec<Site>,
    /// What looking cost; of time only, and only where enough runs were made to say.
    pub cost: Option<Cost>,
}

/// What it costs to keep spans.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// The time of a run with spans over that of one without; the median over pairs.
    pub ratio: f64,
    /// Where the true ratio lies.
    pub interval: Interval,
    /// Pairs that were measured.
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

    /// What reads it.
    pub fn instrument(self) -> Instrument {
        match self {
            Self::Time => Instrument::Clock,
            Self::Instructions => Instrument::Callgrind,
            Self::Allocations => Instrument::Dhat,
        }
    }

    /// Every view, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Time, Self::Instructions, Self::Allocations];

    /// Its name in titles, file names and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
        }
    }

    /// What its numbers are counted in, and how many of the tree's are one of it.
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

    /// What the nodes of its tree are.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Time => "operation",
            Self::Instructions | Self::Allocations => "function",
        }
    }
}

impl Profile {
    /// What it is about: `medium/prefill in phase optimized`.
    pub fn place(&self) -> String {
        format!("{} in phase {}", self.workload, self.phase)
    }

    /// Tree and runs, for comparing.
    pub fn seen(&self) -> Seen<'_> {
        Seen { tree: &self.tree, runs: self.runs }
    }
}

impl CallGraph {
    /// The contexts as a tree of functions: a true one where callers were kept apart.
    pub fn tree(&self) -> Tree {
        let contexts = self.contexts.iter().zip(self.calls_into());
        Tree::of_stacks(contexts.map(|(context, calls)| (context.stack.as_slice(), context.own, calls)))
    }
}
