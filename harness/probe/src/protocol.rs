//! The protocol between harness and probe: one JSON object per line. The probe reads requests from standard input and writes
//! one reply to each on standard output. Messages for people go to standard error.
//!
//! The names in JSON are part of the protocol. They stay as they are, because a harness also measures older revisions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Instrument, Options, Selection, Unit};

/// Version of the protocol that this crate speaks.
///
/// | version | addition |
/// |---|---|
/// | 2 | waiting times |
/// | 3 | [`Request::Profile`] |
/// | 4 | one line on each workload and phase |
/// | 5 | [`Request::WarmUp`]; workloads whose answer is not checked |
pub const VERSION: u32 = 5;

/// The oldest version that a harness still understands. Later versions only add requests and fields. This allows measuring
/// a revision from before an addition together with one from after it.
pub const OLDEST: u32 = 2;

/// The first version with [`Request::Profile`].
pub const PROFILES_SINCE: u32 = 3;

/// A request of the harness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// Requests the description of the probe. It is the first request.
    Hello,
    /// Prepares one workload in one phase, and drops the one that was prepared before.
    Prepare {
        /// Id of the workload.
        workload: String,
        /// The phase.
        phase: String,
        /// Threads and instruction set.
        options: Options,
    },
    /// Warms the prepared workload up: a first run may do more than later ones.
    WarmUp,
    /// Runs the prepared workload and requests the reading of the meter.
    Run {
        /// The number of runs, at least 1. Times of single tokens are recorded only if it is 1.
        iterations: u64,
    },
    /// Runs the prepared workload and requests a profile. The reply is [`Reply::Ran`] with [`Reading::Spans`] or
    /// [`Reading::Sites`].
    Profile {
        /// The number of runs, at least 1.
        iterations: u64,
    },
    /// Requests the check of the last run's answer.
    Check,
}

/// A reply of the probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
        /// One line for readers of reports on each phase, by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        phases: BTreeMap<String, String>,
    },
    /// To [`Request::Prepare`].
    Prepared {
        /// The instruction set that the kernels use.
        isa: String,
        /// The threads that compute, if they differ from the requested ones.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threads: Option<u32>,
        /// True if each run is a process of its own.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        starts_processes: bool,
    },
    /// To [`Request::WarmUp`].
    WarmedUp,
    /// To [`Request::Run`].
    Ran {
        /// The reading of the meter.
        reading: Reading,
    },
    /// To [`Request::Check`].
    Checked {
        /// The first difference from the right answer; none if the answer is right.
        wrong: Option<String>,
        /// True if the workload compares its answer with nothing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unchecked: bool,
    },
    /// To a request that failed. The probe waits for the next one.
    Error {
        /// One sentence for the report.
        message: String,
    },
}

/// The description of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Description {
    /// Id of the workload.
    pub id: String,
    /// One line for readers of reports: what it computes. Empty if the probe has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The unit of throughput.
    pub unit: Unit,
    /// Digest of its definition.
    pub definition: String,
    /// Digest of its answer.
    pub answer: String,
    /// The phases in which it can be measured, in order.
    pub phases: Vec<String>,
    /// The instruments it is small enough for.
    pub instruments: Vec<Instrument>,
    /// The runs that measure it by default.
    pub selection: Selection,
}

/// The reading of a meter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "meter", rename_all = "kebab-case")]
pub enum Reading {
    /// Wall time.
    Clock {
        /// Of all iterations together.
        nanoseconds: u64,
        /// The part in which the probe waited for a core; 0 if the system does not report it.
        #[serde(default)]
        waited: u64,
        /// The time from the start to each generated token; empty after more than one iteration.
        tokens_at: Vec<u64>,
    },
    /// Wall time, and the time of the operations in it.
    Spans {
        /// Of all iterations together.
        nanoseconds: u64,
        /// The operations, each after its parent; empty if the workload records none.
        spans: Vec<Span>,
    },
    /// Heap allocations of all iterations together, by allocation site.
    Sites {
        /// A profile in the format of DHAT's viewer, which valgrind's tool and the crate `dhat` write.
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
        /// Bytes that are alive after the run and were not before it.
        leaked_bytes: u64,
        /// Tokens generated after the first one.
        tokens: u64,
        /// Bytes allocated during the generation of these tokens.
        token_bytes: u64,
        /// Blocks allocated during the generation of these tokens.
        token_blocks: u64,
    },
    /// Resources of processes that all iterations started. Only the probe of commands, which is the harness itself,
    /// reads them.
    Process {
        /// Time on a core outside the kernel.
        user_nanoseconds: u64,
        /// Time on a core inside the kernel.
        system_nanoseconds: u64,
        /// The largest resident memory of a process.
        peak_rss_bytes: u64,
        /// Pages that were made available without reading a file.
        minor_faults: u64,
        /// Pages that were read from a file.
        major_faults: u64,
        /// Times that a process gave up its core to wait.
        voluntary_switches: u64,
        /// Times that a process was taken off its core.
        involuntary_switches: u64,
        /// The exit status of the last process; none if a signal ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_status: Option<i32>,
    },
}

/// The sum of all spans of one operation with the same parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Span {
    /// Name of the span.
    pub name: String,
    /// The index of the parent, which comes earlier in the list; none for a root.
    pub parent: Option<usize>,
    /// Number of calls.
    pub calls: u64,
    /// Their total nanoseconds.
    pub nanoseconds: u64,
    /// Nanoseconds of the shortest span.
    pub shortest: u64,
    /// Nanoseconds of the longest span.
    pub longest: u64,
}
