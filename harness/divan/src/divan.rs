//! The program: divan's type of the same name, whose settings have no effect.

use std::time::Duration;

use crate::counter::{BytesCount, BytesFormat, CharsCount, CyclesCount, IntoCounter, ItemsCount};

/// Runs the program with all benchmarks: as a probe of the harness, or by hand with a short table.
pub fn main() {
    Divan::from_args().main();
}

/// The program. The harness decides how often and how long a benchmark runs, so settings about this have no effect.
#[derive(Debug, Default)]
pub struct Divan {
    _private: (),
}

impl Divan {
    /// Creates it. The arguments of the program are read when it runs.
    #[must_use]
    pub fn from_args() -> Self {
        Self::default()
    }

    /// Reads the arguments of the program. They are read anyway when it runs.
    #[must_use]
    pub fn config_with_args(self) -> Self {
        self
    }

    /// Runs the program.
    pub fn main(&self) {
        harness_bench::main(Vec::new());
    }

    /// Runs the program.
    pub fn run_benches(&self) {
        self.main();
    }

    /// Runs the program; the argument `--test` runs each benchmark once.
    pub fn test_benches(&self) {
        self.main();
    }

    /// Runs the program; the argument `--list` lists all benchmarks.
    pub fn list_benches(&self) {
        self.main();
    }

    /// Has no effect.
    #[must_use]
    pub fn color(self, _yes: impl Into<Option<bool>>) -> Self {
        self
    }

    /// Has no effect: the harness measures an ignored benchmark if a run names it.
    #[must_use]
    pub fn run_ignored(self) -> Self {
        self
    }

    /// Has no effect: the harness measures an ignored benchmark if a run names it.
    #[must_use]
    pub fn run_only_ignored(self) -> Self {
        self
    }

    /// Has no effect.
    #[must_use]
    pub fn skip_exact(self, _filter: impl Into<String>) -> Self {
        self
    }

    /// Has no effect.
    #[must_use]
    pub fn sample_count(self, _count: u32) -> Self {
        self
    }

    /// Has no effect.
    #[must_use]
    pub fn sample_size(self, _count: u32) -> Self {
        self
    }

    /// Has no effect: a benchmark runs in one thread.
    #[must_use]
    pub fn threads<T: IntoIterator<Item = usize>>(self, _threads: T) -> Self {
        self
    }

    /// Has no effect.
    #[must_use]
    pub fn min_time(self, _time: Duration) -> Self {
        self
    }

    /// Has no effect.
    #[must_use]
    pub fn max_time(self, _time: Duration) -> Self {
        self
    }

    /// Has no effect.
    #[must_use]
    pub fn skip_ext_time(self, _skip: bool) -> Self {
        self
    }

    /// Has no effect: the harness knows the throughput from attributes only.
    #[must_use]
    pub fn counter(self, _counter: impl IntoCounter) -> Self {
        self
    }

    /// Has no effect: the harness knows the throughput from attributes only.
    #[must_use]
    pub fn items_count(self, _count: impl Into<ItemsCount>) -> Self {
        self
    }

    /// Has no effect: the harness knows the throughput from attributes only.
    #[must_use]
    pub fn bytes_count(self, _count: impl Into<BytesCount>) -> Self {
        self
    }

    /// Has no effect: the harness knows the throughput from attributes only.
    #[must_use]
    pub fn chars_count(self, _count: impl Into<CharsCount>) -> Self {
        self
    }

    /// Has no effect: the harness knows the throughput from attributes only.
    #[must_use]
    pub fn cycles_count(self, _count: impl Into<CyclesCount>) -> Self {
        self
    }

    /// Has no effect.
    #[must_use]
    pub fn bytes_format(self, _format: BytesFormat) -> Self {
        self
    }
}
