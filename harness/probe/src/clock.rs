//! The meter of wall time.

use std::time::{Duration, Instant};

use crate::protocol::Reading;
use crate::region::measured_region;
use crate::{Meter, Prepared, Region};

/// Reads wall time with the monotonic clock, and the time of each generated token.
#[derive(Debug)]
pub struct Clock {
    tokens_at: Vec<u64>,
}

impl Clock {
    /// Creates a clock with memory for the tokens of a run, so that reading allocates nothing.
    #[expect(
        clippy::new_without_default,
        reason = "`default` would hide that it allocates"
    )]
    pub fn new() -> Self {
        Self {
            tokens_at: Vec::with_capacity(1 << 12),
        }
    }
}

/// The sum of the times of all regions.
#[derive(Default)]
struct Timed<'a> {
    /// Times of tokens from the start of the region, if they are recorded.
    tokens_at: Option<&'a mut Vec<u64>>,
    nanoseconds: u64,
    waited: u64,
    /// The wait of the thread when it was last read.
    waited_before: u64,
    /// The end of the last region or of the last reading of the wait.
    last: Option<Instant>,
}

/// A region that is shorter than this, or a time between regions, contains no wait that matters. Reading the wait takes
/// longer than many a region.
const SHORT: Duration = Duration::from_micros(20);

impl Region for Timed<'_> {
    fn measure(&mut self, work: &mut dyn FnMut(&mut dyn FnMut())) {
        if self.last.is_none_or(|last| last.elapsed() >= SHORT) {
            self.waited_before = waited();
        }
        let start = Instant::now();
        match &mut self.tokens_at {
            Some(tokens_at) => measured_region(work, &mut || {
                tokens_at.push(nanoseconds_since(start));
            }),
            None => measured_region(work, &mut || {}),
        }
        let elapsed = start.elapsed();
        self.nanoseconds += nanoseconds(elapsed);
        self.last = Some(start + elapsed);
        if elapsed >= SHORT {
            let waited = waited();
            self.waited += waited.saturating_sub(self.waited_before);
            self.waited_before = waited;
            self.last = Some(Instant::now());
        }
    }

    fn measure_own_time(&mut self, work: &mut dyn FnMut() -> Duration) {
        // The wait is unknown: it may have been outside of the measured part.
        self.nanoseconds += nanoseconds(work());
    }
}

impl Meter for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading {
        self.tokens_at.clear();
        let mut timed = Timed {
            // A second run would continue the list of the first.
            tokens_at: (iterations == 1).then_some(&mut self.tokens_at),
            ..Timed::default()
        };
        prepared.run_measured(iterations, &mut timed);
        let Timed {
            nanoseconds,
            waited,
            ..
        } = timed;
        Reading::Clock {
            nanoseconds,
            waited: waited.min(nanoseconds),
            tokens_at: self.tokens_at.clone(),
        }
    }

    fn profile(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Result<Reading, String> {
        prepared.start_spans();
        let mut timed = Timed::default();
        prepared.run_measured(iterations, &mut timed);
        Ok(Reading::Spans {
            nanoseconds: timed.nanoseconds,
            spans: prepared.take_spans(),
        })
    }
}

fn nanoseconds_since(start: Instant) -> u64 {
    nanoseconds(start.elapsed())
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds that this thread has waited for a core since it started: the second number of Linux's `schedstat`. 0 on
/// systems without that file.
fn waited() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_ascii_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sleep;

    impl Prepared for Sleep {
        fn run(&mut self, on_token: &mut dyn FnMut()) {
            std::thread::sleep(std::time::Duration::from_millis(2));
            on_token();
        }

        fn check(&mut self) -> Result<(), String> {
            Ok(())
        }

        fn isa(&self) -> String {
            "plain".to_owned()
        }
    }

    #[test]
    fn a_profile_of_a_workload_without_operations_is_its_time() {
        let Ok(Reading::Spans { nanoseconds, spans }) = Clock::new().profile(&mut Sleep, 2) else {
            panic!("a clock reads spans");
        };
        assert!(
            nanoseconds >= 4_000_000 && spans.is_empty(),
            "{nanoseconds} {spans:?}"
        );
    }

    #[test]
    fn a_reading_has_time_tokens_and_a_wait_within_the_time() {
        let mut clock = Clock::new();
        for (iterations, tokens) in [(1, 1), (3, 0)] {
            let Reading::Clock {
                nanoseconds,
                waited,
                tokens_at,
            } = clock.read(&mut Sleep, iterations)
            else {
                panic!("a clock reads time");
            };
            assert!(nanoseconds >= iterations * 2_000_000, "{nanoseconds}");
            assert!(waited <= nanoseconds, "{waited} of {nanoseconds}");
            assert_eq!(tokens_at.len(), tokens);
            assert!(tokens_at.iter().all(|&at| at <= nanoseconds));
        }
    }
}
