//! When a pool does without its workers.
//!
//! Chunks that a preempted worker has not claimed are computed by the others, but for the one it holds the caller must wait
//! until the scheduler lets the worker go on: milliseconds, where a decode step takes a fraction of one. A core that is
//! taken by another program stays so for a while; until then the caller is faster alone.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::shared::Wait;

/// How long the caller computes alone after one disturbance, and at most after many in a row.
const PAUSE: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(256)];

/// Disturbances in a row are those that follow a pause within this time and four times the pause. Programs that share a
/// core take turns every few milliseconds.
const IN_A_ROW: Duration = Duration::from_millis(20);

/// How many regions are timed after a long wait. Reading the clock costs a third of what a region costs otherwise, so that is
/// not done all the time.
const TIMED: u32 = 1000;

/// Only the one thread that runs a region reads and writes it; the atomics make that safe to share, not more.
pub(super) struct Backoff {
    start: Instant,
    /// Until when the caller computes alone, in microseconds after `start`; 0 while all compute together.
    until: AtomicU64,
    /// The last pause, and when it ended, in microseconds.
    pause: AtomicU64,
    ended: AtomicU64,
    /// How many of the next regions are to be timed.
    timed: AtomicU32,
}

impl Backoff {
    pub(super) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Backoff { start: Instant::now(), until: zero(), pause: zero(), ended: zero(), timed: AtomicU32::new(0) }
    }

    /// Whether the next region is better computed by the caller alone.
    pub(super) fn alone(&self) -> bool {
        self.until.load(Ordering::Relaxed) != 0 && self.alone_at(self.now())
    }

    /// The time, where the next region is to be timed.
    pub(super) fn region_start(&self) -> Option<Instant> {
        let timed = self.timed.load(Ordering::Relaxed);
        if timed == 0 {
            return None;
        }
        self.timed.store(timed - 1, Ordering::Relaxed);
        Some(Instant::now())
    }

    /// Notes that the caller went to sleep waiting for a worker. Longer than the caller was busy itself, it means that the
    /// worker lost its core, and not that its last chunk took longer than the others.
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
        let pause = if in_a_row { (2 * pause).clamp(shortest, longest) } else { shortest };
        self.pause.store(pause, Ordering::Relaxed);
        self.until.store(now + pause, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_waits_longer_than_the_work_count_and_only_once_they_are_looked_for() {
        let backoff = Backoff::new();
        let wait = |busy, waited| Wait { busy, waited: Duration::from_micros(waited) };
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
        assert_eq!([500; 7].map(&mut pause_after), [8, 16, 32, 64, 128, 256, 256]);
        assert_eq!([1_000_000, 1_100_000, 30_000].map(&mut pause_after), [256, 1, 1]);
        assert!(!backoff.alone());
    }
}
