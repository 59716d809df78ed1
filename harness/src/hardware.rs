//! Counters of the processor, through Linux's `perf_event_open`. Virtual machines and containers often have none; then one
//! sentence states why.

use std::io;
use std::time::Duration;

use harness_record::metric::events::{BRANCH_MISSES, CACHE_MISSES, CYCLES, INSTRUCTIONS};
use perf_event::events::Hardware;
use perf_event::{Builder, Counter};
use rustix::process::Pid;

/// The file with the rights that Linux gives to programs without privileges.
const PARANOID: &str = "/proc/sys/kernel/perf_event_paranoid";

/// The events that are counted, by their names in a record.
const EVENTS: [(&str, Hardware); 4] = [
    (CYCLES, Hardware::CPU_CYCLES),
    (INSTRUCTIONS, Hardware::INSTRUCTIONS),
    (BRANCH_MISSES, Hardware::BRANCH_MISSES),
    (CACHE_MISSES, Hardware::CACHE_MISSES),
];

/// Checks if programs can read the counters of this processor.
///
/// # Errors
/// One clause with the reason, and the remedy if there is one.
pub fn available() -> Result<(), String> {
    let mut builder = Builder::new(Hardware::CPU_CYCLES);
    let opened = builder.observe_self().build();
    opened.map(drop).map_err(|error| reason(&error, paranoid()))
}

/// Counters of a process and of the threads that it starts later. The kernel's own work is not counted.
pub(crate) struct ProcessCounters {
    counters: Vec<(&'static str, Counter)>,
}

/// The count of an event while the counters ran.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Total {
    /// Name of the event.
    pub(crate) event: &'static str,
    /// The count.
    pub(crate) count: u64,
    /// Time in which the event should be counted.
    pub(crate) enabled: Duration,
    /// The part of it in which a counter of the processor was free for the event.
    pub(crate) running: Duration,
}

impl ProcessCounters {
    /// Opens the counters, which stand still. Events that this processor does not count are left out.
    ///
    /// # Errors
    /// One clause with the reason, if no event can be counted.
    pub(crate) fn open(process: Pid) -> Result<Self, String> {
        let mut counters = Vec::new();
        let mut last = None;
        for (name, event) in EVENTS {
            let mut builder = Builder::new(event);
            builder
                .observe_pid(process.as_raw_nonzero().get())
                .inherit(true);
            match builder.build() {
                Ok(counter) => counters.push((name, counter)),
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) if counters.is_empty() => Err(reason(&error, paranoid())),
            _ => Ok(Self { counters }),
        }
    }

    /// Starts counting.
    ///
    /// # Errors
    /// One clause, if a counter cannot be started.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        self.each(Counter::enable).map(drop)
    }

    /// Stops counting, and returns the totals.
    ///
    /// # Errors
    /// One clause, if a counter cannot be read.
    pub(crate) fn stop(&mut self) -> Result<Vec<Total>, String> {
        self.each(Counter::disable)?;
        let totals = self.each(Counter::read_count_and_time)?;
        let total = |(event, read): (&'static str, perf_event::CountAndTime)| Total {
            event,
            count: read.count,
            enabled: Duration::from_nanos(read.time_enabled),
            running: Duration::from_nanos(read.time_running),
        };
        Ok(totals.into_iter().map(total).collect())
    }

    fn each<T>(
        &mut self,
        act: impl Fn(&mut Counter) -> io::Result<T>,
    ) -> Result<Vec<(&'static str, T)>, String> {
        let counters = self.counters.iter_mut();
        let done = counters.map(|(name, counter)| Ok((*name, act(counter)?)));
        done.collect::<io::Result<_>>()
            .map_err(|error| reason(&error, paranoid()))
    }
}

impl Total {
    /// The count, extrapolated to the whole time; none if the event was never counted.
    pub(crate) fn estimate(&self) -> Option<u64> {
        if self.running.is_zero() {
            return None;
        }
        let share = self.enabled.as_secs_f64() / self.running.as_secs_f64();
        Some((self.count as f64 * share).round() as u64)
    }
}

/// The level in [`PARANOID`]; none if it cannot be read.
fn paranoid() -> Option<i32> {
    let text = std::fs::read_to_string(PARANOID).ok()?;
    text.trim().parse().ok()
}

/// The reason why the counters cannot be read.
fn reason(error: &io::Error, paranoid: Option<i32>) -> String {
    match (error.kind(), paranoid) {
        (io::ErrorKind::PermissionDenied, Some(level)) if level > 2 => format!(
            "Linux forbids it: {PARANOID} is {level}, and `sysctl kernel.perf_event_paranoid=2` allows it"
        ),
        (io::ErrorKind::PermissionDenied, _) => {
            "Linux forbids it; a container may need other settings of seccomp".to_owned()
        }
        (io::ErrorKind::NotFound | io::ErrorKind::Unsupported, _) => {
            "the processor offers none to this system, as in most virtual machines".to_owned()
        }
        _ => format!("Linux does not open them: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_the_remedy_where_there_is_one() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(reason(&denied, Some(4)).contains("perf_event_paranoid=2"));
        assert!(reason(&denied, Some(2)).contains("seccomp"));
        let absent = io::Error::from(io::ErrorKind::NotFound);
        assert!(reason(&absent, Some(2)).contains("virtual machines"));
        let other = io::Error::from(io::ErrorKind::OutOfMemory);
        assert!(reason(&other, None).starts_with("Linux does not open them"));
    }

    #[test]
    fn a_process_is_counted_exactly_where_the_processor_counts() {
        let own = rustix::process::getpid();
        let mut counters = match (available(), ProcessCounters::open(own)) {
            (Ok(()), counters) => counters.expect("available"),
            (Err(reason), counters) => {
                assert!(!reason.is_empty() && counters.is_err());
                return;
            }
        };
        counters.start().expect("started");
        let sum: u64 = std::hint::black_box((0..100_000_u64).map(std::hint::black_box).sum());
        let totals = counters.stop().expect("stopped");
        assert!(
            sum > 0 && totals.iter().any(|total| total.count > 10_000),
            "{totals:?}"
        );
    }
}
