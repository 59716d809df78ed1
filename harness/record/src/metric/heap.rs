//! Heap metrics, counted by dhat.

use harness_probe::Instrument;

use crate::metric::{Better, Figure, Metric, Quantity};
use crate::{Data, Row};

/// A heap metric. If a workload generates tokens, "per unit" means per generated token after the first, which excludes
/// prefill. Otherwise it means per unit of the run.
pub(super) enum Heap {
    /// Bytes allocated per unit.
    BytesPerUnit,
    /// Blocks allocated per unit.
    AllocationsPerUnit,
    /// Bytes allocated by one run.
    TotalBytes,
    /// Blocks allocated by one run.
    TotalAllocations,
    /// Peak of live bytes during a run.
    PeakBytes,
    /// Bytes alive after a run minus bytes alive before it. A first run, not counted, allocates what the session keeps.
    LeakedBytes,
}

impl Metric for Heap {
    fn name(&self) -> &'static str {
        match self {
            Self::BytesPerUnit => "bytes-per-token",
            Self::AllocationsPerUnit => "allocations-per-token",
            Self::TotalBytes => "total-bytes",
            Self::TotalAllocations => "total-allocations",
            Self::PeakBytes => "peak-bytes",
            Self::LeakedBytes => "leaked-bytes",
        }
    }
    fn title(&self) -> &'static str {
        match self {
            Self::BytesPerUnit => "heap bytes per token",
            Self::AllocationsPerUnit => "allocations per token",
            Self::TotalBytes => "heap bytes, total",
            Self::TotalAllocations => "allocations, total",
            Self::PeakBytes => "heap bytes, peak",
            Self::LeakedBytes => "heap bytes not given back",
        }
    }
    fn quantity(&self) -> Quantity {
        match self {
            Self::AllocationsPerUnit | Self::TotalAllocations => Quantity::Blocks,
            _ => Quantity::Bytes,
        }
    }
    fn better(&self) -> Better {
        Better::Lower
    }
    fn instrument(&self) -> Instrument {
        Instrument::Dhat
    }
    fn figure(&self, row: &Row) -> Option<Figure> {
        let Data::Dhat { total_bytes, total_blocks, peak_bytes, leaked_bytes, tokens, token_bytes, token_blocks } =
            row.reading(Instrument::Dhat)?.data
        else {
            return None;
        };
        let per_unit = |run: u64, generating: u64| match tokens {
            0 => run as f64 / row.unit.per_run as f64,
            tokens => generating as f64 / tokens as f64,
        };
        Some(Figure::exact(match self {
            Self::BytesPerUnit => per_unit(total_bytes, token_bytes),
            Self::AllocationsPerUnit => per_unit(total_blocks, token_blocks),
            Self::TotalBytes => total_bytes as f64,
            Self::TotalAllocations => total_blocks as f64,
            Self::PeakBytes => peak_bytes as f64,
            Self::LeakedBytes => leaked_bytes as f64,
        }))
    }
}
