//! Profilers within the process. A harness profiles from outside, so none is started.

use std::path::Path;

/// A profiler that criterion starts and stops.
pub trait Profiler {
    /// Starts it.
    fn start_profiling(&mut self, benchmark_id: &str, benchmark_dir: &Path);

    /// Stops it.
    fn stop_profiling(&mut self, benchmark_id: &str, benchmark_dir: &Path);
}

/// No profiler within the process.
#[derive(Debug, Clone, Copy)]
pub struct ExternalProfiler;

impl Profiler for ExternalProfiler {
    fn start_profiling(&mut self, _benchmark_id: &str, _benchmark_dir: &Path) {}
    fn stop_profiling(&mut self, _benchmark_id: &str, _benchmark_dir: &Path) {}
}
