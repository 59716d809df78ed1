//! When the kernel's timer interrupts a core, so that slices can lie between two interrupts.
//!
//! A tick takes tens of microseconds of a virtual machine's core, which is percents of a short slice: whether a slice had one
//! must not be chance. And a program that shares the core gets its turn at a tick, so that a slice between two of them is
//! not torn. Linux ticks on all cores at the same time (unless it was started with `skew_tick`), and the coarse clock is
//! set by it: its resolution is the period, and the moment at which it is seen to change is the end of a tick.

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

/// How often the clocks are read while one tick is waited for, at most; a hundred times what it takes.
const PATIENCE: u32 = 100_000_000;

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
        Self::from_moments(period, &(0..WATCHED).map(|_| next_change()).collect::<Option<Vec<_>>>()?)
    }

    /// From moments at which ticks were seen to have ended, which may have been late but not early: the earliest within the period.
    fn from_moments(period: u64, moments: &[u64]) -> Option<Self> {
        let first = *moments.first()?;
        // Shifted by half a period, so that "earlier than the first" is no wrap.
        let earliest = moments.iter().map(|moment| (moment + period / 2 + period - first % period) % period).min()?;
        Some(Self { period, end: (first + earliest + period - period / 2) % period })
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

/// The moment at which the coarse clock is seen to change.
fn next_change() -> Option<u64> {
    let before = clock_gettime(ClockId::MonotonicCoarse);
    (0..PATIENCE).find(|_| clock_gettime(ClockId::MonotonicCoarse) != before).map(|_| now())
}

fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

fn nanoseconds(time: Timespec) -> u64 {
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
                .filter_map(|_| next_change())
                .map(|moment| (moment + tick.period - tick.end) % tick.period)
                .collect();
            // Most are seen at once, whoever else computes.
            let soon = late.iter().filter(|&&late| late < tick.period / 4 || late > tick.period * 3 / 4).count();
            assert!(soon * 2 > late.len(), "{late:?}");
        }
    }

    proptest! {
        #[test]
        fn the_earliest_moment_is_the_end(end in 0..PERIOD, late in prop::collection::vec(0..PERIOD / 2, 1..9), at in prop::collection::vec(2..1000_u64, 9)) {
            let moments: Vec<u64> = late.iter().zip(&at).map(|(late, at)| at * PERIOD + end + late).collect();
            let earliest = late.iter().min().expect("one at least");
            let tick = Tick::from_moments(PERIOD, &moments).expect("moments");
            prop_assert_eq!(tick.end, (end + earliest) % PERIOD);
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
