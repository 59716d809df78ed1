//! Counts of one run: instructions by callgrind, heap allocations by dhat.

use std::collections::BTreeMap;

use harness_probe::Instrument;

use crate::{Data, Row};

/// A heap count. If a workload generates tokens, "per unit" means per generated token after the first, which excludes
/// prefill. Otherwise it means per unit of the run.
#[derive(Clone, Copy)]
pub(super) enum HeapCount {
    /// Bytes allocated per unit.
    BytesPerUnit,
    /// Blocks allocated per unit.
    BlocksPerUnit,
    /// Bytes allocated by one run.
    TotalBytes,
    /// Blocks allocated by one run.
    TotalBlocks,
    /// Peak of live bytes during a run.
    PeakBytes,
    /// Bytes alive after a run minus bytes alive before it. A first run, not counted, allocates what the session keeps.
    LeakedBytes,
}

impl HeapCount {
    /// The count of a row; none if it has no reading of dhat.
    pub(super) fn of(self, row: &Row) -> Option<f64> {
        if let Data::Counts { values, .. } = &row.reading(Instrument::Dhat)?.data {
            return self.named(row, values);
        }
        let Data::Dhat {
            total_bytes,
            total_blocks,
            peak_bytes,
            leaked_bytes,
            tokens,
            token_bytes,
            token_blocks,
        } = row.reading(Instrument::Dhat)?.data
        else {
            return None;
        };
        let per_unit = |run: u64, generating: u64| match tokens {
            0 => run as f64 / row.unit.per_run as f64,
            tokens => generating as f64 / tokens as f64,
        };
        Some(match self {
            Self::BytesPerUnit => per_unit(total_bytes, token_bytes),
            Self::BlocksPerUnit => per_unit(total_blocks, token_blocks),
            Self::TotalBytes => total_bytes as f64,
            Self::TotalBlocks => total_blocks as f64,
            Self::PeakBytes => peak_bytes as f64,
            Self::LeakedBytes => leaked_bytes as f64,
        })
    }
}

/// Bytes allocated by one run, by the name of another tool's count.
pub const TOTAL_BYTES: &str = "total-bytes";
/// Blocks allocated by one run.
pub const TOTAL_BLOCKS: &str = "total-blocks";

impl HeapCount {
    /// The count among those of a tool that counts only a part of what dhat counts.
    fn named(self, row: &Row, values: &BTreeMap<String, u64>) -> Option<f64> {
        let value = |name: &str| values.get(name).map(|&value| value as f64);
        let per_unit = |total: f64| total / row.unit.per_run as f64;
        match self {
            Self::BytesPerUnit => value(TOTAL_BYTES).map(per_unit),
            Self::BlocksPerUnit => value(TOTAL_BLOCKS).map(per_unit),
            Self::TotalBytes => value(TOTAL_BYTES),
            Self::TotalBlocks => value(TOTAL_BLOCKS),
            Self::PeakBytes | Self::LeakedBytes => None,
        }
    }
}

/// Instructions per unit; none if the row has no reading of callgrind.
pub(super) fn instructions(row: &Row) -> Option<f64> {
    match row.reading(Instrument::Callgrind)?.data {
        Data::Callgrind { instructions } => Some(instructions as f64 / row.unit.per_run as f64),
        _ => None,
    }
}
