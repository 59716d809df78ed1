//! Backoff: for some time after a worker was preempted, the caller computes alone.
//!
//! The other threads compute the chunks that a preempted worker has not claimed. For the chunk that it has claimed, the
//! caller must wait until the scheduler resumes the worker: milliseconds, while a decode step takes a fraction of one.
//! Another program that takes a core keeps it for some time; until it ends, the caller is faster alone.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::shared::Wait;
use super::sync::Instant;

/// Time for which the caller computes alone: after one disturbance, and at most, after many in a row.
const PAUSE: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(256)];

/// A disturbance is in a row with the one before if it follows the pause within this time plus four times the pause.
/// Programs that share a core alternate every few milliseconds.
const IN_A_ROW: Duration = Duration::from_millis(20);

/// Number of regions that are timed after a long wait. Not every region is timed, because reading the clock costs a
/// third of the other costs of a region.
const TIMED: u32 = 1000;

/// State of the backoff. Only the thread that runs a region accesses it; the atomics only make the type `Sync`.
pub(super) struct Backoff {
    start: Instant,
    /// Time until which the caller computes alone, in µs after `start`; 0 while all threads compute.
    until: AtomicU64,
    /// Length of the last pause, and its end, in µs.
    pause: AtomicU64,
    ended: AtomicU64,
    /// Number of the next regions that are to be timed.
    timed: AtomicU32,
}

impl Backoff {
    pub(super) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Backoff {
            start: Instant::now(),
            until: zero(),
            pause: zero(),
            ended: zero(),
            timed: AtomicU32::new(0),
        }
    }

    /// Returns true if the caller should compute the next region alone.
    pub(super) fn alone(&self) -> bool {
        self.until.load(Ordering::Relaxed) != 0 && self.alone_at(self.now())
    }

    /// The current time, if the next region is to be timed.
    pub(super) fn region_start(&self) -> Option<Instant> {
        let timed = self.timed.load(Ordering::Relaxed);
        if timed == 0 {
            return None;
        }
        self.timed.store(timed - 1, Ordering::Relaxed);
        Some(Instant::now())
    }

    /// Records that the caller slept while it waited for a worker. If the wait was longer than the caller was busy, the
    /// worker lost its core; if not, its last chunk may only have taken longer than the others.
    pub(super) fn note(&self, wait: Wait) {
        self.timed.store(TIMED, Ordering::Relaxed);
        if wait.busy.is_some_and(|busy| wait.waited > busy) {
            self.disturbed_at(self.now());
        }
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    fn alone_at(&self, now: u64) -> bool {
        if now < self.until.load(Ordering::Relaxed) {
            return true;
        }
        self.ended.store(now, Ordering::Relaxed);
        self.until.store(0, Ordering::Relaxed);
        false
    }

    fn disturbed_at(&self, now: u64) {
        let [shortest, longest] = PAUSE.map(|pause| pause.as_micros() as u64);
        let pause = self.pause.load(Ordering::Relaxed);
        let calm = now.saturating_sub(self.ended.load(Ordering::Relaxed));
        let in_a_row = calm < 4 * pause + IN_A_ROW.as_micros() as u64;
        let pause = if in_a_row {
            (2 * pause).clamp(shortest, longest)
        } else {
            shortest
        };
        self.pause.store(pause, Ordering::Relaxed);
        self.until.store(now + pause, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_count_if_they_are_longer_than_the_work_and_are_timed() {
        let backoff = Backoff::new();
        let wait = |busy, waited| Wait {
            busy,
            waited: Duration::from_micros(waited),
        };
        assert_eq!(backoff.region_start(), None);
        backoff.note(wait(None, 200));
        assert!(!backoff.alone() && backoff.region_start().is_some());
        backoff.note(wait(Some(Duration::from_micros(300)), 200));
        assert!(!backoff.alone());
        backoff.note(wait(Some(Duration::from_micros(10)), 200));
        assert!(backoff.alone());
        (0..TIMED).for_each(|_| assert!(backoff.region_start().is_some()));
        assert_eq!(backoff.region_start(), None);
    }

    #[test]
    fn pauses_double_while_disturbances_follow_each_other_and_start_short_after_a_calm_time() {
        let backoff = Backoff::new();
        let mut now = 1_000_000;
        let mut pause_after = |calm: u64| {
            now += calm;
            backoff.disturbed_at(now);
            let start = now;
            while backoff.alone_at(now) {
                now += 1000;
            }
            (now - start) / 1000
        };
        assert_eq!([30_000, 15_000, 15_000].map(&mut pause_after), [1, 2, 4]);
        assert_eq!(
            [500; 7].map(&mut pause_after),
            [8, 16, 32, 64, 128, 256, 256]
        );
        assert_eq!(
            [1_000_000, 1_100_000, 30_000].map(&mut pause_after),
            [256, 1, 1]
        );
        assert!(!backoff.alone());
    }
}
