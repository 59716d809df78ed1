//! The language between harness and probe: one JSON object per line, a request on the probe's standard input, its reply
//! on standard output. Whatever else the probe has to say goes to standard error.

use serde::{Deserialize, Serialize};

use crate::{Instrument, Options, Selection, Unit};

/// Version of the protocol that this crate speaks.
///
/// | version | what came with it |
/// |---|---|
/// | 2 | waiting times |
/// | 3 | [`Request::Profile`] |
pub const VERSION: u32 = 3;

/// The oldest version that a harness still understands: it says less, and nothing in another way. Without it no revision
/// from before a new request could be measured beside one from after it.
pub const OLDEST: u32 = 2;

/// The version that brought [`Request::Profile`].
pub const PROFILES_SINCE: u32 = 3;

/// What the harness asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// Who are you, and what can you measure? Comes first.
    Hello,
    /// Make one workload ready in one phase, in the place of the one before.
    Prepare {
        /// Id of the workload.
        workload: String,
        /// The phase.
        phase: String,
        /// Threads and instruction set.
        options: Options,
    },
    /// Run what is prepared, and say what the meter read.
    Run {
        /// How often, at least once. Tokens are told apart only when it is once.
        iterations: u64,
    },
    /// Run what is prepared, and say where what the meter reads comes from. The reply is [`Reply::Ran`], with
    /// [`Reading::Spans`] or [`Reading::Sites`] in it.
    Profile {
        /// How often, at least once.
        iterations: u64,
    },
    /// Is the answer of the last run right?
    Check,
}

/// What the probe answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Request::Hello`].
    Hello {
        /// The probe's protocol version.
        protocol: u32,
        /// Name of the probe's meter.
        meter: String,
        /// The best instruction set it found on this machine.
        isa: String,
        /// Workloads that the probe can measure.
        workloads: Vec<Description>,
    },
    /// To [`Request::Prepare`].
    Prepared {
        /// The instruction set that the kernels use.
        isa: String,
        /// The threads that compute, where they are others than was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threads: Option<u32>,
    },
    /// To [`Request::Run`].
    Ran {
        /// What the meter read.
        reading: Reading,
    },
    /// To [`Request::Check`].
    Checked {
        /// How the answer is wrong; none if it is right.
        wrong: Option<String>,
    },
    /// The request could not be met; the probe waits for the next one.
    Error {
        /// One sentence for the report.
        message: String,
    },
}

/// A workload as the probe describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Id of the workload.
    pub id: String,
    /// What one run yields.
    pub unit: Unit,
    /// Digest of its definition.
    pub definition: String,
    /// Digest of its answer.
    pub answer: String,
    /// The phases in which it makes sense, in order.
    pub phases: Vec<String>,
    /// The instruments it is small enough for.
    pub instruments: Vec<Instrument>,
    /// When it is measured without being asked for by name.
    pub selection: Selection,
}

/// What a meter read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "meter", rename_all = "kebab-case")]
pub enum Reading {
    /// Wall time.
    Clock {
        /// Of all iterations together.
        nanoseconds: u64,
        /// Part of it in which the probe was ready to run and had no core; 0 where the system does not tell.
        #[serde(default)]
        waited: u64,
        /// When each generated token was there, since the start; empty if there was more than one iteration.
        tokens_at: Vec<u64>,
    },
    /// Wall time, and how long the operations of the workload took in it.
    Spans {
        /// Of all iterations together.
        nanoseconds: u64,
        /// The operations, each after the one around it; empty where the workload notes none.
        spans: Vec<Span>,
    },
    /// Heap allocations of all iterations together, by the place they were made at.
    Sites {
        /// A profile in the format of DHAT's viewer, as valgrind's tool and the crate of that name write it.
        dhat: serde_json::Value,
    },
    /// Heap allocations of all iterations together.
    Heap {
        /// Bytes allocated.
        total_bytes: u64,
        /// Blocks allocated.
        total_blocks: u64,
        /// Most bytes alive at one time, counted from the start.
        peak_bytes: u64,
        /// Bytes that this run added to what was alive before it.
        leaked_bytes: u64,
        /// Tokens generated after the first one.
        tokens: u64,
        /// Bytes allocated while those were generated.
        token_bytes: u64,
        /// Blocks allocated while those were generated.
        token_blocks: u64,
    },
}

/// All spans of one operation inside the same operations, added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Name of the span.
    pub name: String,
    /// The place in the list of the span around it, which comes before it; none for one that has none.
    pub parent: Option<usize>,
    /// Number of calls.
    pub calls: u64,
    /// Nanoseconds of all of them together.
    pub nanoseconds: u64,
    /// Nanoseconds of the shortest.
    pub shortest: u64,
    /// Nanoseconds of the longest.
    pub longest: u64,
}
