//! The meter of wall time.

use std::time::Instant;

use crate::protocol::Reading;
use crate::{Meter, Prepared};

/// Reads wall time by the monotonic clock, and when each generated token was there.
#[derive(Debug)]
pub struct Clock {
    tokens_at: Vec<u64>,
}

impl Clock {
    /// A clock with room for the tokens of a run, so that reading allocates nothing.
    #[expect(clippy::new_without_default, reason = "a default clock would hide that it holds memory")]
    pub fn new() -> Self {
        Self { tokens_at: Vec::with_capacity(1 << 12) }
    }
}

impl Meter for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading {
        self.tokens_at.clear();
        let start = Instant::now();
        let nanoseconds = |start: Instant| u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if iterations == 1 {
            let tokens_at = &mut self.tokens_at;
            prepared.run(&mut || tokens_at.push(nanoseconds(start)));
        } else {
            for _ in 0..iterations {
                prepared.run(&mut || {});
            }
        }
        Reading::Clock { nanoseconds: nanoseconds(start), tokens_at: self.tokens_at.clone() }
    }
}
