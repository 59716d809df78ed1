//! The meter of heap allocations, by dhat.

use crate::protocol::Reading;
use crate::region::measured_region;
use crate::{Meter, Prepared, Region};

/// More frames than any backtrace has, because a profile needs complete backtraces. Dhat removes the frames outside of
/// `main` only if a number is given.
const MAX_FRAMES: usize = 1000;

/// Counts heap allocations. The program needs dhat's allocator:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: harness_probe::Allocator = harness_probe::Allocator;
/// ```
#[derive(Debug)]
pub struct Heap {
    /// Bytes and blocks allocated up to each token. Its memory is allocated before counting begins.
    tokens: Vec<(u64, u64)>,
}

impl Heap {
    /// Creates the meter, with memory for the tokens of a run, so that reading allocates nothing.
    #[expect(
        clippy::new_without_default,
        reason = "`default` would hide that it allocates"
    )]
    pub fn new() -> Self {
        Self {
            tokens: Vec::with_capacity(1 << 12),
        }
    }
}

/// The sum of the counts of all regions.
#[derive(Default)]
struct Counted<'a> {
    tokens: Option<&'a mut Vec<(u64, u64)>>,
    bytes: u64,
    blocks: u64,
    leaked: i128,
}

impl Region for Counted<'_> {
    fn measure(&mut self, work: &mut dyn FnMut(&mut dyn FnMut())) {
        let start = dhat::HeapStats::get();
        let tokens = &mut self.tokens;
        measured_region(work, &mut || {
            let so_far = dhat::HeapStats::get();
            if let Some(tokens) = tokens {
                tokens.push((so_far.total_bytes, so_far.total_blocks));
            }
        });
        let end = dhat::HeapStats::get();
        self.bytes += end.total_bytes - start.total_bytes;
        self.blocks += end.total_blocks - start.total_blocks;
        self.leaked += end.curr_bytes as i128 - start.curr_bytes as i128;
    }
}

impl Meter for Heap {
    fn name(&self) -> &'static str {
        "heap"
    }

    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading {
        self.tokens.clear();
        let profiler = dhat::Profiler::builder().testing().build();
        // Memory that a session keeps from run to run is allocated under the profiler. A run that replaces it then adds
        // nothing to the live memory.
        prepared.warm_up();
        let mut counted = Counted {
            tokens: Some(&mut self.tokens),
            ..Counted::default()
        };
        prepared.run_measured(iterations, &mut counted);
        let Counted {
            bytes,
            blocks,
            leaked,
            ..
        } = counted;
        let peak = dhat::HeapStats::get().max_bytes;
        drop(profiler);
        let first = self.tokens.first().copied().unwrap_or_default();
        let last = self.tokens.last().copied().unwrap_or_default();
        Reading::Heap {
            total_bytes: bytes,
            total_blocks: blocks,
            peak_bytes: peak as u64,
            leaked_bytes: u64::try_from(leaked).unwrap_or(0),
            tokens: self.tokens.len().saturating_sub(1) as u64,
            token_bytes: last.0 - first.0,
            token_blocks: last.1 - first.1,
        }
    }

    fn profile(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Result<Reading, String> {
        prepared.warm_up();
        let file = std::env::temp_dir().join(format!("harness-heap-{}.json", std::process::id()));
        let profiler = dhat::Profiler::builder()
            .file_name(&file)
            .trim_backtraces(Some(MAX_FRAMES))
            .build();
        prepared.run_measured(iterations, &mut Counted::default());
        // The profiler writes its file when it is dropped.
        drop(profiler);
        let text = std::fs::read(&file)
            .map_err(|error| format!("cannot read the profile that dhat wrote: {error}"));
        // Nothing else uses the file, and it may be missing.
        let _ = std::fs::remove_file(&file);
        let dhat = serde_json::from_slice(&text?)
            .map_err(|error| format!("the profile that dhat wrote is not JSON: {error}"))?;
        Ok(Reading::Sites { dhat })
    }
}
