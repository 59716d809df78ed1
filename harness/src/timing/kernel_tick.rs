//! When the kernel's timer interrupts a core, so that slices can lie between two interrupts.
//!
//! A tick takes tens of microseconds of a virtual machine's core, which is percents of a short slice: whether a slice had one
//! must not be chance. And a program that shares the core gets its turn at a tick, so that a slice between two of them is
//! not torn. Linux ticks on all cores at the same time (unless it was started with `skew_tick`), and the coarse clock is
//! set by it: its resolution is the period, and the moment at which it is seen to change is the end of a tick. Where a kernel
//! ticks 1000 times a second, no slice fits between two, and slices lie where they fall.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

/// What a tick may take, and what may pass between asking for a slice and its beginning; nanoseconds.
const MARGIN: u64 = 100_000;

/// Periods of kernels that tick 100 to 1000 times a second, nanoseconds. Others are none: a system that only looks like Linux may
/// say anything.
const PERIODS: std::ops::RangeInclusive<u64> = 1_000_000..=10_000_000;

/// How many ticks are watched.
const WATCHED: usize = 5;

/// How many periods one tick is waited for at most.
const PATIENCE: u64 = 10;

/// The times at which ticks end: `end`, and every `period` before and after it, nanoseconds of the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tick {
    period: u64,
    end: u64,
}

impl Tick {
    /// This machine's, found when it is first asked for, in some of its periods. None where nothing tells.
    pub(super) fn of_this_machine() -> Option<Self> {
        static FOUND: OnceLock<Option<Tick>> = OnceLock::new();
        *FOUND.get_or_init(Self::find)
    }

    fn find() -> Option<Self> {
        let period = nanoseconds(clock_getres(ClockId::MonotonicCoarse));
        if !PERIODS.contains(&period) {
            return None;
        }
        Self::from_moments(period, &(0..WATCHED).map(|_| next_change(period)).collect::<Option<Vec<_>>>()?)
    }

    /// From moments at which ticks were seen to have ended, some of them late because another program had the core: the one that
    /// the others are closest to within a period.
    fn from_moments(period: u64, moments: &[u64]) -> Option<Self> {
        let apart = |a: u64, b: u64| (a % period).abs_diff(b % period);
        let away =
            |end: u64| moments.iter().map(|&other| apart(end, other).min(period - apart(end, other))).sum::<u64>();
        let end = moments.iter().copied().min_by_key(|&end| away(end))? % period;
        Some(Self { period, end })
    }

    /// Waits until a slice that takes so long will not be interrupted; not at all where it takes longer than a period has room for.
    pub(super) fn make_room(&self, slice: Duration) {
        let slice = u64::try_from(slice.as_nanos()).unwrap_or(u64::MAX);
        thread::sleep(Duration::from_nanos(self.wait(now(), slice)));
    }

    /// How long a slice that takes `slice` should wait at `now`, all in nanoseconds.
    fn wait(&self, now: u64, slice: u64) -> u64 {
        let gone = (now + self.period - self.end) % self.period;
        let needed = slice.saturating_add(MARGIN);
        if needed > self.period || gone + needed <= self.period { 0 } else { self.period - gone }
    }
}

/// The moment at which the coarse clock is seen to change; none if it stands still.
fn next_change(period: u64) -> Option<u64> {
    let (began, before) = (now(), clock_gettime(ClockId::MonotonicCoarse));
    loop {
        let changed = clock_gettime(ClockId::MonotonicCoarse) != before;
        let moment = now();
        if changed || moment > began + PATIENCE * period {
            return changed.then_some(moment);
        }
    }
}

fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

fn nanoseconds(time: Timespec) -> u64 {
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERIOD: u64 = 4_000_000;

    #[test]
    fn a_slice_waits_only_if_a_tick_would_interrupt_it() {
        let tick = Tick { period: PERIOD, end: 30_000 };
        assert_eq!(tick.wait(30_000, 800_000), 0);
        assert_eq!(tick.wait(7 * PERIOD + 3_130_000, 800_000), 0);
        assert_eq!(tick.wait(7 * PERIOD + 3_130_001, 800_000), 899_999);
        assert_eq!(tick.wait(10_000, 800_000), 20_000);
    }

    #[test]
    fn what_no_period_has_room_for_does_not_wait() {
        let tick = Tick { period: PERIOD, end: 0 };
        assert_eq!(tick.wait(3_900_000, PERIOD - MARGIN), 100_000);
        assert_eq!(tick.wait(3_900_000, PERIOD - MARGIN + 1), 0);
        assert_eq!(tick.wait(3_900_000, u64::MAX), 0);
    }

    #[test]
    fn this_machine_ticks_where_it_is_seen_to_tick() {
        // Elsewhere there is nothing to be seen.
        if let Some(tick) = Tick::of_this_machine() {
            assert!(PERIODS.contains(&tick.period) && tick.end < tick.period, "{tick:?}");
            let late: Vec<u64> = (0..20)
                .filter_map(|_| next_change(tick.period))
                .map(|moment| (moment + tick.period - tick.end) % tick.period)
                .collect();
            // Most are seen at once, whoever else computes.
            let soon =
                late.iter().filter(|&&late| late < tick.period / 8 || late > tick.period - tick.period / 8).count();
            assert!(soon * 2 > late.len(), "{late:?}");
        }
    }

    proptest! {
        #[test]
        fn one_late_moment_does_not_matter(
            end in 0..PERIOD,
            late in prop::collection::vec(0..100_000_u64, 3..9),
            place in 0..9_usize,
            latest in 0..PERIOD,
        ) {
            // One of them is as late as can be.
            let mut late = late;
            let place = place % late.len();
            late[place] = latest;
            let moments: Vec<u64> = late.iter().zip(5..).map(|(late, at)| at * PERIOD + end + late).collect();
            let found = Tick::from_moments(PERIOD, &moments).expect("moments").end;
            prop_assert!((found + PERIOD - end) % PERIOD < 100_000 || PERIOD - latest < 200_000, "{} {:?}", found, late);
        }

        #[test]
        fn after_waiting_there_is_room(end in 0..PERIOD, now in 0..100 * PERIOD, slice in 0..PERIOD - MARGIN) {
            let tick = Tick { period: PERIOD, end };
            let begin = now + tick.wait(now, slice);
            let gone = (begin + PERIOD - end) % PERIOD;
            prop_assert!(gone + slice + MARGIN <= PERIOD, "{} {}", begin, gone);
        }
    }
}
