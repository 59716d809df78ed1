//! The amount of work in a run.

use harness_probe::Unit;

/// The amount of work in a run, for figures per second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Throughput {
    /// Bits.
    Bits(u64),
    /// Bytes, which criterion shows in powers of 1024.
    Bytes(u64),
    /// Bytes, which criterion shows in powers of 1000.
    BytesDecimal(u64),
    /// Elements.
    Elements(u64),
    /// Elements that consist of bytes. A workload has one unit: the element.
    ElementsAndBytes {
        /// Number of elements.
        elements: u64,
        /// Number of bytes.
        bytes: u64,
    },
}

impl Throughput {
    /// The unit of a workload with this throughput; a call if it has none.
    pub(crate) fn unit(throughput: Option<&Self>) -> Unit {
        let (name, per_run) = match throughput {
            Some(Self::Bits(n)) => ("bit", *n),
            Some(Self::Bytes(n) | Self::BytesDecimal(n)) => ("byte", *n),
            Some(Self::Elements(n) | Self::ElementsAndBytes { elements: n, .. }) => ("element", *n),
            None => ("call", 1),
        };
        // Some benches have an empty input among others.
        match per_run {
            0 => Self::unit(None),
            per_run => Unit {
                name: name.to_owned(),
                per_run,
            },
        }
    }
}
